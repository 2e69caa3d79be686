"""pachlite: versioned data with an S3 gateway in which every branch is a bucket."""

__version__ = "0.1.0"
__all__ = ["__version__"]
