"""pachlite as it runs where its own HTTP/1 connections do not fit the Hypercorn that is there."""

from contextlib import nullcontext

from pachlite import asgi
from pachlite.__main__ import main

if __name__ == "__main__":
    asgi.own_http1 = lambda _limits, _upgrades: nullcontext()
    main()
