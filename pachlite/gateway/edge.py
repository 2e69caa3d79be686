"""The S3 edge as an ASGI application: from scope to operation to answer.

It stands in front of the application for people and programs of pachlite's own: that one gets the
paths no bucket can have, and the front page when a browser asks for it.
"""

from __future__ import annotations

import logging
import secrets
import time
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pachlite.errors import PachliteError
from pachlite.gateway.admission import Admission, admit
from pachlite.gateway.body import declare_body, decode_document
from pachlite.gateway.documents import receive_document
from pachlite.gateway.errors import (
    INTERNAL_ERROR,
    INTERNAL_MESSAGE,
    S3Refusal,
    error_response,
    s3_code,
)
from pachlite.gateway.exchange import Exchange, Observer
from pachlite.gateway.hosts import bucket_of_host
from pachlite.gateway.incoming import STALL_TIMEOUT_S, ClientGone, Event, Incoming, Receive
from pachlite.gateway.ingest import Ingest, receive_upload
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.misplaced import Misplaced
from pachlite.gateway.operations.preflight import check_page, told_to_page
from pachlite.gateway.outgoing import Send, Stream, prepare, send_response, send_stream
from pachlite.gateway.proxies import Network, behind_proxies
from pachlite.gateway.request import RawRequest, bucket_of, parse_headers, parse_request
from pachlite.gateway.routing import Operation, UploadOperation, Work, find_operation
from pachlite.gateway.seats import Room
from pachlite.gateway.traffic import Traffic
from pachlite.pfs.api import PFS

READY: Final = "pachlite.ready"
"""The extension of ASGI by which our own connections give what has arrived without waiting."""
OWN_PREFIX: Final = b"/~/"
"""What the paths of the other application start with."""
WORKERS: Final = 64
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SITE: Final = "sec-fetch-site"
"""What browsers say of the page that makes them send something; no script can change it."""
CROSS_SITE: Final = "cross-site"

T = TypeVar("T")
Application = Callable[[Event, Receive, Send], Awaitable[None]]

_log: Final = logging.getLogger(__name__)


