"""What a command that goes wrong prints, and what it exits with."""

import json

import pytest


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("create repo", "missing argument 'REPO'"),
        ("create repo a b", "got unexpected extra argument"),
        ("list repo x", "got unexpected extra argument"),
        ("copy file a@b:/c", "missing argument"),
        ("create repo a --colour", "no such option: --colour"),
        ("create repo a -d", "requires an argument"),
        ("list commit a -n x", "'x' is not a valid"),
        ("list repo -o xml", "'xml' is not one of"),
        ("put", "missing command"),
    ],
)
def test_a_wrong_call_shows_how_it_is_done(cli, typed, message):
    error = cli.fails(*typed.split())

    lines = error.splitlines()
    verb = typed.split()[0]
    assert lines[0].startswith(f"Usage: pachlite {verb}")
    assert any(line.startswith("error: ") and message in line for line in lines)
    assert lines[-1].startswith(f"hint: pachlite {verb}")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("list repoz", 'unknown noun "repoz"; did you mean repo?'),
        ("list commitz", 'unknown noun "commitz"; did you mean commit?'),
        ("lst repo", 'unknown command "lst"; did you mean list?'),
        ("list xyzzy", 'unknown noun "xyzzy"; known are project, repo, branch, commit, file'),
        ("xyzzy", 'unknown command "xyzzy"; known are '),
        ("put repo x", 'unknown noun "repo"; known are file'),
    ],
)
def test_an_unknown_word_is_an_error_with_a_proposal(cli, typed, message):
    assert f"error: {message}" in cli.fails(*typed.split())


@pytest.mark.parametrize("plural", ["projects", "repos", "branches images", "commits", "files x@y"])
def test_nouns_may_be_in_the_plural(cli, plural):
    cli.ok("create", "repo", "images")
    cli.ok("create", "repo", "x")
    cli.ok("create", "branch", "x@y")

    assert cli.ok("list", *plural.split())
    assert cli.ok(plural.split()[0], "list", *plural.split()[1:])


@pytest.mark.parametrize(
    "words", [(), ("-h",), ("--help",), ("help",), ("help", "put", "file"), ("put", "file", "-h")]
)
def test_help_is_a_result(cli, words):
    assert "Examples:" in cli.ok(*words)


def test_a_noun_alone_lists_its_commands(cli):
    assert "pachlite squash commit --help\n" in cli.ok("commit")
    assert "pachlite list commit --help\n" in cli.ok("commits")


def test_an_error_is_one_line_and_a_hint(cli):
    assert cli.fails("inspect", "repo", "nope") == (
        "error: repo default/nope not found\nhint: see what there is: pachlite list repo\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("get", "file", "images@master:/\udcff"),
        ("list", "file", "images@master:/\udcff"),
        ("glob", "file", "images@master:/\udcff*"),
        ("delete", "file", "images@master:/\udcff"),
        ("copy", "file", "images@master:/readme", "images@master:/\udcff"),
        ("put", "file", "images@master:/\udcff"),
        ("put", "file", "images@master:/x", "-m", "\udcff"),
        ("start", "commit", "images@master", "-m", "\udcff"),
        ("create", "repo", "x", "-d", "\udcff"),
        ("update", "repo", "images", "-d", "\udcff"),
        ("create", "repo", "\udcff"),
        ("inspect", "branch", "images@\udcff"),
        ("list", "repo", "--project", "\udcff"),
    ],
)
def test_bytes_that_are_no_text_are_refused(images, words):
    error = images.fails(*words)

    assert "UTF-8" in error or "only alphanumeric characters" in error or "not found" in error


def test_an_error_cannot_forge_lines_or_colours(cli):
    error = cli.fails("inspect", "file", "nope\n\x1b[31m@x:/y")

    assert "\x1b" not in error
    assert len(error.splitlines()) <= 2


@pytest.mark.parametrize("spelling", [("-o", "json"), ("-ojson",), ("--output=json",)])
def test_errors_are_json_on_standard_output_when_asked_for(cli, spelling):
    result = cli.run("inspect", "repo", "nope", *spelling)

    assert json.loads(result.stdout) == {
        "error": {
            "code": "repo_not_found",
            "message": "repo default/nope not found",
            "hint": "see what there is: pachlite list repo",
        }
    }
    assert result.stderr.startswith("error: ")
    assert result.exit_code == 1


def test_wrong_calls_are_json_too(cli):
    result = cli.run("list", "repoz", "-o", "json")

    assert json.loads(result.stdout)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("inspect repo nope", 3),
        ("create project default", 4),
        ("create repo a/b", 6),
        ("create repo", 2),
        ("list repoz", 2),
        ("list repo", 0),
    ],
)
def test_exit_codes_are_fine_when_asked_for(cli, typed, code):
    assert cli.run(*typed.split(), env={"PACHLITE_EXIT_CODES": "fine"}).exit_code == code
    assert cli.run(*typed.split()).exit_code == min(code, 1)


def test_a_home_that_cannot_be_made_is_named(cli, tmp_path):
    (tmp_path / "file").touch()

    result = cli.run("list", "repo", env={"PACHLITE_HOME": str(tmp_path / "file" / "home")})

    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr
    assert "PACHLITE_HOME" in result.stderr


def test_a_defect_is_not_shown_as_a_traceback_unless_asked_for(cli, monkeypatch):
    def fail():
        raise KeyError("defect")

    monkeypatch.setattr("pachlite.cli.context.user_name", fail)

    result = cli.run("list", "repo")
    assert "error: unexpected KeyError: 'defect'" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in cli.run("list", "repo", "--verbose").stderr


def test_versions_are_told(cli):
    from pachlite import __version__

    assert cli.ok("--version") == f"pachlite {__version__}\n"
    assert cli.ok("version", "--client-only") == f"{__version__}\n"
    assert cli.ok("version").splitlines()[1].split() == ["pachlite", __version__]
    assert cli.json("version") == [{"component": "pachlite", "version": __version__}]


def test_hints_find_the_project(cli):
    cli.ok("create", "project", "p")
    cli.ok("create", "repo", "r", "--project", "p")
    cli.ok("start", "commit", "r@open", "--project", "p")

    def hint(*words):
        return cli.fails(*words, "--project", "p").splitlines()[1].partition("pachlite ")[2]

    for words in (
        ("inspect", "repo", "x"),
        ("inspect", "branch", "r@x"),
        ("inspect", "commit", "r@open^9"),
        ("start", "commit", "r@open"),
    ):
        assert hint(*words).endswith(" --project p")
        cli.ok(*hint(*words).split())


@pytest.mark.parametrize("verb", ["list", "delete", "squash"])
def test_a_commit_that_is_in_no_repo_is_called_by_its_id_alone(cli, verb):
    unknown = "0123456789ab4000000000000000dead"

    assert cli.fails(verb, "commit", unknown) == (
        f"error: commit {unknown} not found\nhint: see what there is: pachlite list commit\n"
    )


def test_a_reference_without_a_repo_is_shown_as_it_was_typed(cli):
    assert "(@x) invalid: repo cannot be empty" in cli.fails("inspect", "branch", "@x")
