"""An API server with pods that are ports of this machine, and the troubles that one can have."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping

from pachlite.forward.tunnel.websocket import accept_key

APP = {"app": "pachlite"}
NAMESPACE = "data"


@dataclass
class Pod:
    """A pod whose port 1600, called s3, is a port of this machine.

    Attributes:
        says: What comes over the channel for errors instead of a connection.
        status: What an upgrade is answered with instead.
    """

    name: str
    port: int
    labels: dict = field(default_factory=lambda: dict(APP))
    phase: str = "Running"
    is_ready: bool = True
    is_ending: bool = False
    says: str = ""
    status: int = 0

    def describe(self):
        ready = {"type": "Ready", "status": str(self.is_ready)}
        ending = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if self.is_ending else {}
        ports = [{"containerPort": 1600, "name": "s3"}]
        return {
            "metadata": {"name": self.name, "labels": self.labels, **ending},
            "spec": {"containers": [{"name": "main", "ports": ports}, {"name": "beside"}]},
            "status": {"phase": self.phase, "conditions": [ready]},
        }


def service(selector, *ports):
    return {"metadata": {}, "spec": {"selector": selector, "ports": list(ports)}}


class FakeCluster:
    """Everything about the cluster may be changed while it runs."""

    def __init__(self):
        self.pods = {}
        self.services = {
            "pachlite": service(APP, {"port": 30600, "name": "s3-gateway", "targetPort": "s3"}),
            "odd": service(APP, {"port": 80, "name": "web"}, {"port": 81, "targetPort": 1600}),
            "external": service(None, {"port": 30600}),
        }
        self.deployments = {"pachlite": {"spec": {"selector": {"matchLabels": APP}}}}
        self.tokens = set()
        self.forbidden = set()
        self.asked = []
        self.upgraded = []
        self.live = {}
        self.pings = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.after_list = lambda: None

    def add(self, name, port, **options):
        self.pods[name] = Pod(name, port, **options)

    def cut(self, name=None):
        """Break connections through the cluster, as what stands in front of it may do."""
        for writer, pod in tuple(self.live.items()):
            if name in {None, pod}:
                writer.transport.abort()

    def kill(self, name):
        """Let a pod vanish."""
        del self.pods[name]
        self.cut(name)

    async def answer(self, reader, writer):
        with suppress(OSError, EOFError):
            while await self._answer_one(reader, writer):
                pass
        writer.close()

    async def _answer_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        url = urlsplit(first.split()[1])
        status, found = self._find(url, headers)
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            await self._forward(found, headers, (reader, writer))
            return False
        body = json.dumps(found).encode()
        writer.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        return headers.get("connection") != "close"

    def _find(self, url, headers):
        parts = url.path.removeprefix("/base").strip("/").split("/")
        if parts == ["version"]:
            return 200, {"gitVersion": "v1.33.1"}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        self.asked.append(url.path)
        if self.tokens and token not in self.tokens:
            return 401, {"message": "Unauthorized"}
        return self._serve(url, *parts[parts.index(NAMESPACE) + 1 :])

    def _serve(self, url, plural, *rest):
        verb = "create" if len(rest) == 2 else "get" if rest else "list"
        if f"{verb} {plural}" in self.forbidden:
            return 403, {"message": f"cannot {verb} resource"}
        if len(rest) == 2:
            return self._find_way(rest[0], url)
        if not rest:
            return 200, self._list(url)
        if plural == "pods":
            pod = self.pods.get(rest[0])
            return (200, pod.describe()) if pod else (404, {})
        found = {"services": self.services, "deployments": self.deployments}[plural].get(rest[0])
        return (200, found) if found else (404, {})

    def _list(self, url):
        chosen = unquote(parse_qs(url.query).get("labelSelector", [""])[0])
        wanted = chosen.split(",") if chosen else []
        pods = [each.describe() for each in self.pods.values() if fits(each, wanted)]
        self.after_list()
        return {"items": pods}

    def _find_way(self, name, url):
        pod = self.pods.get(name)
        if pod is None:
            return 404, {"message": f'pods "{name}" not found'}
        assert parse_qs(url.query)["ports"] == ["1600"]
        return (pod.status, {"message": "no way"}) if pod.status else (101, pod)

    async def _forward(self, pod, headers, client):
        reader, writer = client
        await self.gate.wait()
        self.upgraded.append(pod.name)
        self.live[writer] = pod.name
        key = accept_key(headers["sec-websocket-key"])
        spoken = headers.get("sec-websocket-protocol", "")  # without any it is the same
        assert spoken in {"", "v4.channel.k8s.io"}
        chosen = f"Sec-WebSocket-Protocol: {spoken}\r\n" if spoken else ""
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"{chosen}Sec-WebSocket-Accept: {key}\r\n\r\n".encode()
        )
        try:
            await Way(self, reader, writer).lead_to(pod)
        finally:
            del self.live[writer]


class Way:
    """One WebSocket, and the connection in the pod."""

    def __init__(self, cluster, reader, writer):
        self.cluster, self.reader, self.writer = cluster, reader, writer
        self.socket = Connection(ConnectionType.SERVER)

    async def lead_to(self, pod):
        port = (1600).to_bytes(2, "little")
        await self._say(b"\0" + port)
        await self._say(b"\1" + port)
        try:
            if pod.says:
                raise ConnectionRefusedError(pod.says)
            inner = await asyncio.open_connection("127.0.0.1", pod.port)
        except ConnectionRefusedError as error:
            await self._say(b"\1" + f"error forwarding port 1600: {error}\n".encode())
            self.writer.write(self.socket.send(CloseConnection(1000)))
            return
        with suppress(OSError):
            ways = [asyncio.create_task(each) for each in (self._in(inner[1]), self._out(inner[0]))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in ways:
                    each.cancel()
                inner[1].close()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _out(self, reader):
        while data := await reader.read(1 << 15):
            await self._say(b"\0" + data)
        self.writer.write(self.socket.send(CloseConnection(1000)))
        await self.writer.drain()

    async def _in(self, writer):
        message = b""
        while data := await self.reader.read(1 << 16):
            self.socket.receive_data(data)
            for event in self.socket.events():
                match event:
                    case Ping():
                        self.cluster.pings += 1
                        self.writer.write(self.socket.send(event.response()))
                    case CloseConnection():
                        return
                    case BytesMessage():
                        message += event.data
                        if event.message_finished:
                            assert message[:1] == b"\0"
                            writer.write(message[1:])
                            message = b""
            await writer.drain()

    async def _say(self, data):
        self.writer.write(self.socket.send(BytesMessage(data=data)))
        await self.writer.drain()


def fits(pod, wanted):
    return {f"{name}={value}" for name, value in pod.labels.items()} >= set(wanted)


@asynccontextmanager
async def running_cluster(tls=None):
    """Serve a cluster; `port` is that of its API server."""
    cluster = FakeCluster()
    answering = set()

    async def answer(reader, writer):
        task = asyncio.current_task()
        answering.add(task)
        try:
            await cluster.answer(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            answering.discard(task)

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    cluster.port = server.sockets[0].getsockname()[1]
    try:
        yield cluster
    finally:
        server.close()
        for task in tuple(answering):
            task.cancel()
        await asyncio.gather(*answering)
        await asyncio.sleep(0)  # connections are closed in the turn after that in which they end


def write_kubeconfig(path, port, user, *, scheme="http", **cluster):
    """Write a file that leads to the API server, as a user; return its path."""
    server = {"server": f"{scheme}://127.0.0.1:{port}/base", **cluster}
    context = {"cluster": "here", "user": "me", "namespace": NAMESPACE}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": server}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "test", "context": context}],
        "current-context": "test",
    }
    path.write_text(yaml.safe_dump(config))
    return str(path)
