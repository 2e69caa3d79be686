"""What keeps slow uploads: it gives back what it took, and leaves no file."""

import pytest

from pachlite.errors import Unavailable
from pachlite.gateway.spool import Spool


def test_what_was_written_comes_back_in_order(tmp_path):
    spool = Spool(tmp_path)
    spool.write([b"a" * 700_000, b"", b"b" * 700_000])
    spool.write([b"c"])
    assert b"".join(spool.blocks()) == b"a" * 700_000 + b"b" * 700_000 + b"c"
    assert max(map(len, spool.blocks())) <= 1024 * 1024
    spool.close()
    spool.close()


def test_no_name_of_it_is_in_the_directory(tmp_path):
    spool = Spool(tmp_path)
    spool.write([b"secret"])
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_a_directory_that_cannot_be_used_is_said(tmp_path):
    with pytest.raises(Unavailable, match="slow upload"):
        Spool(tmp_path / "missing")
