"""HTTP/1 connections: from bytes to ASGI events and back. It knows no S3."""
