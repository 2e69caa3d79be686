"""The way to pods of a Kubernetes cluster, through its API server."""
