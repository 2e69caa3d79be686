"""The auth commands, on a store of their own and with a configuration of their own."""

import json
import stat
import sys

import pytest

from pachlite.cli.config_file import session_token
from pachlite.errors import InvalidOption

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """Return the configuration file of the test."""
    path = tmp_path / "config.json"
    monkeypatch.setenv("PACH_CONFIG", str(path))
    monkeypatch.delenv("PACH_CONTEXT", raising=False)
    return path


@pytest.fixture
def active(cli):
    """Return the command line of a store with auth active."""
    cli.ok("auth", "activate", "--supply-root-token", stdin=f"{TOKEN}\n")
    return cli


def token_in(config, context="default"):
    return json.loads(config.read_text())["v2"]["contexts"][context].get("session_token")


def test_activating_prints_the_root_token_once_and_keeps_it(cli, config):
    result = cli.run("auth", "activate")

    heading, token = result.stdout.splitlines()
    assert (result.exit_code, heading, len(token)) == (0, "Pachlite root token:", 32)
    assert "warning: whoever has the root token may do everything" in result.stderr
    assert token_in(config) == token
    assert stat.S_IMODE(config.stat().st_mode) == 0o600

    again = cli.run("auth", "activate")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr == "the auth service is already activated; nothing was changed\n"
    assert token_in(config) == token


def test_a_supplied_root_token_is_used_and_not_printed(cli, config):
    result = cli.run("auth", "activate", "--supply-root-token", stdin=f"{TOKEN}\n")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert token_in(config) == TOKEN


@pytest.mark.parametrize("token", ["\n", "", "short\n", "with a blank in it\n"])
def test_a_root_token_that_is_no_good_activates_nothing(cli, config, token):
    cli.ok("list", "repo")

    assert "the token is invalid" in cli.fails(
        "auth", "activate", "--supply-root-token", stdin=token
    )
    assert "the auth service is not activated" in cli.fails("auth", "whoami")
    assert not config.exists()


def test_auth_commands_fail_while_it_is_off(cli):
    cli.ok("create", "repo", "images")
    for words in (
        ["whoami"],
        ["deactivate"],
        ["rotate-root-token"],
        ["get-robot-token", "ci"],
        ["get-auth-token", "alice"],
        ["create-s3-key"],
        ["list", "token"],
        ["list", "s3-key"],
        ["revoke", "--user", "user:alice"],
        ["get", "repo", "images"],
        ["get", "project", "default"],
        ["get", "cluster"],
        ["set", "repo", "images", "repoReader", "user:alice"],
        ["check", "repo", "images"],
        ["check", "project", "default"],
    ):
        error = cli.fails("auth", *words)
        assert error.splitlines()[0] == "error: the auth service is not activated"
        assert "pachlite auth activate" in error


def test_who_opens_the_directory_is_root(active):
    result = active.run("auth", "whoami")

    assert result.stdout == 'You are "pach:root"\n'
    assert result.stderr == f"access to {active.home} is root's access\n"
    assert active.json("auth", "whoami") == {"subject": "pach:root", "expires_at": None}
    assert active.ok("create", "repo", "images") == ""


def test_a_deactivated_store_can_be_activated_again(active):
    active.ok("auth", "get-robot-token", "ci")
    assert active.ok("auth", "deactivate", "--yes") == ""
    assert "not activated" in active.fails("auth", "whoami")
    active.ok("auth", "activate")
    assert [each["subject"] for each in active.json("auth", "list", "token")] == ["pach:root"]


def test_robots_and_users_get_tokens(active):
    shown = active.ok("auth", "get-robot-token", "ci")
    quiet = active.ok("auth", "get-robot-token", "robot:ci", "-q", "--ttl", "1h30m")
    record = active.json("auth", "get-auth-token", "alice", "--ttl", "30d")

    assert shown.startswith("Token: ")
    assert len(shown.removeprefix("Token: ").strip()) == 32
    assert len(quiet.strip()) == 32
    assert record["subject"] == "user:alice"
    tokens = active.json("auth", "list", "tokens")
    assert [each["subject"] for each in tokens] == [
        "pach:root",
        "robot:ci",
        "robot:ci",
        "user:alice",
    ]
    assert [each["expires_at"] is None for each in tokens] == [True, True, False, False]
    table = active.ok("auth", "list", "token").splitlines()
    assert table[0].split() == ["SUBJECT", "ID", "CREATED", "EXPIRES"]
    assert table[1].split()[-1] == "never"
    with active.store() as pfs:
        assert pfs.identify(quiet.strip()).subject == "robot:ci"


