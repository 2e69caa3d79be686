import pytest

from pachlite.cli.main import COMMANDS
from tools.command_tree import command_tree, leaves
from tools.generate import GENERATED, ROOT


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_current(name):
    assert (ROOT / name).read_text() == GENERATED[name](), "run make gen"


def test_every_command_is_in_the_reference():
    page = (ROOT / "docs/reference/cli.md").read_text()

    assert {each.name for each in leaves(command_tree())} >= {
        f"pachlite {name}" for name in COMMANDS
    }
    for name in COMMANDS:
        assert f"\n## pachlite {name}\n" in page


@pytest.mark.parametrize("command", list(leaves(command_tree())), ids=lambda each: each.name)
def test_a_command_says_what_it_does_with_examples_and_what_comes_next(command):
    summary, _, rest = command.help.partition("\n")

    assert summary.endswith(".")
    assert "\nExamples:\n" in rest
    assert "\nNext: " in rest
    assert all(each.help for each in (*command.arguments, *command.options))


@pytest.mark.parametrize("command", list(leaves(command_tree())), ids=lambda each: each.name)
def test_the_examples_of_a_command_are_of_that_command(command):
    examples = command.help.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()

    assert examples
    assert all(command.name in line for line in examples)
