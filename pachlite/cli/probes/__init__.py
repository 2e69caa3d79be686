"""One script for each S3 client that tries the client out; only `runner.py` runs them."""
