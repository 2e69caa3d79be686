"""Checksums: the right ones, whole or piece by piece."""

import hashlib

import pytest

from pachlite.pfs.sums import ALGORITHMS, digest_of, encode

CHECK = b"123456789"
KNOWN = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "MD5": hashlib.md5(CHECK).hexdigest(),
    "SHA1": hashlib.sha1(CHECK).hexdigest(),
    "SHA256": hashlib.sha256(CHECK).hexdigest(),
    "SHA512": hashlib.sha512(CHECK).hexdigest(),
    "XXHASH64": "8cb841db40e6ae83",
}
EMPTY_XXHASH = {
    "XXHASH64": "ef46db3751d8e999",
    "XXHASH3": "2d06800538d394c2",
    "XXHASH128": "99aa06d3014798d86001c324468d497f",
}


@pytest.mark.parametrize(("algorithm", "value"), KNOWN.items())
def test_check_value_of_an_algorithm(algorithm, value):
    assert digest_of(algorithm, CHECK).hex() == value


@pytest.mark.parametrize(("algorithm", "value"), EMPTY_XXHASH.items())
def test_xxhash_of_nothing(algorithm, value):
    assert digest_of(algorithm, b"").hex() == value


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pieces_make_the_same_as_the_whole(algorithm):
    running = ALGORITHMS[algorithm].start()
    for piece in (CHECK[:2], b"", CHECK[2:]):
        running.update(piece)
    digest = running.digest()
    assert digest == digest_of(algorithm, CHECK)
    assert len(digest) == ALGORITHMS[algorithm].width_bytes


def test_checksums_are_written_in_base64():
    assert encode(b"\x00\x01\x02\x03") == "AAECAw=="
