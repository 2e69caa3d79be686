"""Requests that are nearly right: built of what is right and what is not, or of recorded bytes."""

import random
from itertools import product

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "QUERY"]
BUCKETS = [
    "fuzz", "none", "master.fuzz", "fuzz.default", "0" * 32 + ".master.fuzz", "a" * 300, "..",
    "%66uzz", "%FF", "%", "~", "fuzz%00", "FUZZ", "-", "a.b.c.d.e.f",
]  # fmt: skip
KEYS = [
    "", "a", "dir/b", "/", "//", "a/", "%2e%2e/a", "../a", "%00", "%FF%FE", "%", "%zz", "k" * 1024,
    "k" * 1025, "%E2%82%AC", "a%0d%0aSet-Cookie:x", "a+b c".replace(" ", "%20"), "?", "~/healthz",
]  # fmt: skip
PARAMETERS = [
    "acl", "attributes", "cors", "delete", "encryption", "legal-hold", "lifecycle", "location",
    "object-lock", "policy", "policyStatus", "publicAccessBlock", "replication", "restore",
    "select", "tagging", "torrent", "uploads", "versioning", "versions", "website", "list-type=2",
    "list-type=3", "max-keys=0", "max-keys=-1", "max-keys=99999999999999999999", "max-keys=x",
    "prefix=a", "prefix=%FF", "delimiter=/", "delimiter=", "marker=a", "start-after=a",
    "continuation-token=x", "continuation-token=AAAA", "continuation-token=", "fetch-owner=maybe",
    "encoding-type=url", "encoding-type=x", "key-marker=a", "version-id-marker=x",
    "version-id-marker=" + "0" * 32, "upload-id-marker=x", "max-uploads=1", "max-parts=x",
    "part-number-marker=-1", "versionId=null", "versionId=x", "versionId=" + "0" * 32,
    "partNumber=1", "partNumber=0", "partNumber=10001", "partNumber=x", "uploadId=x",
    "uploadId=" + "0" * 32, "response-content-type=a%0d%0ab", "response-expires=x",
    "x-id=PutObject",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Credential=a/b/c/d/e", "X-Amz-Date=x",
    "X-Amz-Date=20260101T000000Z", "X-Amz-Expires=-1", "X-Amz-Expires=604801",
    "X-Amz-SignedHeaders=host", "X-Amz-Signature=00", "AWSAccessKeyId=a", "Signature=b",
    "Expires=1", "x-amz-acl=private", "%", "=", "a=%FF", "&&", "+", "acl=" + "x" * 3000,
]  # fmt: skip
_MODE = "x-amz-content-sha256"
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CREDENTIAL = "AKID/20261122/us-east-1/s3/aws4_request"
HEADERS = {
    "range": ["bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=0-,1-", "bytes=x", "bytes=99-", "b=1"],
    "if-match": ["*", '"x"', "x", "", '"', 'W/"x"'],
    "if-none-match": ["*", '"x"', ","],
    "if-modified-since": ["x", "Sun, 22 Nov 2026 10:00:00 GMT", "0"],
    "if-unmodified-since": ["Thu, 01 Jan 1970 00:00:00 GMT", "-1"],
    "x-amz-copy-source": ["fuzz/a", "/fuzz/a", "fuzz", "", "%2Ffuzz%2Fa", "none/a", "fuzz/a?x=1",
        "fuzz/a?versionId=x", "fuzz/a?versionId=" + "0" * 32, "%FF/%FF", "http://x/y"],
    "x-amz-copy-source-range": ["bytes=0-0", "bytes=0-", "x", "bytes=5-1"],
    "x-amz-copy-source-if-match": ["*", '"x"'],
    "x-amz-metadata-directive": ["COPY", "REPLACE", "x", ""],
    "x-amz-tagging-directive": ["REPLACE", "x"],
    "x-amz-tagging": ["a=b", "a", "=", "a=b&a=c", "%FF=1", "&".join(f"k{n}=v" for n in range(60))],
    "x-amz-checksum-crc32": ["AAAAAA==", "x", "", "AAAAAA==-2"],
    "x-amz-checksum-sha256": ["AAAA", "x" * 500],
    "x-amz-checksum-nope": ["AAAA"],
    "x-amz-checksum-type": ["FULL_OBJECT", "COMPOSITE", "x"],
    "x-amz-sdk-checksum-algorithm": ["CRC32", "crc64nvme", "x", ""],
    "x-amz-checksum-algorithm": ["CRC32", "SHA1", "x"],
    "x-amz-checksum-mode": ["ENABLED", "x"],
    "x-amz-trailer": ["x-amz-checksum-crc32", "x", "x-amz-checksum-crc32,x-amz-checksum-sha1"],
    "x-amz-content-sha256": ["UNSIGNED-PAYLOAD", STREAMING, STREAMING + "-TRAILER", "0" * 64, "x",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        SHA256_OF_NOTHING],
    "x-amz-decoded-content-length": ["0", "3", "-1", "x", "9" * 30],
    "content-encoding": ["aws-chunked", "gzip", "aws-chunked,gzip", ""],
    "content-md5": ["x", "AAAAAAAAAAAAAAAAAAAAAA==", "1B2M2Y8AsgTpgAmY7PhCfg=="],
    "content-type": ["text/plain", "multipart/form-data; boundary=x", "x" * 2000, "\xff"],
    "content-disposition": ["attachment; filename=\"\xe4\"", "\t"],
    "expires": ["x", "0"],
    "x-amz-meta-a": ["b", "", "\xc3\xa4", "x" * 2100, "=?utf-8?q?=ff?="],
    "x-amz-storage-class": ["STANDARD", "GLACIER", "x"],
    "x-amz-server-side-encryption": ["AES256", "aws:kms", "x"],
    "x-amz-server-side-encryption-customer-algorithm": ["AES256"],
    "x-amz-object-lock-mode": ["GOVERNANCE"],
    "x-amz-acl": ["private", "public-read", "x"],
    "x-amz-mp-object-size": ["1", "-1", "x"],
    "x-amz-if-match-size": ["1"],
    "x-amz-bypass-governance-retention": ["true"],
    "x-amz-expected-bucket-owner": ["1"],
    "x-amz-date": ["20261122T100000Z", "x"],
    "date": ["x", "Sun, 22 Nov 2026 10:00:00 GMT"],
    "origin": ["http://x", "null"],
    "access-control-request-method": ["PUT", "x"],
    "expect": ["100-continue", "x"],
    "accept": ["text/html"],
    "host": ["fuzz.localhost", "", "[::1", "x" * 300, "a b"],
    "x-forwarded-for": ["1.2.3.4"],
    "connection": ["close", "upgrade", "keep-alive"],
    "upgrade": ["h2c", "websocket"],
    "te": ["trailers"],
    "authorization": [
        f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature={'0' * 64}",
        f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 Credential=, SignedHeaders=;;;, Signature=x",
        "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256 Credential=x", "AWS a:b", "AWS :", "AWS ",
        "Basic eDp4", "", "Bearer x", "\xff",
    ],
}  # fmt: skip
DOCUMENTS = [
    b"",
    b"<Delete><Object><Key>a</Key></Object><Object><Key></Key></Object></Delete>",
    b"<Delete><Quiet>maybe</Quiet><Object><VersionId>x</VersionId></Object></Delete>",
    b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
    b"</CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber></Part></CompleteMultipartUpload>",
    b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    b"<CORSConfiguration><CORSRule><AllowedMethod>X</AllowedMethod></CORSRule></CORSConfiguration>",
    b"<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint>"
    b"</CreateBucketConfiguration>",
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><Delete>&c;</Delete>',
    b"\xff\xfe<\x00D\x00",
    b"<Delete" + b" a='1'" * 500 + b"/>",
    b"<a>" * 5000,
    b"<Delete><Object><Key>&#0;&#xFFFFFFFF;</Key></Object></Delete>",
]
FRAMED = [
    b"3\r\nabc\r\n0\r\n\r\n",
    b"3;chunk-signature=" + b"0" * 64 + b"\r\nabc\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n",
    b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n",
    b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:\r\n\r\n",
    b"ffffffffffffffff\r\nabc",
    b"-3\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabcd\r\n0\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"0" * 2000,
]
_WITH_DOCUMENTS = [
    ("POST", "/fuzz?delete"),
    ("POST", "/fuzz/a?uploadId=" + "0" * 32),
    ("PUT", "/fuzz"),
    ("PUT", "/fuzz?versioning"),
    ("PUT", "/fuzz?cors"),
    ("PUT", "/fuzz?tagging"),
    ("PUT", "/fuzz/a?tagging"),
]
LENGTHS = ["right", "right", "right", "more", "less", "none", "x", "-1", "9" * 25, "1, 2", "+3"]
CODINGS = ["", "", "", "chunked", "gzip, chunked", "identity", "chunked, chunked", "x"]


