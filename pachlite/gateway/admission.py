"""The step between a request and its operation: who asks, and what they see of the file system.

While auth is not active everybody sees everything; what signs a request is then read, so that a
broken signature is refused as S3 refuses it, but not verified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pachlite.gateway.chunk_signatures import ChunkChain
from pachlite.gateway.hosts import bucket_of_host
from pachlite.gateway.messages import S3Request
from pachlite.gateway.request import RawRequest
from pachlite.gateway.signature import Signature, find_signature
from pachlite.gateway.signature_errors import (
    KEY_PAIR_HINT,
    anonymous,
    denied,
    unsupported_authorization,
)
from pachlite.gateway.sigv4 import SignatureV4
from pachlite.gateway.verification import verify_v2, verify_v4
from pachlite.pfs.api import PFS
from pachlite.pfs.credentials import S3Credential

Now = Callable[[], datetime]


def now_utc() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Admission:
    """What a request may work with.

    Attributes:
        subject: Who asks; empty when nobody was asked.
        chain: What verifies a body that is signed chunk by chunk.
    """

    pfs: PFS
    subject: str = ""
    chain: ChunkChain | None = None


def admit(
    pfs: PFS,
    raw: RawRequest,
    request: S3Request,
    *,
    domains: tuple[str, ...] = (),
    now: Now = now_utc,
) -> Admission:
    """Find out who asks. `domains` are those before which hosts name buckets.

    Raises:
        S3Refusal: Nobody signed, or the signature is broken, wrong or too old.
        UnknownAccessKey: Nobody has that access key.
    """
    signature = find_signature(raw.headers, request.query)
    if not pfs.is_auth_active():
        return Admission(pfs)
    if signature is None:
        if authorization := raw.headers.get("authorization"):
            raise unsupported_authorization(authorization)
        raise anonymous()
    if isinstance(signature, SignatureV4):
        signature.check()
    credential = pfs.find_s3_credential(signature.access_key)
    if _is_presigned(signature):
        check_may_presign(credential)
    if isinstance(signature, SignatureV4):
        chain = verify_v4(raw, request.query, signature, credential.secret, now())
    else:
        chain = None
        host_bucket = bucket_of_host(raw.headers.get("host", ""), domains)
        headers = request.headers
        verify_v2(raw, headers, signature, credential.secret, now(), host_bucket=host_bucket)
    return Admission(pfs.acting_as(credential.subject), credential.subject, chain)


def check_may_presign(credential: S3Credential) -> None:
    """Raise when an access key must not be shown to others, since it is its own secret."""
    if not credential.may_presign:
        raise denied(
            "a token cannot presign: whoever gets the URL or form would have the token",
            hint=KEY_PAIR_HINT,
        )


def _is_presigned(signature: Signature) -> bool:
    if isinstance(signature, SignatureV4):
        return signature.expires_s is not None
    return signature.expires_at is not None
