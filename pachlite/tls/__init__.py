"""Certificates for the gateway: read and checked, or made. It knows no server."""
