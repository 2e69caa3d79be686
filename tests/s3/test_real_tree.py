"""A real tree goes in and comes out byte for byte, by the command line and by `aws s3 sync`."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.programs import environment
from tests.programs import program as pachlite
from tests.s3.clients import program, run

WHOLE = bool(os.environ.get("PACHLITE_SOAK"))
PACKAGES = ("email", "encodings", "json", "importlib", "xml")
ODD_NAMES = (
    "with space", "a+b (1) [x]", "ünïcödé-日本語-😀", "quo'te\"s", "per%20cent", "hash#mark",
    "ques?tion", "semi;colon", "amp&ersand=1", "tilde~", "comma,name", "@at:colon", "star*",
    "{brace}", "-dash", ".hidden", "back\\slash", "new\nline", "tab\there", "dots..", "<tag>",
    "$dollar", "!bang", "^caret|pipe", "e\u0301-combining", "x" * 200,
)  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """The standard library (a part of it, unless there is time), and names that are hard."""
    root = tmp_path_factory.mktemp("real") / "tree"
    library = Path(sysconfig.get_path("stdlib"))
    left_out = shutil.ignore_patterns("site-packages", *(() if WHOLE else ("__pycache__",)))
    for name in ("",) if WHOLE else PACKAGES:
        shutil.copytree(library / name, root / name, ignore=left_out)
    for number, name in enumerate(ODD_NAMES):
        path = root / "odd" / name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * number)
    return root


def content_of(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def run_pachlite(home: Path, *arguments: str) -> None:
    done = subprocess.run(
        pachlite("pachlite", *arguments), env=environment(home), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_tree_comes_back_the_same_whichever_way_it_went(own_gateway, source, tmp_path) -> None:
    aws = program("awscli", "aws")
    home, expected = own_gateway.home, content_of(source)

    run_pachlite(home, "create", "repo", "put")
    run_pachlite(home, "put", "file", "put@master:/", "-r", "-f", str(source))
    run([aws, "s3", "mb", "s3://synced"], own_gateway, cwd=tmp_path)
    run([aws, "s3", "sync", "--quiet", source, "s3://synced"], own_gateway, cwd=tmp_path)

    for repo in ("put", "synced"):
        out = tmp_path / f"{repo}-got"
        run_pachlite(home, "get", "file", f"{repo}@master:/", "-r", "-o", str(out))
        assert content_of(out) == expected
        out, bucket = tmp_path / f"{repo}-synced", f"s3://master.{repo}"
        run([aws, "s3", "sync", "--quiet", bucket, out], own_gateway, cwd=tmp_path)
        assert content_of(out) == expected
