"""One S3 operation per file; a function from request to response."""
