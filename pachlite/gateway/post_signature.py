"""Who signed the policy of a form, by version 4 or 2, and whether they really did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from pachlite.gateway.admission import check_may_presign
from pachlite.gateway.errors import S3Refusal, invalid_argument, not_implemented
from pachlite.gateway.signature_errors import mismatch
from pachlite.gateway.signing_keys import is_same, key_of, sign_v2, sign_v4
from pachlite.gateway.sigv4 import (
    ALGORITHM,
    ASYMMETRIC,
    Credential,
    check_scope,
    parse_credential,
)
from pachlite.pfs.api import PFS

POLICY: Final = "policy"

_V4: Final = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_DATE: Final = re.compile("[0-9]{8}T[0-9]{6}Z")
_V2: Final = ("AWSAccessKeyId", "Signature")
_WRONG: Final = "the secret key is not the one of this access key, or the policy was changed"


@dataclass(frozen=True, slots=True)
class FormSignature:
    """A signature of a policy; `credential` is None for version 2."""

    access_key: str
    signature: str
    policy: str
    credential: Credential | None = None

    def is_by(self, secret: str) -> bool:
        """Say whether a secret has signed."""
        if self.credential is None:
            return is_same(self.signature, sign_v2(secret, self.policy))
        return is_same(self.signature, sign_v4(key_of(secret, self.credential), self.policy))


def find_form_signature(fields: Mapping[str, str]) -> FormSignature | None:
    """Return who signed the policy of a form; None for a form that nobody signed.

    Raises:
        S3Refusal: A field of it is missing or broken.
    """
    names = _V4 if any(name.lower() in fields for name in _V4) else _V2
    if not any(name.lower() in fields for name in names):
        return None
    found = {name: fields.get(name.lower(), "") for name in (*names, POLICY)}
    for name, value in found.items():
        if not value and (name != POLICY or POLICY not in fields):
            raise invalid_argument(
                name,
                "",
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please "
                "check the order of the fields.",
            )
    if names is _V2:
        return FormSignature(found["AWSAccessKeyId"], found["Signature"], found[POLICY])
    return _signature_v4(found)


def identify(pfs: PFS, signature: FormSignature) -> str:
    """Return the subject that signed.

    Raises:
        UnknownAccessKey: Nobody has that access key.
        S3Refusal: It was another secret, or a token, which must not be shown in forms.
    """
    credential = pfs.find_s3_credential(signature.access_key)
    check_may_presign(credential)
    if not signature.is_by(credential.secret):
        raise mismatch(
            _WRONG,
            access_key=signature.access_key,
            provided=signature.signature,
            string_to_sign=signature.policy,
        )
    return credential.subject


def _signature_v4(found: Mapping[str, str]) -> FormSignature:
    if found["x-amz-algorithm"] == ASYMMETRIC:
        raise not_implemented("signing forms with AWS signature version 4a")
    if found["x-amz-algorithm"] != ALGORITHM:
        raise _broken(found, "X-Amz-Algorithm", f"Only {ALGORITHM} is supported")
    refuse = partial(_broken, found, "x-amz-credential")
    credential = parse_credential(found["x-amz-credential"], refuse)
    check_scope(credential, refuse)
    if not _DATE.fullmatch(found["x-amz-date"]):
        raise _broken(found, "X-Amz-Date", "X-Amz-Date must be formated via ISO8601 Long format")
    if found["x-amz-date"][:8] != credential.date:
        raise _broken(found, "X-Amz-Date", "X-Amz-Date must be of the date of X-Amz-Credential")
    return FormSignature(credential.access_key, found["x-amz-signature"], found[POLICY], credential)


def _broken(found: Mapping[str, str], name: str, message: str) -> S3Refusal:
    return invalid_argument(name, found[name.lower()][:200], message)
