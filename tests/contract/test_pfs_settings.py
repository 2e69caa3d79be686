"""What any file system does with the settings of branches."""

import pytest

from pachlite import errors
from pachlite.pfs.api import PFS
from pachlite.pfs.refs import parse_branch
from tests.contract.drive import put


def test_a_setting_is_kept_with_its_branch(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    put(pfs, "images@dev:/a", b"1")
    master, dev = parse_branch("images@master"), parse_branch("images@dev")
    assert pfs.get_setting(master, "tags") == ""
    pfs.put_setting(master, "tags", "one")
    pfs.put_setting(master, "cors", "two")
    assert (pfs.get_setting(master, "tags"), pfs.get_setting(dev, "tags")) == ("one", "")
    pfs.put_setting(master, "tags", "three")
    assert (pfs.get_setting(master, "tags"), pfs.get_setting(master, "cors")) == ("three", "two")


def test_an_empty_setting_is_none(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    master = parse_branch("images@master")
    pfs.put_setting(master, "tags", "one")
    pfs.put_setting(master, "tags", "")
    assert pfs.get_setting(master, "tags") == ""


def test_a_setting_makes_no_commit(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    master = parse_branch("images@master")
    before = pfs.inspect_branch(master)
    pfs.put_setting(master, "tags", "one")
    assert pfs.inspect_branch(master) == before


def test_settings_go_with_their_branch(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    put(pfs, "images@dev:/a", b"1")
    dev = parse_branch("images@dev")
    pfs.put_setting(dev, "tags", "one")
    pfs.delete_branch(dev)
    put(pfs, "images@dev:/a", b"1")
    assert pfs.get_setting(dev, "tags") == ""


def test_a_branch_that_is_not_there_has_no_settings(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    nowhere = parse_branch("images@nowhere")
    with pytest.raises(errors.BranchNotFound):
        pfs.get_setting(nowhere, "tags")
    with pytest.raises(errors.BranchNotFound):
        pfs.put_setting(nowhere, "tags", "one")


def test_a_branch_is_made_with_its_settings(pfs: PFS) -> None:
    master = parse_branch("images@master")
    pfs.create_branch(master, create_repo=True, settings={"tags": "one", "cors": ""})
    assert (pfs.get_setting(master, "tags"), pfs.get_setting(master, "cors")) == ("one", "")
