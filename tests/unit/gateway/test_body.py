"""Holding a body to what its headers declare."""

import base64
import hashlib
import zlib

import pytest

from pachlite.errors import DigestMismatch, IncompleteBody
from pachlite.gateway.body import BodyDecoder, declare_body, decode_document
from pachlite.gateway.errors import PayloadHashMismatch, S3Refusal
from pachlite.pfs.infos import Checksum

CHECK = b"123456789"
SUMS = {
    "CRC32": "y/Q5Jg==",
    "CRC32C": "4waSgw==",
    "CRC64NVME": base64.b64encode(bytes.fromhex("AE8B14860A799888")).decode(),
    "MD5": base64.b64encode(hashlib.md5(CHECK).digest()).decode(),
    "SHA1": base64.b64encode(hashlib.sha1(CHECK).digest()).decode(),
    "SHA256": base64.b64encode(hashlib.sha256(CHECK).digest()).decode(),
    "SHA512": base64.b64encode(hashlib.sha512(CHECK).digest()).decode(),
    "XXHASH64": base64.b64encode(bytes.fromhex("8CB841DB40E6AE83")).decode(),
}
ZERO = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32, "XXHASH128": 16}


def take(headers, body=CHECK, **options):
    decoder = BodyDecoder(declare_body(headers), **options)
    payload = decoder.feed([body[:4], body[4:]])
    return payload, decoder.finish()


def chunked(data, *trailers):
    lines = "".join(f"{name}:{value}\r\n" for name, value in trailers)
    return f"{len(data):x}\r\n".encode() + data + f"\r\n0\r\n{lines}\r\n".encode()


def streaming(**headers):
    return {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(CHECK)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }


def test_body_without_declarations_is_taken():
    payload, expected = take({})
    assert payload == CHECK
    assert (expected.size_bytes, expected.md5, expected.checksums) == (9, "", ())


@pytest.mark.parametrize(("name", "value"), SUMS.items())
def test_right_checksum_in_a_header_is_verified_and_reported(name, value):
    _, expected = take({f"x-amz-checksum-{name.lower()}": value})
    assert expected.checksums == (Checksum(name, value),)


@pytest.mark.parametrize(("name", "width"), ZERO.items())
def test_wrong_checksum_in_a_header_is_refused(name, width):
    with pytest.raises(DigestMismatch):
        take({f"x-amz-checksum-{name.lower()}": base64.b64encode(bytes(width)).decode()})


@pytest.mark.parametrize(("name", "value"), SUMS.items())
def test_right_checksum_in_a_trailer_is_verified_and_reported(name, value):
    trailer = f"x-amz-checksum-{name.lower()}"
    _, expected = take(streaming(x_amz_trailer=trailer), chunked(CHECK, (trailer, value)))
    assert expected.checksums == (Checksum(name, value),)


@pytest.mark.parametrize(("name", "width"), ZERO.items())
def test_wrong_checksum_in_a_trailer_is_refused(name, width):
    trailer = f"x-amz-checksum-{name.lower()}"
    zero = base64.b64encode(bytes(width)).decode()
    with pytest.raises(DigestMismatch):
        take(streaming(x_amz_trailer=trailer), chunked(CHECK, (trailer, zero)))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-trailer": "x-amz-checksum-crc32", "x-amz-checksum-crc32": SUMS["CRC32"]},
        {"x-amz-trailer": "x-amz-checksum-crc32, x-amz-checksum-sha1"},
        {"x-amz-checksum-crc32": SUMS["CRC32"], "x-amz-checksum-sha1": SUMS["SHA1"]},
        {"x-amz-checksum-crc32": SUMS["CRC32"], "x-amz-sdk-checksum-algorithm": "SHA1"},
        {"x-amz-trailer": "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm": "SHA1"},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
        {"x-amz-sdk-checksum-algorithm": "ROT13"},
        {"x-amz-trailer": "x-amz-checksum-rot13"},
    ],
)
def test_declarations_that_do_not_fit_each_other_are_an_invalid_request(headers):
    with pytest.raises(S3Refusal) as refusal:
        declare_body({**streaming(), **headers})
    assert refusal.value.s3.name == "InvalidRequest"


@pytest.mark.parametrize(
    ("announced", "sent"),
    [
        ("x-amz-checksum-crc32", []),
        ("x-amz-checksum-crc32", [("other", SUMS["CRC32"])]),
        ("", [("x-amz-checksum-crc32", SUMS["CRC32"])]),
    ],
)
def test_trailers_must_be_those_that_were_announced(announced, sent):
    with pytest.raises(S3Refusal) as refusal:
        take(streaming(x_amz_trailer=announced), chunked(CHECK, *sent))
    assert refusal.value.s3.name == "MalformedTrailerError"