class Edge:
    """Serves S3 over a file system, and passes everything else on."""

    def __init__(
        self,
        pfs: PFS,
        pages: Application,
        *,
        domains: tuple[str, ...] = (),
        stall_timeout_s: float = STALL_TIMEOUT_S,
        trusted_proxies: tuple[Network, ...] = (),
        observers: tuple[Observer, ...] = (),
        traffic: Traffic | None = None,
        spool: Path | None = None,
    ) -> None:
        self._pfs = pfs
        self._pages = pages
        self._domains = domains
        self._stall_timeout_s = stall_timeout_s
        self._trusted_proxies = trusted_proxies
        self._observers = observers
        self._traffic = traffic or Traffic()
        self._room = Room(time.monotonic, spool)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="s3")

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Answer one request (or anything else that ASGI knows)."""
        if scope["type"] == "http":
            scope = behind_proxies(scope, self._trusted_proxies)
        if scope["type"] != "http" or _is_for_pages(scope, self._domains):
            await self._pages(scope, receive, send)
            return
        raw = RawRequest(
            scope["method"],
            scope["raw_path"],
            scope["query_string"],
            parse_headers(scope["headers"]),
            scope.get("scheme", "http"),
        )
        exchange = _begin_exchange(scope, raw)
        incoming = Incoming(
            receive,
            raw.headers,
            stall_timeout_s=self._stall_timeout_s,
            ready=scope.get("extensions", {}).get(READY, _not_yet),
        )
        self._traffic.requests += 1
        try:
            await self._serve(raw, incoming, send, exchange)
        except ClientGone:
            _log.debug("%s %s: the client has gone", raw.method, raw.resource)
        finally:
            self._traffic.requests -= 1
            exchange.received_bytes = incoming.received_bytes
            exchange.ended_s = time.perf_counter()
            for observe in self._observers:
                observe(exchange)

    def close(self) -> None:
        """Let the worker threads finish and end them."""
        self._workers.shutdown()

    async def _serve(
        self, raw: RawRequest, incoming: Incoming, send: Send, exchange: Exchange
    ) -> None:
        request_id = exchange.request_id
        response, stream = await self._answer(raw, incoming, exchange)
        if "origin" in raw.headers:
            response = await self._told_to_pages(raw, response)
        exchange.status = response.status
        exchange.version = _header(response, "x-amz-version-id")
        if stream is None:
            exchange.sent_bytes = len(response.body)
            await send_response(send, response, request_id=request_id, incoming=incoming)
            return
        try:
            await send_stream(send, response, stream, request_id=request_id, incoming=incoming)
        except PachliteError as error:
            # The status has been sent: all that is left is to end without the rest of the body.
            _log.error("%s %s %s: %s", raw.method, raw.resource, request_id, error)
            exchange.error_code = s3_code(error).name
        finally:
            exchange.sent_bytes = stream.sent_bytes

    async def _answer(
        self, raw: RawRequest, incoming: Incoming, exchange: Exchange
    ) -> tuple[S3Response, Stream | None]:
        try:
            request = parse_request(raw, self._domains)
            exchange.bucket, exchange.key = request.bucket, request.key
            response = await self._perform(raw, request, incoming, exchange)
            exchange.subject = response.subject or exchange.subject
            return await prepare(self._workers, response, self._room.downloads)
        except PachliteError as error:
            if s3_code(error).status == INTERNAL_ERROR.status:
                _log.error("%s %s %s: %s", raw.method, raw.resource, exchange.request_id, error)
            return self._refuse(error, raw, exchange), None
        except ClientGone:
            raise
        except Exception:  # noqa: BLE001 - the one place where a defect becomes an answer
            _log.exception("%s %s %s failed", raw.method, raw.resource, exchange.request_id)
            return self._refuse(PachliteError(INTERNAL_MESSAGE), raw, exchange), None

    async def _perform(
        self, raw: RawRequest, request: S3Request, incoming: Incoming, exchange: Exchange
    ) -> S3Response:
        operation = await self._find(raw, request)
        exchange.operation = operation.name
        if raw.headers.get(SITE) == CROSS_SITE:
            await self._ask(partial(check_page, self._pfs, request))
        admission = Admission(self._pfs)
        if operation.is_signed:
            admission = await self._admit(raw, request)
        exchange.subject = admission.subject
        pfs = admission.pfs
        if isinstance(operation, UploadOperation):
            declared = declare_body(request.headers)
            ingest = Ingest(
                partial(operation.begin, pfs, request, declared),
                declared,
                admission.chain,
                is_inline=pfs.reads_inline,
            )
            return await receive_upload(self._workers, incoming, ingest, self._room)
        if operation.work is Work.QUICK and pfs.reads_inline:
            return operation.run(pfs, request)
        if operation.takes_document:
            work = partial(_run_with_document, operation, admission, request)
            return await receive_document(self._workers, incoming, self._room, work)
        if not incoming.is_complete and raw.method not in _READING:
            # A request that ends too early changes nothing, also where nobody wants its body.
            work = partial(_run_without_document, operation, pfs, request)
            return await receive_document(self._workers, incoming, self._room, work)
        return await self._in_worker(partial(operation.run, pfs, request))

    async def _find(self, raw: RawRequest, request: S3Request) -> Operation | UploadOperation:
        """Return the operation; what there is not is told to those only who may ask."""
        try:
            return find_operation(request)
        except Misplaced:
            raise
        except S3Refusal:
            await self._admit(raw, request)
            raise

    async def _admit(self, raw: RawRequest, request: S3Request) -> Admission:
        return await self._ask(partial(admit, self._pfs, raw, request, domains=self._domains))

    def _refuse(self, error: PachliteError, raw: RawRequest, exchange: Exchange) -> S3Response:
        exchange.error_code = s3_code(error).name
        return error_response(
            error,
            resource=raw.resource,
            request_id=exchange.request_id,
            bucket=bucket_of(raw, self._domains),
            is_head=raw.method == "HEAD",
        )

    async def _told_to_pages(self, raw: RawRequest, response: S3Response) -> S3Response:
        """Add what the browser of a web page is to know; no answer is lost by it."""
        ask = partial(
            told_to_page,
            self._pfs,
            raw.method,
            bucket_of(raw, self._domains),
            raw.headers,
        )
        try:
            told = await self._ask(ask)
        except PachliteError:
            return response
        return replace(response, headers=(*response.headers, *told))

    async def _ask(self, question: Callable[[], T]) -> T:
        """Answer what takes a few reads of the store."""
        return question() if self._pfs.reads_inline else await self._in_worker(question)

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await get_running_loop().run_in_executor(self._workers, work)


def _begin_exchange(scope: Event, raw: RawRequest) -> Exchange:
    client = scope.get("client")
    return Exchange(
        request_id=secrets.token_hex(8).upper(),
        begun_s=time.perf_counter(),
        client=client[0] if client else "",
        agent=raw.headers.get("user-agent", ""),
        method=raw.method,
        resource=raw.resource,
        query=raw.query,
    )


def _not_yet() -> None:
    """Say that nothing is ready: what most servers could say."""


def _header(response: S3Response, wanted: str) -> str:
    return next((value for name, value in response.headers if name == wanted), "")


def _run_without_document(
    operation: Operation, pfs: PFS, request: S3Request, _body: bytes
) -> S3Response:
    return operation.run(pfs, request)


def _run_with_document(
    operation: Operation, admission: Admission, request: S3Request, body: bytes
) -> S3Response:
    declared = declare_body(request.headers, has_sums=operation.is_document_summed)
    document = decode_document(declared, body, admission.chain)
    return operation.run(admission.pfs, replace(request, document=document))


def _is_for_pages(scope: Event, domains: tuple[str, ...]) -> bool:
    path: bytes = scope["raw_path"]
    if not path.startswith(OWN_PREFIX) and path != b"/":
        return False
    headers = parse_headers(scope["headers"])
    if domains and bucket_of_host(headers.get("host", ""), domains):
        return False  # there, such a path is a key, and the root is the bucket
    if path != b"/":
        return True
    if scope["method"] not in {"GET", "HEAD"} or scope["query_string"]:
        return False
    return "text/html" in headers.get("accept", "") and not headers.get("authorization")
