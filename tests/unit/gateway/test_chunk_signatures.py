"""The chain of chunk signatures: AWS's own example, and every way to break it."""

import contextlib
import hashlib
import hmac

import pytest

from pachlite.errors import IncompleteBody
from pachlite.gateway.chunk_signatures import (
    SIGNED_CHUNKS,
    SIGNED_CHUNKS_AND_TRAILER,
    chain_for,
)
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.framing import ChunkedFraming
from pachlite.gateway.signing_keys import signing_key

TIMESTAMP = "20130524T000000Z"
SCOPE = "20130524/us-east-1/s3/aws4_request"
KEY = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3")
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
EXAMPLE = [
    (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
]
# The same object with a trailer, in the documentation of trailing headers.
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER_EXAMPLE = [
    (65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
]
TRAILERS = [
    ("x-amz-checksum-crc32c", "sOO8/Q=="),
    (
        "x-amz-trailer-signature",
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
    ),
]


def frame(chunks, trailers=(), *, byte=b"a"):
    body = b""
    for size, signature in chunks:
        body += f"{size:x};chunk-signature={signature}\r\n".encode()
        body += byte * size + b"\r\n" if size else b""
    return body + "".join(f"{name}:{value}\r\n" for name, value in trailers).encode() + b"\r\n"


def decode(body, mode=SIGNED_CHUNKS, seed=SEED, *, key=KEY, piece=1000):
    framing = ChunkedFraming(chain_for(mode, key, TIMESTAMP, SCOPE, seed))
    for start in range(0, len(body), piece):
        framing.feed(body[start : start + piece])
    framing.finish()


def refusal(body, *args, **options):
    with pytest.raises((S3Refusal, IncompleteBody)) as caught:
        decode(body, *args, **options)
    return caught.value


@pytest.mark.parametrize("piece", [1, 999, 65_536, 1_000_000])
def test_example_of_the_documentation_is_verified(piece):
    decode(frame(EXAMPLE), piece=piece)


def test_example_with_a_signed_trailer_is_verified():
    body = frame(TRAILER_EXAMPLE, TRAILERS)
    decode(body, SIGNED_CHUNKS_AND_TRAILER, TRAILER_SEED)


@pytest.mark.parametrize(
    "body",
    [
        frame(EXAMPLE, byte=b"b"),
        frame([(65_535, EXAMPLE[0][1]), *EXAMPLE[1:]]),
        frame([EXAMPLE[1], EXAMPLE[0], EXAMPLE[2]]),
        frame([EXAMPLE[0], EXAMPLE[2]]),
        frame([EXAMPLE[0], EXAMPLE[0], *EXAMPLE[1:]]),
        frame([*EXAMPLE[:2], (0, "0" * 64)]),
        frame([(0, EXAMPLE[2][1])]),
    ],
    ids=["other data", "shorter", "other order", "left out", "repeated", "wrong end", "cut"],
)
def test_chunk_that_was_tampered_with_is_refused(body):
    error = refusal(body)
    assert error.s3.name == "SignatureDoesNotMatch"
    shown = dict(error.details)["StringToSign"].split("\n")
    assert shown[:3] == ["AWS4-HMAC-SHA256-PAYLOAD", TIMESTAMP, SCOPE]


def test_chain_of_another_request_is_refused():
    assert refusal(frame(EXAMPLE), seed="0" * 64).s3.name == "SignatureDoesNotMatch"
    assert refusal(frame(EXAMPLE), key=b"other").s3.name == "SignatureDoesNotMatch"


def test_chunk_without_a_signature_is_refused():
    error = refusal(b"1\r\na\r\n0\r\n\r\n")
    assert isinstance(error, IncompleteBody)
    assert "not signed" in str(error)


def test_trailer_that_was_tampered_with_or_added_or_lost_is_refused():
    mode, seed = SIGNED_CHUNKS_AND_TRAILER, TRAILER_SEED
    other = [("x-amz-checksum-crc32c", "AAAAAA=="), TRAILERS[1]]
    more = [*TRAILERS, ("x-amz-meta-a", "1")]
    for trailers in (other, more, [TRAILERS[0], ("x-amz-trailer-signature", "0" * 64)]):
        error = refusal(frame(TRAILER_EXAMPLE, trailers), mode, seed)
        assert error.s3.name == "SignatureDoesNotMatch"
    for trailers in ((), TRAILERS[:1]):
        assert isinstance(refusal(frame(TRAILER_EXAMPLE, trailers), mode, seed), IncompleteBody)


def test_trailer_that_was_not_declared_is_refused():
    assert isinstance(refusal(frame(EXAMPLE, TRAILERS[:1])), IncompleteBody)


def test_other_payloads_have_no_chain():
    for mode in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64):
        assert chain_for(mode, KEY, TIMESTAMP, SCOPE, SEED) is None


def test_empty_body_is_one_signed_chunk():
    empty = hashlib.sha256().hexdigest()
    text = f"AWS4-HMAC-SHA256-PAYLOAD\n{TIMESTAMP}\n{SCOPE}\n{SEED}\n{empty}\n{empty}"
    signature = hmac.new(KEY, text.encode(), "sha256").hexdigest()
    decode(frame([(0, signature)]))


def test_every_single_byte_counts():
    body = bytearray(frame(TRAILER_EXAMPLE, TRAILERS))
    for position in [*range(0, len(body), 997), *range(len(body) - 300, len(body))]:
        changed = bytearray(body)
        changed[position] ^= 1
        with contextlib.suppress(S3Refusal, IncompleteBody):
            decode(bytes(changed), SIGNED_CHUNKS_AND_TRAILER, TRAILER_SEED, piece=70_000)
            # Only spaces around, or the case of, what is the same in the end may change.
            assert changed[position] in b" \r\n\t\x0b\x0c" or bytes(changed).lower() == body.lower()