@pytest.mark.parametrize(
    "words",
    [
        ["get-robot-token", "user:bob"],
        ["get-robot-token", "a:b"],
        ["get-robot-token", ""],
        ["get-auth-token", "robot:ci"],
        ["get-auth-token", "pach:root"],
        ["get-auth-token", "two words"],
        ["create-s3-key", "user:"],
    ],
)
def test_tokens_and_keys_are_made_for_whom_the_command_is_for(active, words):
    assert "subject (" in active.fails("auth", *words)
    assert len(active.json("auth", "list", "token")) == 1
    assert active.json("auth", "list", "s3-key") == []


@pytest.mark.parametrize("ttl", ["0s", "soon", "5", "-1h", "1h 5m", "99999w"])
def test_a_time_that_is_none_is_refused(active, ttl):
    active.fails("auth", "get-robot-token", "ci", f"--ttl={ttl}")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800), ("250ms", 0.25), ("1w", 604800)],
)
def test_times_are_read_as_people_type_them(text, seconds):
    from pachlite.cli.durations import parse_duration

    assert parse_duration(text) == seconds
    with pytest.raises(InvalidOption):
        parse_duration(f"{text}x")


def test_an_s3_key_is_shown_once_with_its_secret(active):
    pair = active.json("auth", "create-s3-key", "alice", "--expires", "30d")
    shown = active.ok("auth", "create-s3-key", "robot:ci").splitlines()

    assert pair["subject"] == "user:alice"
    assert pair["expires_at"] is not None
    assert [line.partition(":")[0] for line in shown] == [
        "access_key",
        "secret_key",
        "subject",
        "expires",
    ]
    listed = active.json("auth", "list", "s3-keys")
    assert [each["subject"] for each in listed] == ["robot:ci", "user:alice"]
    assert pair["secret_key"] not in active.ok("auth", "list", "s3-key", "-o", "json")
    with active.store() as pfs:
        credential = pfs.find_s3_credential(pair["access_key"])
        assert credential.secret == pair["secret_key"]
    assert active.json("auth", "create-s3-key")["subject"] == "pach:root"


def test_a_new_root_token_is_printed_in_json_too(active):
    assert len(active.json("auth", "rotate-root-token")["root_token"]) == 32


def test_tokens_and_keys_are_revoked(active):
    token = active.ok("auth", "get-auth-token", "alice", "-q").strip()
    active.ok("auth", "get-auth-token", "alice")
    first, second = (active.json("auth", "create-s3-key", "alice") for _ in range(2))

    assert active.ok("auth", "revoke", "--token", token) == "1 auth token(s) revoked\n"
    assert active.ok("auth", "revoke", "--token", token) == "0 auth token(s) revoked\n"
    assert active.ok("auth", "revoke", "--s3-key", first["access_key"]) == "1 S3 key(s) revoked\n"
    assert "not found" in active.fails("auth", "revoke", "--s3-key", first["access_key"])
    assert active.ok("auth", "revoke", "--user", "user:alice") == (
        "1 auth token(s) revoked\n1 S3 key(s) revoked\n"
    )
    assert second["access_key"] not in active.ok("auth", "list", "s3-key")


@pytest.mark.parametrize(
    "options", [[], ["--token", "x", "--user", "user:a"], ["--user", "alice"], ["--user", ""]]
)
def test_what_is_to_be_revoked_must_be_clear(active, options):
    active.fails("auth", "revoke", *options)


def test_the_root_token_is_rotated_and_not_put_into_the_context(active, config):
    shown = active.ok("auth", "rotate-root-token").splitlines()

    assert shown[0] == "Pachlite root token:"
    assert token_in(config) == TOKEN
    supplied = active.ok("auth", "rotate-root-token", "--supply-token", stdin="another" * 4 + "\n")
    assert supplied == ""
    with active.store() as pfs:
        assert pfs.identify("another" * 4).subject == "pach:root"


