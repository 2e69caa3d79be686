"""Verify the chain of signatures in an `aws-chunked` body: every chunk signs the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from pachlite.errors import IncompleteBody
from pachlite.gateway.signature_errors import mismatch
from pachlite.gateway.signing_keys import is_same, sign_v4

SIGNED_CHUNKS: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_AND_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
TRAILER_SIGNATURE: Final = "x-amz-trailer-signature"

_CHUNK: Final = "AWS4-HMAC-SHA256-PAYLOAD"
_TRAILER: Final = "AWS4-HMAC-SHA256-TRAILER"
_EMPTY_SHA256: Final = sha256().hexdigest()


class ChunkChain:
    """The chain so far. It begins with the signature of the request."""

    def __init__(
        self, key: bytes, timestamp: str, scope: str, seed: str, *, has_trailer: bool = False
    ) -> None:
        self._key = key
        self._head = f"{timestamp}\n{scope}"
        self._last = seed
        self._has_trailer = has_trailer
        self._provided = ""
        self._sha256 = sha256()

    def __repr__(self) -> str:
        return f"<ChunkChain after {self._last[:8]}>"

    def begin(self, signature: str) -> None:
        """Take the signature that a chunk header has."""
        if not signature:
            raise IncompleteBody("a chunk is not signed, although the request says it is")
        self._provided = signature
        self._sha256 = sha256()

    def update(self, data: memoryview) -> None:
        """Take data of the chunk."""
        self._sha256.update(data)

    def end(self) -> None:
        """Verify the chunk that has ended; raise `SignatureDoesNotMatch` when it is another."""
        digest = self._sha256.hexdigest()
        self._verify("a chunk of the body", f"{_CHUNK}\n{{}}\n{_EMPTY_SHA256}\n{digest}")

    def finish(self, trailers: Mapping[str, str]) -> None:
        """Verify the trailers, which are there in the order they were sent."""
        others = [pair for pair in trailers.items() if pair[0] != TRAILER_SIGNATURE]
        if not self._has_trailer:
            if others:
                raise IncompleteBody("there are trailers, although the request says there are none")
            return
        self._provided = trailers.get(TRAILER_SIGNATURE, "")
        if not self._provided:
            raise IncompleteBody(f"the trailer {TRAILER_SIGNATURE} is missing")
        text = "".join(f"{name}:{value}\n" for name, value in others)
        self._verify("the trailer", f"{_TRAILER}\n{{}}\n{sha256(text.encode()).hexdigest()}")

    def _verify(self, what: str, form: str) -> None:
        string_to_sign = form.format(f"{self._head}\n{self._last}")
        if not is_same(self._provided, sign_v4(self._key, string_to_sign)):
            raise mismatch(
                f"{what} was changed on its way, or signed with another secret key",
                access_key="",
                provided=self._provided,
                string_to_sign=string_to_sign,
            )
        self._last = self._provided


def chain_for(
    payload_hash: str, key: bytes, timestamp: str, scope: str, seed: str
) -> ChunkChain | None:
    """Return what verifies a body whose payload is signed chunk by chunk; None for any other."""
    if payload_hash not in {SIGNED_CHUNKS, SIGNED_CHUNKS_AND_TRAILER}:
        return None
    has_trailer = payload_hash == SIGNED_CHUNKS_AND_TRAILER
    return ChunkChain(key, timestamp, scope, seed, has_trailer=has_trailer)
