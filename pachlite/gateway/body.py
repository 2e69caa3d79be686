"""What a request declares about its body, and a decoder that holds it to that.

Nothing that the decoder has let through may be published before `finish` has returned.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pachlite.errors import DigestMismatch, IncompleteBody
from pachlite.gateway.checksums import (
    HEADER_PREFIX,
    SDK_HEADER,
    ChecksumMismatch,
    check_single,
    check_value,
    header_checksums,
    header_name,
    invalid_header,
)
from pachlite.gateway.errors import (
    INVALID_ARGUMENT,
    INVALID_DIGEST,
    INVALID_REQUEST,
    MALFORMED_TRAILER,
    MISSING_CONTENT_LENGTH,
    PayloadHashMismatch,
    S3Refusal,
    invalid_argument,
    not_implemented,
)
from pachlite.gateway.framing import ChunkedFraming, ChunkVerifier, PlainFraming
from pachlite.pfs.infos import Checksum, Expected
from pachlite.pfs.sums import ALGORITHMS, RunningSum, encode

SHA256_HEADER: Final = "x-amz-content-sha256"
DECODED_LENGTH: Final = "x-amz-decoded-content-length"

UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"

_HEX_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_STREAMING_PREFIX: Final = "STREAMING-"
_STREAMING: Final = frozenset(
    {
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
)
_MD5_BYTES: Final = 16
_LENGTH: Final = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """What the headers say about a body.

    Attributes:
        size_bytes: Of the payload, without framing; None when the body just ends.
        sha256, md5: Lower-case hex; empty when not declared.
        checksums: Base64 values by algorithm, from headers.
        trailing: Algorithms whose values follow the data.
    """

    is_chunked: bool = False
    size_bytes: int | None = None
    sha256: str = ""
    md5: str = ""
    checksums: Mapping[str, str] | None = None
    trailing: tuple[str, ...] = ()

    @property
    def sum_algorithm(self) -> str:
        """The algorithm of the checksum that is declared; empty when none is."""
        return next(iter((*(self.checksums or ()), *self.trailing)), "")


def declare_body(headers: Mapping[str, str], *, has_sums: bool = True) -> DeclaredBody:
    """Read the declarations; raise for those that make no sense or are not supported.

    `has_sums` is False where checksum headers are not about the body.
    """
    mode = headers.get(SHA256_HEADER, "")
    if mode.startswith(_STREAMING_PREFIX) and mode not in _STREAMING:
        raise not_implemented(f"the payload mode {mode[:80]}")
    is_chunked = mode in _STREAMING or (
        DECODED_LENGTH in headers and "aws-chunked" in headers.get("content-encoding", "").lower()
    )
    size_bytes = _payload_length(headers) if is_chunked else header_length(headers)
    sha256, md5 = _sha256(mode), _md5(headers.get("content-md5"))
    if not has_sums:
        return DeclaredBody(is_chunked, size_bytes, sha256, md5)
    checksums = header_checksums(headers)
    trailing = _trailing(headers.get("x-amz-trailer", ""))
    _check_announced(headers.get(SDK_HEADER, "").upper(), [*checksums, *trailing])
    for name, value in checksums.items():
        check_value(name, value)
    return DeclaredBody(is_chunked, size_bytes, sha256, md5, checksums, trailing)


def decode_document(
    declared: DeclaredBody, body: bytes, verifier: ChunkVerifier | None = None
) -> bytes:
    """Return the payload of a body that is there as a whole, after all checks."""
    decoder = BodyDecoder(declared, verifier=verifier)
    document = decoder.feed([body])
    md5 = decoder.finish().md5
    actual = hashlib.md5(document, usedforsecurity=False).hexdigest() if md5 else ""
    if actual != md5:
        raise DigestMismatch("MD5", md5, actual)
    return document


class WrongLength(IncompleteBody):
    """There is another number of bytes than a header says."""

    sentence: Final = (
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )


class BodyDecoder:
    """Takes a body as it arrives, gives its payload, and verifies it at the end."""

    def __init__(
        self,
        declared: DeclaredBody,
        *,
        sum_algorithm: str = "",
        verifier: ChunkVerifier | None = None,
    ) -> None:
        self._declared = declared
        self._framing = ChunkedFraming(verifier) if declared.is_chunked else PlainFraming()
        self._size_bytes = 0
        self._sha256 = hashlib.sha256() if declared.sha256 else None
        names = {declared.sum_algorithm, sum_algorithm} - {""}
        self._sums: dict[str, RunningSum] = {name: ALGORITHMS[name].start() for name in names}

    def feed(self, pieces: Sequence[bytes]) -> bytes:
        """Return the payload of the next pieces of the body, in one block."""
        if not self._declared.is_chunked:
            block = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        else:
            block = b"".join([view for piece in pieces for view in self._framing.feed(piece)])
        self._size_bytes += len(block)
        declared = self._declared.size_bytes
        if declared is not None and self._size_bytes > declared:
            raise WrongLength(f"there are more than the declared {declared} bytes")
        if self._sha256 is not None:
            self._sha256.update(block)
        for running in self._sums.values():
            running.update(block)
        return block

    def finish(self) -> Expected:
        """End the body: check length, hash and checksums, and return what holds of the payload.

        The MD5 is passed on: whoever stores the data computes it anyway.
        """
        self._framing.finish()
        declared = self._declared
        if declared.size_bytes is not None and self._size_bytes != declared.size_bytes:
            raise WrongLength(
                f"{self._size_bytes} bytes arrived, {declared.size_bytes} were declared"
            )
        if self._sha256 is not None and self._sha256.hexdigest() != declared.sha256:
            raise PayloadHashMismatch(declared.sha256, self._sha256.hexdigest())
        return Expected(
            size_bytes=self._size_bytes, md5=declared.md5, checksums=self._verified_sums()
        )

    def _verified_sums(self) -> tuple[Checksum, ...]:
        actual = {name: encode(running.digest()) for name, running in sorted(self._sums.items())}
        for values in (self._declared.checksums or {}, self._trailing_values()):
            for name, value in values.items():
                if value != actual[name]:
                    raise ChecksumMismatch(name, value, actual[name])
        return tuple(Checksum(name, value) for name, value in actual.items())

    def _trailing_values(self) -> dict[str, str]:
        values = {}
        for name in self._declared.trailing:
            value = self._framing.trailers.get(header_name(name))
            if value is None:
                raise S3Refusal(MALFORMED_TRAILER, f"the trailer {header_name(name)} is missing")
            values[name] = check_value(name, value, place="trailer")
        announced = set(map(header_name, values))
        for name in self._framing.trailers:
            if name.startswith(HEADER_PREFIX) and name not in announced:
                raise S3Refusal(MALFORMED_TRAILER, f"the trailer {name[:80]} was not announced")
        return values


def header_length(headers: Mapping[str, str]) -> int | None:
    """Return the length of the body as sent, or None when it is not declared."""
    text = headers.get("content-length")
    if text is None:
        return None
    if not _LENGTH.fullmatch(text):
        raise S3Refusal(INVALID_ARGUMENT, "the header content-length is not a length")
    return int(text)


def _payload_length(headers: Mapping[str, str]) -> int:
    """Return the length of what a body in chunks carries. It must be declared."""
    text = headers.get(DECODED_LENGTH, "")
    if not _LENGTH.fullmatch(text):
        raise S3Refusal(MISSING_CONTENT_LENGTH, f"the header {DECODED_LENGTH} is not a length")
    return int(text)


def _sha256(mode: str) -> str:
    if not mode or mode == UNSIGNED_PAYLOAD or mode in _STREAMING:
        return ""
    check_payload_hash(mode)
    return mode.lower()


def check_payload_hash(text: str) -> None:
    """Raise InvalidArgument for what is neither a SHA-256 nor a mode."""
    is_mode = text == UNSIGNED_PAYLOAD or text.startswith(_STREAMING_PREFIX)
    if not is_mode and not _HEX_SHA256.fullmatch(text):
        raise invalid_argument(
            SHA256_HEADER,
            text,
            f"{SHA256_HEADER} must be {UNSIGNED_PAYLOAD}, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        )


def _md5(value: str | None) -> str:
    if value is None:
        return ""
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _MD5_BYTES:
        raise S3Refusal(
            INVALID_DIGEST,
            "the header Content-MD5 is not an MD5 in base64",
            details=(("Content-MD5", value),),
        )
    return raw.hex()


def _check_announced(announced: str, declared: Sequence[str]) -> None:
    """Check that there is one checksum at most, and that it is the announced one."""
    check_single(declared)
    if not announced:
        return
    if announced not in ALGORITHMS or (declared and announced not in declared):
        raise invalid_header(SDK_HEADER)
    if not declared:
        raise S3Refusal(
            INVALID_REQUEST,
            f"{SDK_HEADER} specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
            "headers were found.",
        )


def _trailing(header: str) -> tuple[str, ...]:
    if not header:
        return ()
    names = [name.strip().lower() for name in header.split(",")]
    found = []
    for name in names:
        if name.startswith(HEADER_PREFIX):
            found.append(name.removeprefix(HEADER_PREFIX).upper())
            if found[-1] not in ALGORITHMS:
                raise S3Refusal(
                    INVALID_REQUEST,
                    "The value specified in the x-amz-trailer header is not supported",
                )
    return tuple(found)
