"""Access control lists as far as an owner has the only say: what they may say is what holds anyway.

Pure. A list that would let in anybody else is refused; nothing is ever opened by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from pachlite.errors import PachliteError
from pachlite.gateway.errors import (
    ACCESS_DENIED,
    INVALID_REQUEST,
    S3Code,
    S3Refusal,
    invalid_argument,
)
from pachlite.gateway.listing import OWNER, OWNER_ID, OWNER_NAME
from pachlite.gateway.signature import find_signature
from pachlite.gateway.xml import MalformedDocument, document, element, group, parse

ENFORCED: Final = "BucketOwnerEnforced"
OWNERSHIPS: Final = (ENFORCED, "BucketOwnerPreferred", "ObjectWriter")

OWNER_ONLY: Final = document(
    "AccessControlPolicy",
    OWNER,
    group(
        "AccessControlList",
        group(
            "Grant",
            '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:type="CanonicalUser">',
            element("ID", OWNER_ID),
            element("DisplayName", OWNER_NAME),
            "</Grantee>",
            element("Permission", "FULL_CONTROL"),
        ),
    ),
)
"""The list that every bucket and every object has."""

_HARMLESS: Final = frozenset({"private", "bucket-owner-read", "bucket-owner-full-control"})
_CANNED: Final = _HARMLESS | {
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "log-delivery-write",
}
_PERMISSIONS: Final = frozenset({"FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"})
_EXPECTED_OWNERS: Final = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
_GRANT_PREFIX: Final = "x-amz-grant-"
_GRANTEE: Final = re.compile(r'(?:id=)?"?([^",=]*)"?')
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_GRANTEE_NAMES: Final = {
    "CanonicalUser": "ID",
    "AmazonCustomerByEmail": "EmailAddress",
    "Group": "URI",
}


@dataclass(frozen=True, slots=True)
class AskedAccess:
    """What a request wants a list to be. `canned` is empty when it names none."""

    canned: str
    has_grants: bool
    grants_owner_only: bool

    @property
    def is_owner_only(self) -> bool:
        """Whether it is what holds anyway."""
        return self.grants_owner_only and (not self.canned or self.canned in _HARMLESS)


def asked_access(headers: Mapping[str, str]) -> AskedAccess:
    """Return what the headers of a request want."""
    canned = headers.get("x-amz-acl", "")
    grants = [value for name, value in headers.items() if name.startswith(_GRANT_PREFIX)]
    grantees = [_GRANTEE.fullmatch(each.strip()) for value in grants for each in value.split(",")]
    return AskedAccess(
        canned,
        bool(grants),
        all(match is not None and match[1] == OWNER_ID for match in grantees),
    )


def check_canned(canned: str) -> None:
    """Raise InvalidArgument for a canned list that there is not."""
    if canned and canned not in _CANNED:
        raise invalid_argument("x-amz-acl", canned, f"{canned[:80]} is no canned list")


def check_access(headers: Mapping[str, str], body: bytes, *, is_enforced: bool) -> None:
    """Return if a list says what holds anyway; raise what S3 says otherwise."""
    asked = asked_access(headers)
    if is_enforced and not asked.is_owner_only and asked.canned in _CANNED | {""}:
        raise acl_refused()
    if asked.canned and asked.has_grants:
        raise S3Refusal(
            INVALID_REQUEST, "Specifying both Canned ACLs and Header Grants is not allowed."
        )
    has_body = bool(body.strip())
    if has_body and (asked.canned or asked.has_grants):
        raise S3Refusal(S3Code("UnexpectedContent", 400), "This request does not support content.")
    if not has_body and not asked.canned and not asked.has_grants:
        raise S3Refusal(
            S3Code("MissingSecurityHeader", 400), "Your request was missing a required header."
        )
    check_canned(asked.canned)
    is_owner_only = _is_owner_only(body) if has_body else asked.is_owner_only
    if not is_owner_only:
        raise acl_refused()


def check_expected_owner(headers: Mapping[str, str], query: Mapping[str, str]) -> None:
    """Raise AccessDenied when a request is meant for the bucket of somebody else.

    Whoever signs the request may call the bucket their own, too.
    """
    for name in _EXPECTED_OWNERS:
        if headers.get(name, OWNER_ID) == OWNER_ID:
            continue
        signature = find_signature(headers, query)
        if signature is None or headers[name] != signature.access_key:
            ours = f"the owner is not {headers[name][:80]}, as {name} says"
            raise S3Refusal(ACCESS_DENIED, "Access Denied.", details=(("Detail", ours),))


def acl_refused() -> S3Refusal:
    """Return the error for a list that would let in anybody else."""
    return S3Refusal(
        S3Code("AccessControlListNotSupported", 400), "The bucket does not allow ACLs."
    )


def _is_owner_only(body: bytes) -> bool:
    try:
        policy = parse(body, "AccessControlPolicy")
    except MalformedDocument as error:
        raise _malformed(str(error)) from error
    owner = policy.findtext("Owner/ID")
    if not owner:
        raise _malformed("the list names no owner")
    grantees = [_grantee(grant) for grant in policy.iterfind("AccessControlList/Grant")]
    return owner == OWNER_ID and all(grantee == OWNER_ID for grantee in grantees)


def _grantee(grant: Element) -> str:
    grantee = grant.find("Grantee")
    kind = "" if grantee is None else grantee.get(_TYPE, "")
    name = "" if grantee is None else grantee.findtext(_GRANTEE_NAMES.get(kind, "")) or ""
    if not name:
        raise _malformed("a grant has a grantee with a known type and a name")
    if grant.findtext("Permission") not in _PERMISSIONS:
        raise _malformed("a grant has one of the permissions of S3")
    return name


def _malformed(message: str) -> PachliteError:
    return S3Refusal(S3Code("MalformedACLError", 400), message)