def alone():
    """Return requests in each of which one part only is wrong: every one there is."""
    part = "/fuzz/a?partNumber=1&uploadId=" + "0" * 32
    methods = ("GET", "HEAD", "PUT", "POST", "DELETE")
    lines = [f"{name}: {value}" for name, values in HEADERS.items() for value in values]
    targets = [f"/fuzz/a?{parameter}" for parameter in PARAMETERS]
    targets += [f"/fuzz?{parameter}" for parameter in PARAMETERS]
    targets += [f"/{bucket}/a" for bucket in BUCKETS] + [f"/fuzz/{key}" for key in KEYS]
    return [
        *(_request(method, target, [], b"abc") for method in methods for target in targets),
        *(
            _request(method, target, [line], b"abc")
            for method, target, line in product(methods, ("/fuzz/a", "/fuzz", part), lines)
        ),
        *(
            _request(method, target, [], document)
            for (method, target), document in product(_WITH_DOCUMENTS, DOCUMENTS)
        ),
        *(
            _request(
                "PUT", "/fuzz/a", [f"{_MODE}: {mode}", "x-amz-decoded-content-length: 3"], body
            )
            for mode, body in product(HEADERS[_MODE], FRAMED)
        ),
        *(
            _request("PUT", "/fuzz/a", [], b"abc", length, coding)
            for length, coding in product(LENGTHS, CODINGS)
        ),
    ]


