"""The parameters that several operations share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import VersionNotFound
from pachlite.gateway.checksums import upload_sum_type
from pachlite.gateway.copy_source import parse_copy_source
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.parameters import (
    check_version,
    decode_token,
    encode_token,
    encoder,
    integer,
    page_size,
    part_number,
)
from pachlite.pfs.infos import SumType

COMMIT = "0123456789ab4cdef0123456789abcde"


@pytest.mark.parametrize(
    ("text", "value"), [("", 1000), ("0", 0), ("7", 7), ("1000", 1000), ("5000", 1000)]
)
def test_page_size_is_clamped(text, value):
    assert page_size({"max-keys": text}, "max-keys") == value
    assert page_size({}, "max-keys") == 1000


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "٣", "1" * 11, " 1"])
def test_number_that_is_none_is_refused(text):
    with pytest.raises(S3Refusal):
        integer({"max-keys": text}, "max-keys", 0)


@pytest.mark.parametrize("text", ["", "0", "10001", "x"])
def test_part_number_is_1_to_10000(text):
    assert part_number({"partNumber": "10000"}) == 10_000
    with pytest.raises(S3Refusal):
        part_number({"partNumber": text})


def test_version_is_a_commit_id():
    assert check_version("key", COMMIT) == COMMIT


@pytest.mark.parametrize("version", ["", "x", COMMIT[:20], "a version of theirs, or not", "ü" * 32])
def test_version_of_another_form_is_an_invalid_argument(version):
    with pytest.raises(S3Refusal) as refusal:
        check_version("key", version)
    assert refusal.value.s3.name == "InvalidArgument"


@pytest.mark.parametrize(
    "version", [COMMIT.upper(), "01BX5ZZKBKACTAV9WEVGEMMVRZ", "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH"]
)
def test_version_as_other_stores_have_them_is_not_there(version):
    with pytest.raises(VersionNotFound):
        check_version("key", version)


def test_version_null_is_one_that_is_not_there():
    with pytest.raises(VersionNotFound):
        check_version("key", "null")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_token_stands_for_its_position(text):
    token = encode_token(text)
    assert decode_token(token) == text
    assert token.isascii()


@pytest.mark.parametrize("token", ["a", "!!!!", "_w==", "ü"])
def test_token_that_is_not_ours_is_refused(token):
    with pytest.raises(S3Refusal):
        decode_token(token)


def test_keys_are_encoded_where_that_is_asked_for():
    assert encoder({})("a b/ü+\x01") == "a b/ü+\x01"
    assert encoder({"encoding-type": "url"})("a b/ü+\x01") == "a%20b/%C3%BC%2B%01"
    with pytest.raises(S3Refusal):
        encoder({"encoding-type": "xml"})


@pytest.mark.parametrize(
    ("header", "key", "version"),
    [
        ("images/a", "a", ""),
        ("/images/a", "a", ""),
        ("/images//a", "/a", ""),
        (f"images%2Fa%20b%2Fc%3FversionId%3D{COMMIT}", "a b/c", COMMIT),
        (f"images/a%2Bb+c?versionId={COMMIT}", "a+b c", COMMIT),
        ("images/%C3%BC", "ü", ""),
    ],
)
def test_copy_source_is_parsed(header, key, version):
    source = parse_copy_source(header)
    assert (source.bucket.name, source.key, source.version) == ("images", key, version)
    assert source.file.path == key


@pytest.mark.parametrize(
    "header",
    ["", "images", "/images/", "/", "images/%FF", "images/%zz", "100%/a", "images/a?versionId=x"],
)
def test_copy_source_that_cannot_be_one_is_refused(header):
    with pytest.raises(S3Refusal) as refusal:
        parse_copy_source(header)
    assert refusal.value.s3.name == "InvalidArgument"


@pytest.mark.parametrize(
    ("algorithm", "declared", "kind"),
    [
        ("CRC32", "", SumType.COMPOSITE),
        ("CRC32", "full_object", SumType.FULL_OBJECT),
        ("CRC64NVME", "", SumType.FULL_OBJECT),
        ("SHA256", "COMPOSITE", SumType.COMPOSITE),
        ("XXHASH128", "", SumType.COMPOSITE),
    ],
)
def test_checksum_of_an_upload_has_a_type(algorithm, declared, kind):
    assert upload_sum_type(algorithm, declared) is kind


@pytest.mark.parametrize(
    ("algorithm", "declared"),
    [("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("CRC32", "PARTIAL")],
)
def test_checksum_type_that_cannot_be_is_refused(algorithm, declared):
    with pytest.raises(S3Refusal):
        upload_sum_type(algorithm, declared)
