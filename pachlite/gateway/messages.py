"""What an S3 operation takes and gives. Values only; no web framework, no S3 rule lives here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from pachlite.pfs.api import FileReader
from pachlite.pfs.infos import Expected

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class S3Request:
    """A request, decoded once at the edge.

    Attributes:
        bucket, key: Percent-decoded; empty when the request is not about one.
        query: Decoded parameters; the subresource is among them.
        headers: By lower-case name; repeated ones are joined by commas.
        resource: The path as it was sent, for error documents.
        document: The body, of operations that take a small one.
        scheme: What the client speaks: http, or https.
    """

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    resource: str
    document: bytes = b""
    scheme: str = "http"


@dataclass(frozen=True, slots=True)
class Download:
    """A range of an open file that becomes the body of a response; sending closes the reader."""

    reader: FileReader
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class S3Response:
    """An answer.

    Attributes:
        length: What HEAD declares; otherwise the body decides.
        subject: Who asked, where only the operation could find out.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    download: Download | None = None
    length: int | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """An upload that is verified and handed over, but may not be durable yet.

    Attributes:
        written: What was written, once it is durable.
        answer: Make the answer of that.
    """

    written: Future[Any]
    answer: Callable[[Any], S3Response]

    def wait(self) -> S3Response:
        """Return the answer once there is one."""
        return self.answer(self.written.result())


@dataclass(frozen=True, slots=True)
class Intake:
    """An upload that has begun: where its bytes go, and how it ends.

    Attributes:
        write: Take a block.
        finish: Hold the whole to what is expected of it, and hand it over to be published.
        abort: Forget everything; harmless after `finish`.
        sum_algorithm: A checksum that is wanted even if the sender declared none; may be empty.
    """

    write: Callable[[bytes], None]
    finish: Callable[[Expected], Pending]
    abort: Callable[[], None]
    sum_algorithm: str = ""
