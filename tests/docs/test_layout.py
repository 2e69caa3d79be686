"""The shape of the source: short files, short functions, each package and module introduced."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "pachlite").rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
ON_ONE_PAGE = {
    "pachlite/errors.py": "everything a user can see go wrong, as one tree",
    "pachlite/pfs/api.py": "what a versioned file system is, as one contract",
}


def name_of(module: Path) -> str:
    return str(module.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is_for(module: Path) -> None:
    text = module.read_text()
    assert ast.get_docstring(ast.parse(text)), "it begins with a sentence on what it is for"
    assert name_of(module) in ON_ONE_PAGE or len(text.splitlines()) <= MAX_FILE_LINES


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function below its signature and docstring."""
    first = function.body[bool(ast.get_docstring(function)) :]
    return function.end_lineno - first[0].lineno + 1 if first else 0


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_functions_are_short(module: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [f.name for f in functions if body_lines(f) > MAX_FUNCTION_LINES] == []
