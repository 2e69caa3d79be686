"""A gateway that asks who you are, with people who have tokens and key pairs."""

from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
from botocore.auth import S3SigV4Auth
from botocore.config import Config
from botocore.credentials import Credentials

from pachlite.config import StoreConfig
from pachlite.wiring import open_store
from tests.s3.process import Gateway, running_gateway
from tests.unit.gateway.signing import sign


@dataclass(frozen=True)
class Pair:
    """What a client signs with."""

    access_key: str
    secret_key: str

    def credentials(self):
        """Return the pair as botocore wants it."""
        return Credentials(self.access_key, self.secret_key)

    def signer(self):
        """Return what signs requests by version 4 in a header."""
        return S3SigV4Auth(self.credentials(), "s3", "us-east-1")


@dataclass(frozen=True)
class Guarded:
    """A running gateway, and the keys to it."""

    gateway: Gateway
    root: Pair
    alice_token: Pair
    alice: Pair
    bob: Pair
    clients: list = field(default_factory=list)

    @property
    def host(self):
        return self.gateway.endpoint.removeprefix("http://")

    def s3(self, pair, **options):
        """Return a client of boto3; it is closed in the end."""
        client = boto3.client(
            "s3",
            endpoint_url=self.gateway.endpoint,
            aws_access_key_id=pair.access_key,
            aws_secret_access_key=pair.secret_key,
            region_name=options.pop("region", "us-east-1"),
            config=Config(retries={"max_attempts": 0}, **options),
        )
        self.clients.append(client)
        return client

    def signed(self, pair, method, path, body=b"", headers=()):
        """Return a request that is signed by version 4, before it is sent."""
        return sign(pair.signer(), method, path, body=body, headers=headers, host=self.host)

    def send(self, raw, body=None, **changed):
        """Send a request as it is, but for headers that are changed or, as None, left out."""
        named = {name.replace("_", "-"): value for name, value in changed.items()}
        headers = {**raw.headers, **named}
        query = f"?{raw.query.decode()}" if raw.query else ""
        return self.gateway.request(
            raw.method,
            raw.path.decode() + query,
            body,
            {name: value for name, value in headers.items() if value is not None},
        )


@contextmanager
def guarded_gateway(home):
    """Start a gateway on a store in which auth is active."""
    with open_store(StoreConfig(home)) as pfs:
        root = pfs.activate_auth()
        token = pfs.create_token("user:alice")
        pairs = [pfs.create_s3_key(f"user:{name}") for name in ("alice", "bob")]
    alice, bob = (Pair(each.access_key, each.secret_key) for each in pairs)
    with running_gateway(home) as gateway:
        guarded = Guarded(gateway, Pair(root, root), Pair(token, token), alice, bob)
        try:
            yield guarded
        finally:
            for client in guarded.clients:
                client.close()