def wild(rng: random.Random) -> bytes:
    """Return a request of which several parts may be wrong."""
    target = f"/{rng.choice(BUCKETS if rng.random() < 0.3 else ['fuzz'])}"
    if rng.random() < 0.7:
        target += f"/{rng.choice(KEYS if rng.random() < 0.3 else ['a'])}"
    if rng.random() < 0.6:
        target += "?" + "&".join(rng.choices(PARAMETERS, k=rng.choice([1, 1, 2, 4])))
    names = rng.sample(sorted(HEADERS), k=rng.choice([0, 1, 2, 3, 6]))
    return _request(
        rng.choice(METHODS),
        target,
        [f"{name}: {rng.choice(HEADERS[name])}" for name in names],
        rng.choice([b"", b"abc", *DOCUMENTS, *FRAMED]),
        rng.choice(LENGTHS),
        rng.choice(CODINGS),
    )


def _request(method, target, lines, body, length="right", coding=""):
    if not any(line.startswith("host:") for line in lines):
        lines = ["host: localhost", *lines]
    body, framing = _framed(body, length, coding)
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, *framing])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def _framed(body, length, coding):
    lines = []
    if coding:
        lines.append(f"transfer-encoding: {coding}")
        if "chunked" in coding:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif length != "none":
        told = {"right": len(body), "more": len(body) + 7, "less": max(0, len(body) - 1)}
        lines.append(f"content-length: {told.get(length, length)}")
    return body, lines


def recorded(endpoint, key, right=None):
    """Return requests that are right, as clients send and sign them: by headers, and by URL."""
    found = []
    for method, path, headers, body in right or _RIGHT:
        for auth in (S3SigV4Auth, S3SigV4QueryAuth):
            signed = b"" if auth is S3SigV4QueryAuth else body  # URLs sign no body
            request = AWSRequest(method, endpoint + path, headers=dict(headers), data=signed)
            auth(Credentials(key, key), "s3", "us-east-1").add_auth(request)
            prepared = request.prepare()
            target = prepared.url.removeprefix(endpoint)
            lines = [f"{name}: {_text(value)}" for name, value in prepared.headers.items()]
            lines = [line for line in lines if not line.lower().startswith("content-length")]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            lines.append(f"Host: {endpoint.partition('://')[2]}")
            head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines])
            found.append(head.encode() + b"\r\n\r\n" + body)
    return found


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


