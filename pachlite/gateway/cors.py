"""CORS rules of a bucket: what a document says, and what an origin may do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

from pachlite.gateway.errors import BAD_REQUEST, INVALID_REQUEST, S3Refusal
from pachlite.gateway.messages import Headers
from pachlite.gateway.xml import MalformedDocument, document, element, group, parse

MAX_RULES: Final = 100
MAX_ID_LENGTH: Final = 255
METHODS: Final = ("GET", "PUT", "POST", "DELETE", "HEAD")
ROOT: Final = "CORSConfiguration"
VARY: Final = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECONDS: Final = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class CorsRule:
    """What pages of some origins may do. `max_age_s` is text; empty when nothing is said."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    exposed_headers: tuple[str, ...] = ()
    max_age_s: str = ""
    id: str = ""

    def allows(self, asked: Asked) -> bool:
        """Say whether the rule answers a request."""
        return (
            asked.method in self.methods
            and any(_matches(pattern, asked.origin) for pattern in self.origins)
            and all(
                any(_matches(pattern.lower(), name.lower()) for pattern in self.allowed_headers)
                for name in asked.headers
            )
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser asks for, or does."""

    origin: str
    method: str
    headers: tuple[str, ...] = ()


def parse_rules(text: bytes) -> tuple[CorsRule, ...]:
    """Parse a configuration.

    Raises:
        MalformedDocument: It has not the form of one.
        S3Refusal: A rule says what no rule can say.
    """
    rules = tuple(_parse_rule(node) for node in parse(text, ROOT).iterfind("CORSRule"))
    if not rules:
        raise MalformedDocument("a CORS configuration has at least one CORSRule")
    if len(rules) > MAX_RULES:
        raise S3Refusal(
            INVALID_REQUEST,
            f"The number of CORS rules should not exceed allowed limit of {MAX_RULES} rules.",
        )
    return rules


def render_rules(rules: Iterable[CorsRule]) -> bytes:
    """Return the configuration as a document; `load_rules` takes it back."""
    return document(ROOT, *map(_render_rule, rules))


@lru_cache(maxsize=256)
def load_rules(stored: str) -> tuple[CorsRule, ...]:
    """Return the rules of a document that `render_rules` made; none of an empty one."""
    return parse_rules(stored.encode()) if stored else ()


def asked_before(headers: Mapping[str, str]) -> Asked:
    """Return what a preflight asks for; raise BadRequest when it does not ask properly."""
    origin = headers.get("origin", "")
    if not origin:
        raise S3Refusal(BAD_REQUEST, "Insufficient information. Origin request header needed.")
    method = headers.get("access-control-request-method", "")
    if method not in METHODS:
        raise S3Refusal(BAD_REQUEST, f"Invalid Access-Control-Request-Method: {method}")
    names = [name for name in headers.get(_ASKED_HEADERS, "").split(",") if name]
    for name in names:
        if not _HEADER_NAME.fullmatch(name.strip(" ")):
            raise S3Refusal(
                BAD_REQUEST, f'Access-Control-Request-Headers "{name}" contains invalid character.'
            )
    return Asked(origin, method, tuple(name.strip(" ") for name in names))


def asked_by(method: str, headers: Mapping[str, str]) -> Asked:
    """Return what an actual request does, which may say so itself."""
    names = headers.get(_ASKED_HEADERS, "").split(",")
    return Asked(
        headers.get("origin", ""),
        headers.get("access-control-request-method", method),
        tuple(name.strip() for name in names if name.strip()),
    )


def preflight_headers(rules: Sequence[CorsRule], asked: Asked) -> Headers | None:
    """Return what a preflight is told by the first rule that allows it; None when none does.

    The ETag is exposed whatever the rule says, since uploads in parts need it.
    """
    rule = next((rule for rule in rules if rule.allows(asked)), None)
    if rule is None:
        return None
    exposed = dict.fromkeys((*rule.exposed_headers, "ETag"))
    return _told(rule, asked, asked.headers, exposed)


def answer_headers(rules: Sequence[CorsRule], asked: Asked) -> Headers:
    """Return what a page is told with the answer to its request; nothing if it may not know."""
    rule = next((rule for rule in rules if rule.allows(asked)), None)
    if rule is None:
        return ()
    return _told(rule, asked, rule.allowed_headers if asked.headers else (), rule.exposed_headers)


def _told(rule: CorsRule, asked: Asked, allowed: Iterable[str], exposed: Iterable[str]) -> Headers:
    is_open = "*" in rule.origins
    told = {
        "access-control-allow-origin": "*" if is_open else asked.origin,
        "access-control-allow-methods": ", ".join(rule.methods),
        "access-control-allow-headers": ", ".join(name.lower() for name in allowed),
        "access-control-expose-headers": ", ".join(exposed),
        "access-control-max-age": rule.max_age_s,
        "access-control-allow-credentials": "false" if is_open else "true",
        "vary": VARY,
    }
    return [(name, value) for name, value in told.items() if value]


_ASKED_HEADERS: Final = "access-control-request-headers"


def _parse_rule(node: Element) -> CorsRule:
    rule = CorsRule(
        origins=_texts(node, "AllowedOrigin"),
        methods=_texts(node, "AllowedMethod"),
        allowed_headers=_texts(node, "AllowedHeader"),
        exposed_headers=_texts(node, "ExposeHeader"),
        max_age_s=(node.findtext("MaxAgeSeconds") or "").strip(),
        id=node.findtext("ID") or "",
    )
    if not rule.origins or not rule.methods:
        raise MalformedDocument("a CORSRule has at least one AllowedOrigin and one AllowedMethod")
    if rule.max_age_s and not _SECONDS.fullmatch(rule.max_age_s):
        raise MalformedDocument("MaxAgeSeconds is a whole number")
    _check_values(rule)
    return rule


def _check_values(rule: CorsRule) -> None:
    """Raise InvalidRequest for what a rule cannot say."""
    for message in _mistakes(rule):
        raise S3Refusal(INVALID_REQUEST, message)


def _mistakes(rule: CorsRule) -> Iterator[str]:
    for method in rule.methods:
        if method not in METHODS:
            yield f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
    for origin in rule.origins:
        if origin.count("*") > 1:
            yield f'AllowedOrigin "{origin}" can not have more than one wildcard.'
    yield from _header_mistakes(rule)
    if len(rule.id) > MAX_ID_LENGTH:
        yield f"the ID of a rule has at most {MAX_ID_LENGTH} characters"


def _header_mistakes(rule: CorsRule) -> Iterator[str]:
    for name in rule.allowed_headers:
        if name.count("*") > 1:
            yield f'AllowedHeader "{name}" can not have more than one wildcard.'
    for name in (*rule.allowed_headers, *rule.exposed_headers):
        if not _HEADER_NAME.fullmatch(name):
            yield f'AllowedHeader "{name}" contains invalid character.'
    for name in rule.exposed_headers:
        if "*" in name:
            yield f'ExposeHeader "{name}" contains wildcard.'


def _render_rule(rule: CorsRule) -> str:
    return group(
        "CORSRule",
        element("ID", rule.id) if rule.id else "",
        *(element("AllowedOrigin", origin) for origin in rule.origins),
        *(element("AllowedMethod", method) for method in rule.methods),
        *(element("AllowedHeader", name) for name in rule.allowed_headers),
        *(element("ExposeHeader", name) for name in rule.exposed_headers),
        element("MaxAgeSeconds", rule.max_age_s) if rule.max_age_s else "",
    )


def _texts(node: Element, name: str) -> tuple[str, ...]:
    return tuple(child.text or "" for child in node.iterfind(name))


def _matches(pattern: str, text: str) -> bool:
    """Say whether `text` is `pattern`, in which one `*` stands for anything."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return (
        len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)
    )
