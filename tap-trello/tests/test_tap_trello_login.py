"""`tap-trello login`, from the address that it prints to the token that it keeps."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import stat
import subprocess
import sys
import webbrowser
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from click.testing import CliRunner
from singer_rest import SettingError
from tap_trello.login import address_of
from tap_trello.settings import client_from_settings
from tap_trello.tap import TapTrello

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from conftest import Messages
    from sandbox.testing import RunningSandbox

PROGRAM = Path(sys.executable).with_name("tap-trello")
LONG = 60  # seconds that no test needs


def shown_token(address: str) -> str:
    """The token that a person is shown who allows what the page asks."""
    page = requests.get(address, timeout=LONG)
    (link,) = re.findall(r'href="([^"]+)">Allow<', page.text)
    shown = requests.get(urljoin(page.url, unescape(link)), timeout=LONG)
    (token,) = re.findall(r"<pre>([^<]+)</pre>", shown.text)
    return str(token)


@pytest.fixture
def config(config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The settings of somebody who has no token yet."""
    return {"api_key": config["api_key"], "api_url": config["api_url"]} | {
        "token_file": str(tmp_path / "token.json")
    }


@pytest.fixture
def login(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs the command, and pastes a line into it; settings may differ."""

    def run(line: str, *options: str, **settings: Any) -> Result:
        monkeypatch.setattr(webbrowser, "open", lambda _: True)
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**config, **settings}))
        arguments = ["login", "--config", str(path), *options]
        return CliRunner().invoke(TapTrello.cli, arguments, input=line)

    return run


@pytest.fixture
def error_of(
    login: Callable[..., Result], caplog: pytest.LogCaptureFixture, config: dict[str, Any]
) -> Callable[..., str]:
    """The one line in which a login that fails ends."""

    def run(line: str, *options: str, **settings: Any) -> str:
        result = login(line, *options, **settings)
        (error,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert result.exit_code == 1
        assert error.exc_info is None
        assert "\n" not in error.getMessage()
        assert not Path(config["token_file"]).exists()
        return error.getMessage()

    return run


def test_after_a_login_the_tap_needs_no_token(
    login: Callable[..., Result], config: dict[str, Any], run: Callable[..., Messages]
) -> None:
    token = shown_token(address_of(config, "read", "never"))

    result = login(f"{token}\n")

    assert result.exit_code == 0, result.output
    assert "The plugins act as" in result.stdout
    assert "(@crmsync)" in result.stdout
    assert any(message["type"] == "RECORD" for message in run(streams=("organizations",)))


def test_the_file_is_for_its_owner_only_and_does_not_hold_the_key(
    login: Callable[..., Result], config: dict[str, Any]
) -> None:
    login("sandbox-token\n")

    path = Path(config["token_file"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["token"] == "sandbox-token"
    assert config["api_key"] not in path.read_text()
    assert {each.name for each in path.parent.iterdir()} == {"token.json", "config.json"}


def test_a_login_takes_the_place_of_an_earlier_one(
    login: Callable[..., Result], config: dict[str, Any], box: RunningSandbox
) -> None:
    login("sandbox-token\n")
    login(f"{box.token('annahavblikk')}\n")

    assert client_from_settings(config).get("/members/me")["username"] == "annahavblikk"


def test_a_token_that_is_set_wins_over_the_file_and_the_login_says_so(
    login: Callable[..., Result], config: dict[str, Any], box: RunningSandbox
) -> None:
    with_token = {"token": box.token("annahavblikk")}

    assert "the setting 'token' is set, which wins" in login("sandbox-token\n", **with_token).stdout
    client = client_from_settings({**config, **with_token})
    assert client.get("/members/me")["username"] == "annahavblikk"


def test_the_address_is_trellos_and_asks_for_what_is_wanted(config: dict[str, Any]) -> None:
    real = {**config, "api_url": "https://api.trello.com/1"}

    address = address_of(real, "read,write", "30days")

    assert address.startswith("https://trello.com/1/authorize?")
    assert parse_qs(urlsplit(address).query) == {
        "expiration": ["30days"],
        "name": ["Singer plugins for Trello"],
        "scope": ["read,write"],
        "response_type": ["token"],
        "key": [config["api_key"]],
    }


def test_by_default_the_token_may_do_everything_and_never_expires(
    login: Callable[..., Result],
) -> None:
    told = login("sandbox-token\n").stdout

    assert "expiration=never" in told
    assert "scope=read,write,account" in told


@pytest.mark.parametrize("scope", ["write", "read,everything", ""])
def test_a_scope_that_trello_does_not_know_is_refused(
    login: Callable[..., Result], scope: str
) -> None:
    result = login("sandbox-token\n", "--scope", scope)

    assert result.exit_code == 2
    assert "it is read, with write and account if wanted" in result.output


@pytest.mark.parametrize(
    ("line", "settings", "words"),
    [
        ("made-up-token\n", {}, "invalid token (copy the whole token again)"),
        ("sandbox-token-expired\n", {}, "expired token"),
        ("sandbox-token\n", {"api_key": "made-up-key"}, "check the setting 'api_key'"),
        ("", {}, "no token was pasted"),
        ("  \n", {}, "no token was pasted"),
        ("token-№-1\n", {}, "copy the key or token again"),
        ("sandbox-token\n", {"api_key": ""}, "missing setting 'api_key'"),
        ("sandbox-token\n", {"api_url": "http://127.0.0.1:9"}, "can't be reached"),
    ],
)
def test_a_token_that_does_not_work_is_told_and_not_kept(
    error_of: Callable[..., str],
    line: str,
    settings: dict[str, Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)

    message = error_of(line, **settings)

    assert words in message
    assert not line.strip() or line.strip() not in message


def test_a_folder_that_can_not_be_written_is_told_before_anything_is_asked(
    error_of: Callable[..., str], tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "config.json" / "token.json")

    assert re.search(r"token_file .* can't be written", error_of("", token_file=nowhere))


def test_the_token_of_another_key_is_not_used(
    login: Callable[..., Result], config: dict[str, Any]
) -> None:
    login("sandbox-token\n")

    with pytest.raises(SettingError, match="made with another api_key") as caught:
        client_from_settings({**config, "api_key": "another-key"})
    assert "run `tap-trello login`, or set 'token'" in str(caught.value)
    assert "another-key" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"token": "t"}', "null", "\udcff"])
def test_a_damaged_file_is_told(config: dict[str, Any], content: str) -> None:
    Path(config["token_file"]).write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(SettingError, match=r"token_file .* can't be read: run `tap-trello login`"):
        client_from_settings(config)


def test_a_kept_token_that_is_refused_later_leads_to_a_new_login(
    config: dict[str, Any], login: Callable[..., Result], tmp_path: Path, box: RunningSandbox
) -> None:
    login(f"{box.token('annahavblikk')}\n")
    box.token("annahavblikk", expires_in=-1)

    told = subprocess.run(
        [PROGRAM, "--config", tmp_path / "config.json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1
    assert "expired token (run `tap-trello login`)" in told.stderr
    assert "Traceback" not in told.stderr
    assert config["token_file"]


def test_no_secret_is_printed_or_logged_but_the_key_in_the_address(
    login: Callable[..., Result],
    caplog: pytest.LogCaptureFixture,
    config: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    token = shown_token(address_of(config, "read,write,account", "never"))
    caplog.clear()

    result = login(f"{token}\n")

    assert "/members/me" in caplog.text
    assert token not in result.output + caplog.text
    assert config["api_key"] not in caplog.text
    assert config["api_key"] not in result.output.replace(f"key={config['api_key']}", "")


def test_at_a_terminal_the_token_is_not_shown(
    config: dict[str, Any], tmp_path: Path, box: RunningSandbox
) -> None:
    """The command with a terminal of its own, at log level DEBUG."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    token = box.token("annahavblikk")
    process, terminal = pty.fork()
    if not process:
        os.environ.update(LOGLEVEL="DEBUG", BROWSER="false %s")
        os.execv(PROGRAM, [PROGRAM, "login", "--config", str(path)])  # noqa: S606 - as a shell does
    told = b""
    while b"is not shown" not in told:
        told += os.read(terminal, 1000)
    os.write(terminal, f"{token}\n".encode())
    while part := read_of(terminal):
        told += part
    os.close(terminal)

    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert b"No browser could be opened here." in told
    assert b"(@annahavblikk)" in told
    assert token.encode() not in told
    assert json.loads(Path(config["token_file"]).read_text())["token"] == token


def read_of(terminal: int) -> bytes:
    """What a terminal shows next; nothing once the program has ended."""
    try:
        return os.read(terminal, 1000)
    except OSError:
        return b""