_RIGHT = [
    ("GET", "/", {}, b""),
    ("PUT", "/fuzz/a", {"content-type": "text/plain", "x-amz-meta-a": "b"}, b"abc"),
    ("GET", "/fuzz/a", {"range": "bytes=0-1"}, b""),
    ("HEAD", "/fuzz/a", {"if-none-match": '"x"'}, b""),
    ("DELETE", "/fuzz/nothing", {}, b""),
    ("PUT", "/fuzz/copy", {"x-amz-copy-source": "/fuzz/a"}, b""),
    ("GET", "/fuzz?list-type=2&prefix=a&max-keys=2&encoding-type=url", {}, b""),
    ("GET", "/fuzz?versions", {}, b""),
    ("POST", "/fuzz?delete", {}, b"<Delete><Object><Key>nothing</Key></Object></Delete>"),
    ("POST", "/fuzz/m?uploads", {"x-amz-checksum-algorithm": "CRC32"}, b""),
    ("PUT", "/fuzz/m?partNumber=1&uploadId=" + "0" * 32, {}, b"part"),
    (
        "POST",
        "/fuzz/m?uploadId=" + "0" * 32,
        {},
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
        b"</CompleteMultipartUpload>",
    ),
    ("PUT", "/fuzz/a?tagging", {}, DOCUMENTS[6]),
    ("GET", "/fuzz/a?attributes", {"x-amz-object-attributes": "ETag,Checksum"}, b""),
    (
        "PUT",
        "/fuzz/framed",
        {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": "3",
            "x-amz-trailer": "x-amz-checksum-crc32",
            "content-encoding": "aws-chunked",
        },
        FRAMED[2],
    ),
]
_TOKENS = [
    b"\r\n", b"\n", b"\0", b"\xff", b" ", b":", b"%", b"%00", b"%FF", b"?", b"&", b"=", b"/", b"..",
    b"\r\n\r\n", b"0\r\n\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"<", b">",
    b"<!DOCTYPE", b"&#0;", b"9999999999999999999999", b"-1", b"HTTP/1.0", b"HTTP/2.0", b"\t", b'"',
    b"Connection: close\r\n", b"Expect: 100-continue\r\n",
]  # fmt: skip


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """Return a request with a few changes of its bytes."""
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        _MUTATIONS[rng.randrange(len(_MUTATIONS))](rng, data, corpus)
    return bytes(data)


def _flip(rng, data, _corpus):
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _delete(rng, data, _corpus):
    begin = rng.randrange(len(data) + 1)
    del data[begin : begin + rng.choice([1, 2, 10, 100])]


def _repeat(rng, data, _corpus):
    begin = rng.randrange(len(data) + 1)
    data[begin:begin] = data[begin : begin + rng.choice([1, 10, 100])] * rng.choice([1, 2, 50])


def _insert(rng, data, _corpus):
    begin = rng.randrange(len(data) + 1)
    data[begin:begin] = rng.choice(_TOKENS)


def _overwrite(rng, data, _corpus):
    token = rng.choice(_TOKENS)
    begin = rng.randrange(len(data) + 1)
    data[begin : begin + len(token)] = token


def _splice(rng, data, corpus):
    other = rng.choice(corpus)
    data[rng.randrange(len(data) + 1) :] = other[rng.randrange(len(other)) :]


def _truncate(rng, data, _corpus):
    del data[rng.randrange(len(data) + 1) :]


def _shuffle_lines(rng, data, _corpus):
    lines = bytes(data).split(b"\r\n")
    first, *rest = lines
    rng.shuffle(rest)
    data[:] = b"\r\n".join([first, *rest])


_MUTATIONS = [
    _flip, _delete, _repeat, _insert, _overwrite, _splice, _truncate, _shuffle_lines, _insert,
]  # fmt: skip
