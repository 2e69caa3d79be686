"""A program: the server of `serve s3` around an application that does what its path says.

`python -m tests.s3.odd_application own|stock [LIMIT=VALUE ...]` prints the address it listens on.
"""

import asyncio
import hashlib
import json
import sys

from pachlite.asgi import run
from pachlite.config import HttpLimits, ServerConfig

BLOCK = b"b" * 1_000_000


class OddApplication:
    """Each method is a path."""

    def __init__(self):
        self._released = asyncio.Event()
        self._seen = []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._talk(receive, send)
        else:
            name, _, argument = scope["path"][1:].partition("/")
            await getattr(self, name, self.unknown)(scope, receive, send, argument)

    async def unknown(self, scope, receive, send, argument):
        await self._answer(send, 404, b"unknown")

    async def echo(self, scope, receive, send, argument):
        body = await self._whole(receive)
        shown = {
            "method": scope["method"],
            "path": scope["path"],
            "raw_path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "version": scope["http_version"],
            "scheme": scope["scheme"],
            "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in scope["headers"]],
            "body": hashlib.md5(body).hexdigest(),
            "size": len(body),
        }
        await self._answer(send, 200, json.dumps(shown).encode())

    async def size(self, scope, receive, send, argument):
        await self._answer(send, 200, (BLOCK * (int(argument) // len(BLOCK) + 1))[: int(argument)])

    async def stream(self, scope, receive, send, argument):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for block in (b"one", b"", b"two"):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body"})

    async def endless(self, scope, receive, send, argument):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await asyncio.wait_for(self._poll(receive), 60)) is None:
            await send({"type": "http.response.body", "body": BLOCK, "more_body": True})
        self._seen.append("endless was told")

    async def status(self, scope, receive, send, argument):
        await send({"type": "http.response.start", "status": int(argument), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def refuse(self, scope, receive, send, argument):
        await self._answer(send, 403, b"no")

    async def fail(self, scope, receive, send, argument):
        raise RuntimeError("odd")

    async def nothing(self, scope, receive, send, argument):
        pass

    async def cut(self, scope, receive, send, argument):
        headers = [(b"content-length", b"100")] if argument == "counted" else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})

    async def overlong(self, scope, receive, send, argument):
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        await send({"type": "http.response.body", "body": b"more"})

    async def inject(self, scope, receive, send, argument):
        headers = [(b"x-a", b"b\r\nx-c: d"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def wait(self, scope, receive, send, argument):
        self._seen.append("waiting")
        while (await receive())["type"] != "http.disconnect":
            pass
        self._seen.append("gone")

    async def hold(self, scope, receive, send, argument):
        self._seen.append("held")
        await self._released.wait()
        body = await self._whole(receive)
        await self._answer(send, 200, str(len(body)).encode())

    async def release(self, scope, receive, send, argument):
        self._released.set()
        await self._answer(send, 200, b"")

    async def seen(self, scope, receive, send, argument):
        await self._answer(send, 200, json.dumps(self._seen).encode())

    async def _whole(self, receive):
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        return body

    async def _poll(self, receive):
        """Return an event if the client has gone, else None."""
        waiting = asyncio.ensure_future(receive())
        await asyncio.wait([waiting], timeout=0.01)
        if waiting.done() and waiting.result()["type"] == "http.disconnect":
            return waiting.result()
        waiting.cancel()
        return None

    async def _answer(self, send, status, body):
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive, send):
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _talk(self, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})


def announce(host, port):
    print(port, flush=True)


def main(kind, *settings):
    pairs = [setting.split("=") for setting in settings]
    limits = HttpLimits(**{name: float(value) for name, value in pairs})
    run(OddApplication(), ServerConfig(port=0, http1=limits if kind == "own" else None), announce)


if __name__ == "__main__":
    main(*sys.argv[1:])
