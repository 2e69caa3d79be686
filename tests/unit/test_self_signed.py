"""The certificate that pachlite makes: once, and again when it has to be."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pachlite.errors import InvalidOption, StoreNotWritable
from pachlite.tls.context import load_context
from pachlite.tls.self_signed import RENEW_DAYS, VALID_DAYS, ensure_certificate

NAMES = ("localhost", "127.0.0.1")
NOW = datetime.now(UTC)


def made(directory, names=NAMES, *, days=0):
    """Return the certificate that is there some days from now."""
    return ensure_certificate(directory, names, NOW + timedelta(days=days)).certificate.read_bytes()


def test_it_is_made_once_and_serves(tmp_path):
    first = made(tmp_path)
    files = ensure_certificate(tmp_path, NAMES, NOW + timedelta(days=1))
    assert files.certificate.read_bytes() == first
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["certificate.pem", "key.pem"]
    assert load_context(files)


def test_it_is_made_again_before_it_expires_with_the_same_key(tmp_path):
    first, key = made(tmp_path), (tmp_path / "key.pem").read_bytes()
    assert made(tmp_path, days=VALID_DAYS - RENEW_DAYS - 1) == first
    assert made(tmp_path, days=VALID_DAYS - RENEW_DAYS) != first
    assert (tmp_path / "key.pem").read_bytes() == key


def test_it_is_made_again_for_a_new_name_but_not_for_one_less(tmp_path):
    first = made(tmp_path)
    more = made(tmp_path, (*NAMES, "s3.test", "*.s3.test"))
    assert more != first
    assert made(tmp_path) == more


@pytest.mark.parametrize("damage", [b"", b"no certificate at all"])
def test_it_is_made_again_when_it_is_damaged(tmp_path, damage):
    made(tmp_path)
    (tmp_path / "certificate.pem").write_bytes(damage)
    assert made(tmp_path) != damage


def test_a_damaged_key_is_said_and_kept(tmp_path):
    made(tmp_path)
    (tmp_path / "key.pem").write_bytes(b"no key")
    with pytest.raises(InvalidOption, match=r"key\.pem"):
        made(tmp_path)
    assert (tmp_path / "key.pem").read_bytes() == b"no key"


def test_a_directory_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreNotWritable):
        made(tmp_path / "file")


def test_several_that_begin_at_once_agree_on_the_key(tmp_path):
    for number in range(5):
        directory = tmp_path / str(number)
        make = partial(ensure_certificate, directory, NAMES, NOW)
        with ThreadPoolExecutor(4) as pool:
            files = [each.result() for each in [pool.submit(make) for _ in range(4)]]
        assert load_context(files[0])
