"""A program: the HTTP server of `serve s3` around an application that only sends bytes.

`/N` is N bytes. What pachlite takes beyond it is pachlite's own; what it takes itself is the price
of Hypercorn.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from bench.sizes import MiB
from pachlite.asgi import run
from pachlite.config import ServerConfig

_BLOCK: Final = bytes(MiB)


async def constant(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
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
    run(constant, ServerConfig(port=0), _announce)
