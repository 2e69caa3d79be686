import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from pachlite.cli.output import Format, Output, View, show_list, show_one

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    name: str
    count: int


VIEW = View(
    columns={"NAME": lambda thing, _: thing.name, "COUNT": lambda thing, _: str(thing.count)},
    details={"Name": lambda thing, _: thing.name, "Note": lambda _thing, _: ""},
    record=lambda thing: {"name": thing.name, "count": thing.count},
    raw=lambda thing: {"name": thing.name, "count": str(thing.count)},
)
THINGS = [Thing("a", 1), Thing("longer", 22)]


def test_a_table_pads_with_spaces_and_ends_no_line_with_one(capsys):
    show_list(THINGS, VIEW, Output())

    assert capsys.readouterr().out == "NAME   COUNT\na      1\nlonger 22\n"


def test_an_empty_table_is_its_header(capsys):
    show_list([], VIEW, Output())

    assert capsys.readouterr().out == "NAME COUNT\n"


def test_a_long_table_comes_in_parts_under_one_header(capsys):
    show_list((Thing(f"n{number}", number) for number in range(2500)), VIEW, Output())

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2501
    assert lines[0].split() == ["NAME", "COUNT"]
    assert lines[-1].split() == ["n2499", "2499"]


def test_a_newline_in_a_name_does_not_make_a_row(capsys):
    show_list([Thing("a\nb", 1)], VIEW, Output())

    assert capsys.readouterr().out.splitlines()[1] == "a\\nb 1"


@pytest.mark.parametrize("things", [[], THINGS[:1], THINGS])
def test_a_list_is_one_json_array(capsys, things):
    show_list(things, VIEW, Output(format=Format.JSON))

    assert json.loads(capsys.readouterr().out) == [
        {"name": thing.name, "count": thing.count} for thing in things
    ]


@pytest.mark.parametrize("things", [[], THINGS])
def test_a_list_is_one_yaml_list(capsys, things):
    show_list(things, VIEW, Output(format=Format.YAML))

    assert yaml.safe_load(capsys.readouterr().out) == [
        {"name": thing.name, "count": thing.count} for thing in things
    ]


@pytest.mark.parametrize("chosen", [Format.TABLE, Format.JSON])
def test_raw_is_a_stream_of_objects(capsys, chosen):
    show_list(THINGS, VIEW, Output(format=chosen, is_raw=True))

    text, decoder, found = capsys.readouterr().out, json.JSONDecoder(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    assert found == [{"name": "a", "count": "1"}, {"name": "longer", "count": "22"}]


def test_raw_yaml_is_a_stream_of_documents(capsys):
    show_list(THINGS, VIEW, Output(format=Format.YAML, is_raw=True))

    assert [each["name"] for each in yaml.safe_load_all(capsys.readouterr().out)] == ["a", "longer"]


def test_nothing_is_printed_when_the_first_thing_cannot_be_had(capsys):
    def broken():
        raise KeyError("x")
        yield

    for chosen in (Format.JSON, Format.YAML):
        with pytest.raises(KeyError):
            show_list(broken(), VIEW, Output(format=chosen))
    assert capsys.readouterr().out == ""


def test_a_single_thing_leaves_out_lines_without_content(capsys):
    show_one(THINGS[0], VIEW, Output())
    show_one(THINGS[0], VIEW, Output(format=Format.JSON))
    show_one(THINGS[0], VIEW, Output(is_raw=True))

    table, _, rest = capsys.readouterr().out.partition("\n")
    assert table == "Name: a"
    assert rest.count('"name": "a"') == 2


def test_times_are_ages_unless_asked_otherwise():
    moment = NOW - timedelta(minutes=2)

    assert Output(now=NOW).time(moment) == "2 minutes ago"
    assert Output(now=NOW, full_timestamps=True).time(moment) == "2026-11-22T11:58:00Z"
    assert Output().time(None) == "-"