@pytest.mark.parametrize("declared", [None, "", "abc", "-1"])
def test_chunks_without_the_length_of_what_they_carry_are_refused(declared):
    headers = {**streaming(), "x-amz-decoded-content-length": declared}
    with pytest.raises(S3Refusal) as refusal:
        declare_body({name: value for name, value in headers.items() if value is not None})
    assert refusal.value.s3.name == "MissingContentLength"


def test_trailer_that_is_no_checksum_is_ignored():
    _, expected = take(
        streaming(x_amz_trailer="x-amz-meta-late"), chunked(CHECK, ("x-amz-meta-late", "1"))
    )
    assert expected.checksums == ()


@pytest.mark.parametrize("value", ["", "AAAA", "!!!!", "AAAAAAAA"])
def test_checksum_that_cannot_be_one_is_an_invalid_request(value):
    with pytest.raises(S3Refusal) as refusal:
        declare_body({"x-amz-checksum-crc32": value})
    assert refusal.value.s3.name == "InvalidRequest"


def test_unknown_checksum_algorithm_is_an_invalid_request():
    with pytest.raises(S3Refusal) as refusal:
        declare_body({"x-amz-checksum-rot13": "AAAA"})
    assert refusal.value.s3.name == "InvalidRequest"


def test_headers_about_checksums_are_no_checksums():
    declared = declare_body({"x-amz-checksum-type": "COMPOSITE", "x-amz-checksum-mode": "ENABLED"})
    assert declared.checksums == {}


def test_algorithm_of_the_upload_is_computed_besides_the_declared_one():
    _, expected = take({"x-amz-checksum-crc32": SUMS["CRC32"]}, sum_algorithm="CRC64NVME")
    assert {each.algorithm: each.value for each in expected.checksums} == {
        name: SUMS[name] for name in ("CRC32", "CRC64NVME")
    }


def test_right_payload_hash_is_taken_in_either_case():
    digest = hashlib.sha256(CHECK).hexdigest()
    for spelling in (digest, digest.upper()):
        assert take({"x-amz-content-sha256": spelling})[0] == CHECK


def test_wrong_payload_hash_is_refused():
    with pytest.raises(PayloadHashMismatch):
        take({"x-amz-content-sha256": "0" * 64})


def test_unsigned_payload_is_not_hashed():
    assert take({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})[0] == CHECK


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("nonsense", "InvalidArgument"),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "NotImplemented"),
    ],
)
def test_unknown_payload_mode_is_refused(mode, code):
    with pytest.raises(S3Refusal) as refusal:
        declare_body({"x-amz-content-sha256": mode})
    assert refusal.value.s3.name == code


def test_md5_is_passed_on_in_hex():
    digest = hashlib.md5(CHECK).digest()
    _, expected = take({"content-md5": base64.b64encode(digest).decode()})
    assert expected.md5 == digest.hex()


@pytest.mark.parametrize("value", ["YWJj", "not base64!", "="])
def test_md5_that_cannot_be_one_is_an_invalid_digest(value):
    with pytest.raises(S3Refusal) as refusal:
        declare_body({"content-md5": value})
    assert refusal.value.s3.name == "InvalidDigest"


def test_length_counts_the_payload_and_not_its_framing():
    body = chunked(CHECK)
    headers = streaming(x_amz_decoded_content_length="9", content_length=str(len(body)))
    assert take(headers, body)[1].size_bytes == 9


@pytest.mark.parametrize("declared", ["8", "10"])
def test_payload_of_another_length_is_an_incomplete_body(declared):
    with pytest.raises(IncompleteBody):
        take(streaming(x_amz_decoded_content_length=declared), chunked(CHECK))


def test_length_that_is_none_is_an_invalid_argument():
    with pytest.raises(S3Refusal) as refusal:
        declare_body({"content-length": "-1"})
    assert refusal.value.s3.name == "InvalidArgument"


def test_content_encoding_tells_of_chunks_where_the_payload_mode_does_not():
    headers = {"content-encoding": "gzip, aws-chunked", "x-amz-decoded-content-length": "9"}
    assert take(headers, chunked(CHECK))[0] == CHECK


def test_document_with_all_declarations_right_is_decoded():
    headers = {
        "content-md5": base64.b64encode(hashlib.md5(CHECK).digest()).decode(),
        "x-amz-checksum-crc32": base64.b64encode(zlib.crc32(CHECK).to_bytes(4, "big")).decode(),
    }
    assert decode_document(declare_body(headers), CHECK) == CHECK


def test_document_with_a_wrong_md5_is_refused():
    headers = {"content-md5": base64.b64encode(bytes(16)).decode()}
    with pytest.raises(DigestMismatch):
        decode_document(declare_body(headers), CHECK)


def test_checksums_that_are_not_about_the_document_are_ignored():
    headers = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert decode_document(declare_body(headers, has_sums=False), CHECK) == CHECK