def test_roles_are_given_shown_and_taken_away(active):
    active.ok("create", "repo", "images")
    active.ok("create", "project", "vision")

    assert active.ok("auth", "get", "repo", "images") == ""
    assert active.ok("auth", "set", "repo", "images", "repoWriter,repoReader", "user:bob") == ""
    active.ok("auth", "set", "repos", "images", "repoOwner", "user:alice")
    assert active.ok("auth", "get", "repo", "images") == (
        "user:alice: [repoOwner]\nuser:bob: [repoReader repoWriter]\n"
    )
    assert active.json("auth", "get", "repo", "images")[0] == {
        "subject": "user:alice",
        "roles": ["repoOwner"],
    }
    active.ok("auth", "set", "repo", "images", "none", "user:bob")
    assert active.ok("auth", "get", "repo", "images") == "user:alice: [repoOwner]\n"
    active.ok("auth", "set", "project", "vision", "projectOwner", "robot:ci")
    assert active.ok("auth", "get", "project", "vision") == "robot:ci: [projectOwner]\n"
    active.ok("auth", "set", "cluster", "clusterAdmin", "user:alice")
    assert active.ok("auth", "get", "cluster") == (
        "allClusterUsers: [projectCreator]\npach:root: [clusterAdmin]\nuser:alice: [clusterAdmin]\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["set", "repo", "nothing", "repoReader", "user:a"],
        ["set", "repo", "images", "repoPainter", "user:a"],
        ["set", "repo", "images", "", "user:a"],
        ["set", "repo", "images", "projectOwner", "user:a"],
        ["set", "repo", "images", "repoReader", "alice"],
        ["set", "repo", "images", "repoReader", "group:ops"],
        ["set", "cluster", "none", "pach:root"],
        ["set", "project", "nothing", "projectOwner", "user:a"],
        ["get", "repo", "nothing"],
        ["get", "repo", "images", "--project", "nothing"],
        ["check", "repo", "nothing"],
        ["check", "repo", "images", "alice"],
        ["roles-for-permission", "REPO_PAINT"],
        ["get", "images"],
    ],
)
def test_roles_that_cannot_be_are_refused(active, words):
    active.ok("create", "repo", "images")
    active.fails("auth", *words)
    assert active.ok("auth", "get", "repo", "images") == ""


def test_access_is_explained(active):
    active.ok("create", "repo", "images")
    active.ok("auth", "set", "repo", "images", "repoReader", "user:alice")

    assert active.ok("auth", "check", "repo", "images", "user:alice") == (
        "Roles: [projectCreator projectWriter repoReader]\n"
        "Permissions: [REPO_READ REPO_INSPECT_COMMIT REPO_LIST_COMMIT REPO_LIST_BRANCH "
        "REPO_INSPECT_FILE REPO_LIST_FILE]\n"
    )
    checked = active.json("auth", "check", "project", "default", "user:alice")
    assert checked["permissions"] == ["PROJECT_CREATE", "PROJECT_LIST_REPO", "PROJECT_CREATE_REPO"]
    assert active.json("auth", "check", "repo", "images")["roles"][0] == "clusterAdmin"


def test_roles_are_found_by_what_they_grant_also_while_auth_is_off(cli):
    assert cli.ok("auth", "roles-for-permission", "repo_write") == (
        "clusterAdmin\nprojectOwner\nrepoOwner\nrepoWriter\n"
    )
    assert cli.json("auth", "roles-for-permission", "PROJECT_CREATE")[-1] == {
        "role": "projectCreator"
    }


def test_changes_are_listed_with_who_made_them(active):
    active.ok("auth", "get-robot-token", "ci", "--ttl", "1h")

    newest, oldest = active.json("auth", "list", "audit")
    assert (newest["operation"], newest["target"], newest["detail"]) == (
        "create token",
        "robot:ci",
        "for 3600 s",
    )
    assert oldest["subject"].startswith("pach:root (")
    assert len(active.json("auth", "list", "audit", "-n", "1")) == 1
    assert active.ok("auth", "list", "audit").splitlines()[0].split() == [
        *("WHEN", "WHO", "DID", "TO", "DETAIL")
    ]


