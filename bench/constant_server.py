"""A program: the HTTP server of `serve s3` around an application that only moves bytes.

`GET /N` is N bytes; what is PUT is received and forgotten. What pachlite takes beyond it is the
store's and the S3 edge's. With the argument `stock` the connections are Hypercorn's own.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from bench.sizes import MiB
from pachlite.asgi import run
from pachlite.config import HttpLimits, ServerConfig

_BLOCK: Final = bytes(MiB)


async def constant(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["method"] == "PUT":
        while (await receive()).get("more_body"):
            pass
        scope = {"path": "/0"}
    size = int(scope["path"][1:])
    headers = [(b"content-length", b"%d" % size), (b"content-type", b"binary/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while size > MiB:
        await send({"type": "http.response.body", "body": _BLOCK, "more_body": True})
        size -= MiB
    await send({"type": "http.response.body", "body": _BLOCK[:size]})


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _announce(host: str, port: int) -> None:
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    limits = None if sys.argv[1:] == ["stock"] else HttpLimits()
    run(constant, ServerConfig(port=0, http1=limits), _announce)
