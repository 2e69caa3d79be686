"""Take the bytes of one file or part, verify them, and hand the stored content on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, Self, TypeVar

from pachlite.content.blobs import Blob, BlobWriter
from pachlite.pfs.infos import NOTHING_EXPECTED, Expected, FileInfo, PartInfo
from pachlite.store.changes import check_expected

Answer = TypeVar("Answer", FileInfo, PartInfo)


class ContentWriter(Generic[Answer]):
    """Receives blocks; at the end verifies them and passes the content to `submit`."""

    _submit: Callable[[Blob, Expected], Future[Answer]]

    def __init__(
        self, content: BlobWriter, submit: Callable[[Blob, Expected], Future[Answer]], name: str
    ) -> None:
        self._content = content
        self._submit = submit
        self._name = name
        self._is_done = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!a} {'done' if self._is_done else 'open'}>"

    def write(self, block: bytes | bytearray | memoryview) -> None:
        self._content.write(block)

    def complete(self, expected: Expected = NOTHING_EXPECTED) -> Answer:
        return self.submit(expected).result()

    def submit(self, expected: Expected = NOTHING_EXPECTED) -> Future[Answer]:
        self._is_done = True
        try:
            blob = self._content.finish()
            check_expected(blob, expected)
        except BaseException:
            self._content.abort()
            raise
        return self._submit(blob, expected)

    def abort(self) -> None:
        if not self._is_done:
            self._is_done = True
            self._content.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()


class StoredWriter(ContentWriter[FileInfo]):
    """See `pfs.api.FileWriter`."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and not self._is_done:
            self.complete()
        self.abort()


class StoredPartWriter(ContentWriter[PartInfo]):
    """See `pfs.api.PartWriter`."""
