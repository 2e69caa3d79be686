"""What any file system does with versions of files, and with uploads in parts."""

import hashlib

import pytest

from pachlite import errors
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import (
    IMPLICIT_SUM,
    Checksum,
    CompletedPart,
    Deletion,
    Expected,
    FileMeta,
    Precondition,
    PutOptions,
)
from pachlite.pfs.refs import parse_branch, parse_commit, parse_file, parse_repo
from pachlite.pfs.sums import digest_of, encode
from tests.contract.drive import commit_files, put, read, tree

MiB = 1024 * 1024


def _versions(
    pfs: PFS, branch: str = "images@master", **wanted
) -> list[tuple[str, str, bool, bool]]:
    page = pfs.list_version(parse_commit(branch), **wanted)
    return [(v.path, v.version_id, v.is_deleted, v.is_latest) for v in page.versions]


def test_a_version_is_the_file_as_its_commit_wrote_it(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    other = put(pfs, "images@master:/b", b"x").version_id
    second = put(pfs, "images@master:/a", b"22").version_id
    file = parse_file("images@master:/a")
    assert read(pfs, file, first) == b"1"
    assert read(pfs, file, second) == b"22"
    assert pfs.inspect_file(file, version=other).version_id == first
    assert _versions(pfs) == [
        ("a", second, False, True),
        ("a", first, False, False),
        ("b", other, False, True),
    ]


def test_a_version_that_never_was_is_not_found(pfs: PFS) -> None:
    before = put(pfs, "images@master:/other", b"1").version_id
    put(pfs, "images@master:/a", b"1")
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    foreign = put(pfs, "images@dev:/a", b"2").version_id
    file = parse_file("images@master:/a")
    for version in (before, foreign, "0" * 12 + "4" + "0" * 19):
        with pytest.raises(errors.VersionNotFound):
            pfs.get_file(file, version=version)
    with pytest.raises(errors.InvalidArgument):
        pfs.get_file(file, version="null")


def test_a_deletion_is_a_version_without_content(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    marker = pfs.delete_file(parse_commit("images@master"), [Deletion("a")]).commit_id
    with pytest.raises(errors.FileDeleted) as caught:
        pfs.get_file(parse_file("images@master:/a"))
    assert caught.value.version == marker
    later = put(pfs, "images@master:/b", b"1").version_id
    file = parse_file("images@master:/a")
    assert read(pfs, file, first) == b"1"
    with pytest.raises(errors.VersionIsDeleteMarker):
        pfs.get_file(file, version=marker)
    with pytest.raises(errors.VersionNotFound):
        pfs.get_file(file, version=later)
    assert _versions(pfs, prefix="a") == [("a", marker, True, True), ("a", first, False, False)]


def _delete(pfs: PFS, path: str, version: str, branch: str = "images@master") -> str:
    done = pfs.delete_file(parse_commit(branch), [Deletion(path, version=version)])
    assert done.results[0].error is None
    return done.commit_id


def test_deleting_the_latest_version_brings_the_previous_one_back(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    second = put(pfs, "images@master:/a", b"22").version_id
    assert _delete(pfs, "a", second)
    assert read(pfs, "images@master:/a") == b"1"
    assert pfs.inspect_file(parse_file("images@master:/a")).version_id == first
    assert _versions(pfs) == [("a", first, False, True)]
    with pytest.raises(errors.VersionNotFound):
        pfs.get_file(parse_file("images@master:/a"), version=second)
    assert read(pfs, f"images@{second}:/a") == b"22"
    info = pfs.inspect_commit(parse_commit("images@master"))
    assert (info.file_count, info.size_bytes) == (1, 1)
    assert _delete(pfs, "a", second) == ""


def test_deleting_a_delete_marker_undeletes(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    marker = pfs.delete_file(parse_commit("images@master"), [Deletion("a")]).commit_id
    _delete(pfs, "a", marker)
    assert tree(pfs, "images@master") == {"a": b"1"}
    assert _versions(pfs) == [("a", first, False, True)]


def test_deleting_an_older_version_changes_nothing_else(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    second = put(pfs, "images@master:/a", b"22").version_id
    _delete(pfs, "a", first)
    assert _versions(pfs) == [("a", second, False, True)]
    assert read(pfs, "images@master:/a") == b"22"


def test_deleting_every_version_leaves_no_trace(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", text).version_id for text in (b"1", b"2", b"3")]
    for version in ids[::-1]:
        _delete(pfs, "a", version)
    assert _versions(pfs) == []
    assert tree(pfs, "images@master") == {}
    again = put(pfs, "images@master:/a", b"4").version_id
    assert _versions(pfs) == [("a", again, False, True)]


def test_a_branch_inherits_versions_and_hides_them_for_itself(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    second = put(pfs, "images@master:/a", b"2").version_id
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    _delete(pfs, "a", second, "images@dev")
    third = put(pfs, "images@dev:/a", b"3").version_id
    assert [row[1] for row in _versions(pfs, "images@dev")] == [third, first]
    assert [row[1] for row in _versions(pfs)] == [second, first]


def test_version_listings_page_in_any_size(pfs: PFS) -> None:
    for number in range(4):
        commit_files(
            pfs, "images@master", {f"d/{n}": str(number).encode() for n in range(3)} | {"z": b"1"}
        )
    whole = _versions(pfs)
    assert len(whole) == 16
    for limit in (1, 3, 5):
        found, path, version = [], "", ""
        while True:
            page = pfs.list_version(
                parse_commit("images@master"), after_path=path, after_version=version, limit=limit
            )
            found += [(v.path, v.version_id, v.is_deleted, v.is_latest) for v in page.versions]
            path, version = page.next_path, page.next_version
            if not path:
                break
        assert found == whole
    page = pfs.list_version(parse_commit("images@master"), delimiter="/")
    assert [v.path for v in page.versions] == ["d/"] + ["z"] * 4
    first = pfs.list_version(parse_commit("images@master"), delimiter="/", limit=1)
    rest = pfs.list_version(
        parse_commit("images@master"), delimiter="/", after_path=first.next_path
    )
    assert [v.path for v in rest.versions] == ["z"] * 4


def test_squashing_attributes_versions_to_the_next_commit(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", text).version_id for text in (b"1", b"2", b"3")]
    pfs.squash_commit(ids[0])
    pfs.squash_commit(ids[1])
    assert _versions(pfs) == [("a", ids[2], False, True)]
    assert read(pfs, parse_file("images@master:/a"), ids[2]) == b"3"


def _upload(pfs: PFS, target: str, parts: dict[int, bytes]) -> tuple[str, list[CompletedPart]]:
    file = parse_file(target)
    upload = pfs.create_upload(file)
    done = []
    for number, data in parts.items():
        with pfs.put_part(file, upload.id, number) as writer:
            writer.write(data)
            done.append(CompletedPart(number, writer.complete().etag))
    return upload.id, sorted(done, key=lambda part: part.number)


def test_parts_are_joined_in_order_whenever_they_came(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    data = {3: b"tail", 1: b"a" * 5 * MiB, 2: b"b" * 6 * MiB}
    upload, parts = _upload(pfs, "images@master:/big", data)
    file = parse_file("images@master:/big")
    assert [part.number for part in pfs.list_part(file, upload).parts] == [1, 2, 3]
    assert len(list(pfs.list_commit(parse_repo("images")))) == 1
    info = pfs.complete_upload(file, upload, parts)
    digests = b"".join(hashlib.md5(data[number]).digest() for number in (1, 2, 3))
    assert info.etag == f"{hashlib.md5(digests).hexdigest()}-3"
    assert read(pfs, file) == data[1] + data[2] + data[3]
    assert [part.size_bytes for part in pfs.inspect_file(file).parts] == [5 * MiB, 6 * MiB, 4]
    assert pfs.complete_upload(file, upload, parts).version_id == info.version_id
    assert len(list(pfs.list_commit(parse_repo("images")))) == 2
    assert pfs.list_upload(parse_commit("images@master")).uploads == ()


def test_a_part_sent_again_replaces_the_earlier_one(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    upload, _ = _upload(pfs, "images@master:/a", {1: b"old"})
    file = parse_file("images@master:/a")
    with pfs.put_part(file, upload, 1) as writer:
        writer.write(b"new")
        part = writer.complete()
    pfs.complete_upload(file, upload, [CompletedPart(1, part.etag)])
    assert read(pfs, file) == b"new"


def test_what_does_not_fit_the_parts_is_refused_and_the_upload_goes_on(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    upload, parts = _upload(pfs, "images@master:/a", {1: b"small", 2: b"tail"})
    file = parse_file("images@master:/a")
    for named, error in [
        (parts, errors.PartTooSmall),
        (parts[::-1], errors.InvalidPartOrder),
        ([CompletedPart(9, parts[0].etag)], errors.InvalidPart),
        ([CompletedPart(1, "0" * 32)], errors.InvalidPart),
        ([], errors.InvalidPart),
    ]:
        with pytest.raises(error):
            pfs.complete_upload(file, upload, named)
    with pytest.raises(errors.InvalidArgument):
        pfs.put_part(file, upload, 10_001)
    with pytest.raises(errors.UploadNotFound):
        pfs.complete_upload(parse_file("images@master:/b"), upload, parts)
    with pytest.raises(errors.FileToMatchNotFound):
        pfs.complete_upload(file, upload, parts[:1], precondition=Precondition(if_match=("*",)))
    assert (
        read(pfs, f"images@{pfs.complete_upload(file, upload, parts[:1]).version_id}:/a")
        == b"small"
    )


def test_an_aborted_upload_is_gone(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    upload, parts = _upload(pfs, "images@master:/a", {1: b"x"})
    file = parse_file("images@master:/a")
    pfs.abort_upload(file, upload)
    for call in (
        lambda: pfs.abort_upload(file, upload),
        lambda: pfs.put_part(file, upload, 1),
        lambda: pfs.list_part(file, upload),
        lambda: pfs.complete_upload(file, upload, parts),
    ):
        with pytest.raises(errors.UploadNotFound):
            call()


def test_a_part_may_be_a_range_of_a_stored_file(pfs: PFS) -> None:
    data = bytes(range(256)) * 30_000
    version = put(pfs, "images@master:/src", data).version_id
    put(pfs, "images@master:/src", b"newer")
    file = parse_file("images@master:/a")
    upload = pfs.create_upload(file, PutOptions(meta=FileMeta(content_type="x/y")))
    source = parse_file("images@master:/src")
    one = pfs.copy_part(file, upload.id, 1, source, version=version, offset=7, length=5 * MiB)
    two = pfs.copy_part(file, upload.id, 2, source)
    with pytest.raises(errors.RangeNotSatisfiable):
        pfs.copy_part(file, upload.id, 3, source, offset=3, length=9)
    pfs.complete_upload(file, upload.id, [CompletedPart(1, one.etag), CompletedPart(2, two.etag)])
    assert read(pfs, file) == data[7 : 7 + 5 * MiB] + b"newer"
    assert pfs.inspect_file(file).meta.content_type == "x/y"


def test_uploads_are_listed_by_path_and_age(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    ids = [(name, pfs.create_upload(parse_file(f"images@master:/{name}")).id) for name in "baba"]
    ordered = sorted(ids, key=lambda pair: pair[0])
    page = pfs.list_upload(parse_commit("images@master"))
    assert [(u.file.path, u.id) for u in page.uploads] == ordered
    found, path, upload = [], "", ""
    while True:
        page = pfs.list_upload(
            parse_commit("images@master"), after_path=path, after_upload=upload, limit=1
        )
        found += [(u.file.path, u.id) for u in page.uploads]
        path, upload = found[-1]
        if not page.is_truncated:
            break
    assert found == ordered
    page = pfs.list_upload(parse_commit("images@master"), after_path="a")
    assert [u.file.path for u in page.uploads] == ["b", "b"]


def test_tags_of_a_version_change_without_a_commit(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1", options=PutOptions(tags={"t": "1"})).version_id
    second = put(pfs, "images@master:/a", b"2").version_id
    file = parse_file("images@master:/a")
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    assert pfs.tag_file(file, {"t": "2"}).tags == {"t": "2"}
    assert pfs.tag_file(file, {"t": "3", "u": ""}, version=first).version_id == first
    assert pfs.inspect_file(file).tags == {"t": "2"}
    assert pfs.inspect_file(parse_file("images@dev:/a")).tags == {"t": "2"}
    assert pfs.inspect_file(file, version=first).tags == {"t": "3", "u": ""}
    assert pfs.tag_file(file, {}).tags == {}
    assert pfs.inspect_commit(parse_commit("images@master")).id == second
    _delete(pfs, "a", second)
    assert pfs.inspect_file(file).tags == {"t": "3", "u": ""}
    with pytest.raises(errors.FileNotFound):
        pfs.tag_file(parse_file("images@master:/b"), {"t": "1"})
    with pytest.raises(errors.VersionNotFound):
        pfs.tag_file(file, {"t": "1"}, version=second)


def test_deletions_have_conditions_of_their_own(pfs: PFS) -> None:
    info = put(pfs, "images@master:/a", b"1")
    second = put(pfs, "images@master:/a", b"22")
    commit = parse_commit("images@master")
    moment = info.modified_at.replace(microsecond=0)
    for path, version, condition in [
        ("a", "", Precondition(size_bytes=1)),
        ("a", "", Precondition(if_match=(info.etag,))),
        ("a", info.version_id, Precondition(size_bytes=2)),
        ("a", info.version_id, Precondition(modified_at=moment.replace(year=2001))),
    ]:
        (result,) = pfs.delete_file(commit, [Deletion(path, version, False, condition)]).results
        assert isinstance(result.error, errors.PreconditionFailed)
    nothing = Deletion("b", precondition=Precondition(if_match=("*",), size_bytes=1))
    done = Deletion("a", info.version_id, precondition=Precondition((info.etag,), (), moment, 1))
    assert pfs.delete_file(commit, [nothing]).commit_id == ""
    assert pfs.delete_file(commit, [done]).commit_id
    assert [version for _, version, _, _ in _versions(pfs)] == [second.version_id]


def _summed_upload(pfs: PFS, algorithm: str, sum_type: str) -> tuple[str, list[CompletedPart]]:
    file = parse_file("images@master:/a")
    upload = pfs.create_upload(file, sum_algorithm=algorithm, sum_type=sum_type)
    parts = []
    for number, data in ((1, bytes(5 * MiB)), (2, b"tail")):
        value = encode(digest_of(algorithm or IMPLICIT_SUM, data))
        sent = Checksum(algorithm or IMPLICIT_SUM, value)
        with pfs.put_part(file, upload.id, number) as writer:
            writer.write(data)
            part = writer.complete(Expected(checksums=(sent,)))
        parts.append(CompletedPart(number, part.etag, (sent,) if algorithm else ()))
    return upload.id, parts


def test_checksums_named_at_the_end_must_be_those_of_the_parts(pfs: PFS) -> None:
    put(pfs, "images@master:/other", b"1")
    file = parse_file("images@master:/a")
    upload, parts = _summed_upload(pfs, "SHA256", "COMPOSITE")
    wrong = Checksum("SHA256", encode(bytes(32)))
    for named, options, error in [
        ([CompletedPart(1, parts[0].etag), parts[1]], {}, errors.UnfitUpload),
        ([CompletedPart(1, parts[0].etag, (wrong,)), parts[1]], {}, errors.InvalidPart),
        (
            [CompletedPart(1, parts[0].etag, (Checksum("CRC32", "AAAAAA=="),)), parts[1]],
            {},
            errors.DigestMismatch,
        ),
        (parts, {"sum_type": "FULL_OBJECT"}, errors.UnfitUpload),
        (parts, {"expected": Expected(size_bytes=1)}, errors.UnfitUpload),
        (parts, {"expected": Expected(checksums=(wrong,))}, errors.DigestMismatch),
    ]:
        with pytest.raises(error):
            pfs.complete_upload(file, upload, named, **options)
    info = pfs.complete_upload(file, upload, parts, sum_type="COMPOSITE")
    (whole,) = info.checksums
    assert (whole.algorithm, whole.type, whole.value[-2:]) == ("SHA256", "COMPOSITE", "-2")
    shown = [part.checksum for part in pfs.inspect_file(file).parts]
    assert shown == [part.checksums[0] for part in parts]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", ""])
def test_checksums_of_parts_are_joined_to_that_of_the_whole(pfs: PFS, algorithm: str) -> None:
    put(pfs, "images@master:/other", b"1")
    file = parse_file("images@master:/a")
    upload, parts = _summed_upload(pfs, algorithm, "FULL_OBJECT" if algorithm else "")
    pfs.complete_upload(file, upload, [CompletedPart(part.number, part.etag) for part in parts])
    info = pfs.inspect_file(file)
    value = encode(digest_of(algorithm or IMPLICIT_SUM, bytes(5 * MiB) + b"tail"))
    assert info.checksums == (Checksum(algorithm or IMPLICIT_SUM, value),)
    assert all((part.checksum is None) is (not algorithm) for part in info.parts)
