"""Virtual-host style: which bucket the Host header names. Pure.

Names of buckets have dots, so a host is split at the end of the domain, never at its first dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pachlite.errors import InvalidOption

_PORT: Final = re.compile(r":[0-9]*$")
_DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def check_domains(domains: Iterable[str]) -> tuple[str, ...]:
    """Return domains as `bucket_of_host` takes them, the longest first.

    Raises:
        InvalidOption: One is no name of a host.
    """
    lowered = [domain.lower().strip(".") for domain in domains]
    for domain in lowered:
        if not _DOMAIN.fullmatch(domain):
            raise InvalidOption(
                f"{domain!a} is no domain",
                hint="give the name that clients put behind the bucket, without port: example.com",
            )
    return tuple(sorted(lowered, key=lambda domain: (-len(domain), domain)))


def bucket_of_host(host: str, domains: tuple[str, ...]) -> str:
    """Return the bucket that a host names; empty when the path names it."""
    name = _PORT.sub("", host)
    lowered = name.lower()
    if lowered in domains:
        return ""
    for domain in domains:
        if lowered.endswith(f".{domain}"):
            return name[: -len(domain) - 1]
    return ""
