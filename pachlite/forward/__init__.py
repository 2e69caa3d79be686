"""A TCP port forwarder that outlives its connections."""
