"""The S3 protocol over any file system; it knows no web framework and no store."""
