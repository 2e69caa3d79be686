"""One request and its answer, as far as they have come: for the log and the metrics.

The edge fills it in on the way; whoever observes it reads it once, at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Exchange:
    """What is known of a request.

    Attributes:
        request_id: What the answer names it.
        begun_s: When it began, on the clock of the edge.
        client: The address it came from.
        agent: What the client calls itself.
        method, resource, query: The request line; all but the method as they were sent.
        bucket, key: Decoded, as soon as they could be.
        subject: Who signed it; empty when nobody has to.
        operation: The S3 operation, when there is one.
        status: Of the answer; 0 when the client went away before there was one.
        error_code: What S3 calls the error.
        version: The version that the answer names.
        received_bytes, sent_bytes: Of the bodies.
        ended_s: When it was over.
    """

    request_id: str
    begun_s: float
    client: str
    agent: str
    method: str
    resource: str
    query: bytes
    bucket: str = ""
    key: str = ""
    subject: str = ""
    operation: str = ""
    status: int = 0
    error_code: str = ""
    version: str = ""
    received_bytes: int = 0
    sent_bytes: int = 0
    ended_s: float = 0.0


Observer = Callable[[Exchange], None]
"""Looks at an exchange that is over. It must neither raise nor wait."""
