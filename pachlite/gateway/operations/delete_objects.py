"""DeleteObjects: up to 1 000 deletions in one commit, with a result for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from pachlite.errors import PachliteError, VersionNotFound
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import deletion_precondition
from pachlite.gateway.errors import message_of, s3_code
from pachlite.gateway.listing import optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.parameters import check_version
from pachlite.gateway.xml import (
    XML_HEADERS,
    MalformedDocument,
    document,
    element,
    group,
    parse,
    text_of,
)
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Deletion, DeletionResult, Precondition
from pachlite.pfs.paths import check_path

MAX_DELETIONS = 1000


def delete_objects(pfs: PFS, request: S3Request) -> S3Response:
    """Do all deletions that make sense; report on the others as well."""
    bucket = parse_bucket(request.bucket)
    bucket.check_writable()
    tree = parse(request.document, "Delete")
    nodes = tree.findall("Object")
    if not 0 < len(nodes) <= MAX_DELETIONS:
        raise MalformedDocument(f"1 to {MAX_DELETIONS} objects can be deleted at once")
    deletions: list[Deletion] = []
    others: list[DeletionResult] = []
    for node in nodes:
        _sort_in(node, deletions, others)
    results = pfs.delete_file(bucket.commit, deletions).results if deletions else ()
    is_quiet = text_of(tree, "Quiet").strip().lower() == "true"
    body = document("DeleteResult", *_render([*results, *others], is_quiet=is_quiet))
    return S3Response(headers=XML_HEADERS, body=body)


def _sort_in(node: Element, deletions: list[Deletion], others: list[DeletionResult]) -> None:
    key, version = text_of(node, "Key"), text_of(node, "VersionId")
    deletion = Deletion(key, version=version)
    try:
        check_path(key)
        deletion = replace(deletion, precondition=_precondition(node))
        if version:
            check_version(key, version)
    except VersionNotFound:
        others.append(DeletionResult(deletion))
    except PachliteError as error:
        others.append(DeletionResult(deletion, error=error))
    else:
        deletions.append(deletion)


def _precondition(node: Element) -> Precondition:
    texts = (text_of(node, name).strip() for name in ("ETag", "LastModifiedTime", "Size"))
    return deletion_precondition(*texts)


def _render(results: list[DeletionResult], *, is_quiet: bool) -> Iterator[str]:
    for result in results:
        if result.error is not None:
            yield _render_error(result.deletion, result.error)
        elif not is_quiet:
            yield _render_deleted(result)


def _render_deleted(result: DeletionResult) -> str:
    deletion = result.deletion
    marker = element("DeleteMarker", False) if deletion.version else ""
    if result.is_marker:
        marker = element("DeleteMarker", True) + element("DeleteMarkerVersionId", result.version_id)
    return group(
        "Deleted", element("Key", deletion.path), optional("VersionId", deletion.version), marker
    )


def _render_error(deletion: Deletion, error: Exception) -> str:
    if not isinstance(error, PachliteError):
        raise error
    return group(
        "Error",
        element("Key", deletion.path),
        optional("VersionId", deletion.version),
        element("Code", s3_code(error).name),
        element("Message", message_of(error)),
    )