# The configuration file


def test_logging_in_checks_the_token_and_logging_out_forgets_it(active, config):
    token = active.ok("auth", "get-auth-token", "alice", "-q", "--ttl", "1h").strip()

    shown = active.ok("auth", "login", stdin=f"{token}\n").splitlines()
    assert shown[0] == 'You are "user:alice"'
    assert shown[1].startswith("session expires: 2")
    assert token_in(config) == token
    assert "corrupted or has expired" in active.fails("auth", "login", stdin="no-such-token\n")
    assert token_in(config) == token
    assert active.ok("auth", "logout") == ""
    assert token_in(config) is None
    active.ok("auth", "logout")


def test_a_token_is_used_without_asking_whose_it_is(cli, config):
    assert cli.ok("auth", "use-auth-token", stdin="some-token-for-elsewhere") == ""
    assert token_in(config) == session_token() == "some-token-for-elsewhere"
    assert not cli.home.exists()
    assert "the token is invalid" in cli.run("auth", "use-auth-token", stdin="").stderr


def test_the_rest_of_the_configuration_is_kept(cli, config, monkeypatch):
    before = {
        "user_id": "0" * 32,
        "v2": {
            "active_context": "lab",
            "contexts": {
                "lab": {"pachd_address": "grpc://lab:30650", "project": "vision"},
                "home": {"session_token": "of-home"},
            },
            "metrics": False,
        },
    }
    config.write_text(json.dumps(before))
    cli.ok("auth", "use-auth-token", stdin="new\n")
    before["v2"]["contexts"]["lab"]["session_token"] = "new"
    assert json.loads(config.read_text()) == before
    monkeypatch.setenv("PACH_CONTEXT", "home")
    cli.ok("auth", "logout")
    del before["v2"]["contexts"]["home"]["session_token"]
    assert json.loads(config.read_text()) == before
    assert list(config.parent.glob(f"*{config.name}*")) == [config]


@pytest.mark.skipif(sys.platform == "darwin", reason="the directory has another name there")
def test_without_a_name_the_configuration_is_in_the_users_directory(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("PACH_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    cli.ok("auth", "use-auth-token", stdin="new\n")
    directory = tmp_path / "xdg" / "pachlite"
    assert token_in(directory / "config.json") == "new"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["{", "[]", '{"v2": 3}', '{"v2": {"contexts": []}}', "\xff"])
def test_a_configuration_that_cannot_be_understood_is_left_alone(cli, config, content):
    config.write_bytes(content.encode("latin-1"))
    result = cli.run("auth", "use-auth-token", stdin="new\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"cannot understand the configuration {config}" in result.stderr
    assert config.read_bytes() == content.encode("latin-1")


def test_an_unknown_context_is_an_error(cli, config, monkeypatch):
    monkeypatch.setenv("PACH_CONTEXT", "nowhere")
    result = cli.run("auth", "use-auth-token", stdin="new\n")
    assert (result.exit_code, 'context "nowhere"' in result.stderr) == (1, True)
    assert not config.exists()


def test_a_configuration_that_is_a_link_stays_one(cli, config, tmp_path):
    target = tmp_path / "elsewhere" / "real.json"
    target.parent.mkdir()
    target.write_text("{}")
    config.symlink_to(target)
    cli.ok("auth", "use-auth-token", stdin="new\n")
    assert config.is_symlink()
    assert token_in(target) == "new"


@pytest.mark.parametrize("command", ["get-config", "set-config", "get-groups"])
def test_there_is_no_identity_provider(cli, command):
    result = cli.run("auth", command)
    assert result.exit_code == 1
    assert "needs an identity provider, and pachlite has none" in result.stderr


# The gateway


def test_serving_with_auth_refuses_to_start_while_it_is_off(cli):
    error = cli.fails("serve", "s3", "--auth", "--port", "0")
    assert "the auth service is not activated" in error
    assert "pachlite auth activate" in error


def test_serving_others_needs_auth_or_insecure(cli):
    assert "pachlite auth activate" in cli.fails("serve", "s3", "--host", "0.0.0.0", "--port", "0")
