"""`tap-crmoffice login`, with a browser that is none but speaks HTTP as one."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import socket
import stat
import subprocess
import sys
import time
import webbrowser
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import requests
from click.testing import CliRunner
from tap_crmoffice.tap import TapCrmOffice

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from sandbox.testing import RunningSandbox

    Visit = Callable[[str], None]

PROGRAM = Path(sys.executable).with_name("tap-crmoffice")
LONG = 60  # seconds that no test needs
SHORT = 5  # seconds; less than the server's patience with a silent connection


def get(address: str) -> requests.Response:
    return requests.get(address, timeout=LONG)


def pressed(address: str, words: str = "Allow") -> str:
    """Where the sign-in's page sends the browser after a person pressed a link."""
    page = get(address)
    (link,) = re.findall(rf'href="([^"]+)">{words}<', page.text)
    target = urljoin(page.url, unescape(link))
    sent = requests.get(target, timeout=LONG, allow_redirects=False)
    return sent.headers["location"]


def allow(address: str) -> None:
    page = get(pressed(address))
    assert page.status_code == 200
    assert "You can close this window" in page.text


def changed(address: str, **changes: str) -> str:
    """The address with another query."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**query, **changes})).geturl()


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Those of somebody who has not signed in yet."""
    return {name: value for name, value in settings.items() if name != "refresh_token"}


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings))
    return str(path)


@pytest.fixture
def login(config: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command; `visit` is what happens in the browser that it opens."""

    def run(visit: Visit, *options: str) -> Result:
        def opened(address: str) -> bool:
            visit(address)
            return True

        monkeypatch.setattr(webbrowser, "open", opened)
        arguments = ["login", "--config", config, "--port", "0", *options]
        return CliRunner().invoke(TapCrmOffice.cli, arguments)

    return run


@pytest.fixture
def error_of(
    login: Callable[..., Result], caplog: pytest.LogCaptureFixture, settings: dict[str, Any]
) -> Callable[..., str]:
    """The one line in which a login that fails ends."""

    def run(visit: Visit, *options: str) -> str:
        result = login(visit, *options)
        (error,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert result.exit_code == 1
        assert error.exc_info is None
        assert "\n" not in error.getMessage()
        assert not Path(settings["token_file"]).exists()
        return error.getMessage()

    return run


def test_after_a_login_the_tap_needs_no_refresh_token(
    login: Callable[..., Result], sync: Callable[..., Any], sandbox: RunningSandbox
) -> None:
    sandbox.switch(keep_initial_refresh_token=False)

    result = login(allow)

    assert result.exit_code == 0
    assert "Signed in to CRMOffice" in result.stdout
    messages, _ = sync()
    assert any(message["type"] == "RECORD" for message in messages)


def test_the_tokens_of_a_login_renew_themselves(
    login: Callable[..., Result], sync: Callable[..., Any], sandbox: RunningSandbox
) -> None:
    sandbox.switch(token_lifetime=0, keep_initial_refresh_token=False)
    login(allow)
    sandbox.switch(token_lifetime=3600)

    for _ in range(2):
        sync()
    assert sandbox.requests()["crmoffice"]["token"] >= 2


def test_the_file_is_for_its_owner_only(
    login: Callable[..., Result], settings: dict[str, Any]
) -> None:
    login(allow)

    assert stat.S_IMODE(Path(settings["token_file"]).stat().st_mode) == 0o600


def test_a_login_takes_the_place_of_a_sign_in_that_is_not_accepted_any_more(
    login: Callable[..., Result], sync: Callable[..., Any], settings: dict[str, Any]
) -> None:
    login(allow)
    path = Path(settings["token_file"])
    old = {**json.loads(path.read_text()), "access_token": "made-up", "refresh_token": "made-up"}
    path.write_text(json.dumps(old))

    login(allow)

    assert sync()


def test_a_login_wins_over_a_refresh_token_that_was_set_before_it(
    login: Callable[..., Result], settings: dict[str, Any], config: str, sync: Callable[..., Any]
) -> None:
    old = {**settings, "refresh_token": "made-up-and-old"}
    Path(config).write_text(json.dumps(old))

    login(allow)

    assert sync(refresh_token="made-up-and-old")


def test_the_address_asks_for_what_the_contract_says(login: Callable[..., Result]) -> None:
    asked: list[str] = []

    def look(address: str) -> None:
        asked.append(address)
        allow(address)

    result = login(look)

    query = parse_qs(urlsplit(asked[0]).query)
    assert asked[0] in result.stdout
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", query["redirect_uri"][0])
    assert query["scope"] == ["crmoffice offline_access"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) >= 43


def test_nothing_but_the_answer_to_this_sign_in_ends_the_waiting(
    login: Callable[..., Result],
) -> None:
    def visit(address: str) -> None:
        right = pressed(address)
        base = right.partition("/callback")[0]
        assert get(f"{base}/favicon.ico").status_code == 404
        for foreign in (
            f"{base}/callback",
            changed(right, state="made-up"),
            changed(right, state=""),
            changed(right, code=""),
            f"{right}&code=another",
            f"{right}&state=another",
        ):
            page = get(foreign)
            assert page.status_code == 400
            assert "does not answer the sign-in that is under way" in page.text
        assert requests.post(right, timeout=LONG).status_code == 501
        host, _, port = base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))):  # as browsers do in advance
            assert requests.get(right, timeout=SHORT).status_code == 200

    result = login(visit)

    assert result.exit_code == 0
    assert "code=" not in result.output


def test_of_two_answers_the_first_counts(login: Callable[..., Result]) -> None:
    def visit(address: str) -> None:
        right = pressed(address)
        allow_first, deny_later = right, changed(right, code="", error="access_denied")
        get(allow_first)
        get(deny_later)

    assert login(visit).exit_code == 0


def test_a_sign_in_that_is_denied_is_told(error_of: Callable[..., str]) -> None:
    def deny(address: str) -> None:
        assert "access_denied" in get(pressed(address, "Deny")).text

    assert error_of(deny) == "CRMOffice refuses the sign-in: access_denied"


def test_the_reason_of_a_refusal_can_do_no_harm(error_of: Callable[..., str]) -> None:
    def refuse(address: str) -> None:
        words = "<b>no</b>\n\x1b[2J " + "x" * 1000
        refused = changed(pressed(address, "Deny"), error_description=words)
        assert "<b>" not in get(refused).text

    message = error_of(refuse)
    assert message.startswith("CRMOffice refuses the sign-in: access_denied <b>no</b> ")
    assert len(message) < 300
    assert "\x1b" not in message


def test_nobody_is_waited_for_longer_than_said(error_of: Callable[..., str]) -> None:
    began = time.monotonic()

    message = error_of(lambda _: None, "--timeout", "0.1")

    assert time.monotonic() - began < SHORT
    assert message.startswith("no sign-in arrived within 0.1 seconds")
    assert "/callback" in message


def test_a_port_that_is_taken_is_told(error_of: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        message = error_of(allow, "--port", port)

    assert message.startswith(f"port {port} can't be used")
    assert "--port" in message


def test_a_client_that_is_not_known_is_told(
    error_of: Callable[..., str], config: str, settings: dict[str, Any]
) -> None:
    Path(config).write_text(json.dumps({**settings, "client_secret": "made-up"}))

    message = error_of(allow)

    assert message.endswith("check the settings client_id and client_secret")


def test_a_code_that_was_used_already_is_told(
    error_of: Callable[..., str], sandbox: RunningSandbox
) -> None:
    def visit(address: str) -> None:
        right = pressed(address)
        form = {
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(right).query)["code"][0],
        }
        requests.post(f"{sandbox.auth_url}/connect/token", data=form, timeout=LONG)
        get(right)

    assert error_of(visit).endswith("doesn't accept the code of this sign-in: start it again")


def test_a_code_that_somebody_else_asked_for_is_of_no_use(error_of: Callable[..., str]) -> None:
    def visit(address: str) -> None:
        get(pressed(changed(address, code_challenge="A" * 43)))

    assert error_of(visit).endswith("doesn't accept the code of this sign-in: start it again")


def test_a_sign_in_without_a_refresh_token_is_not_kept(error_of: Callable[..., str]) -> None:
    def visit(address: str) -> None:
        get(pressed(changed(address, scope="crmoffice")))

    assert "must be allowed the scope offline_access" in error_of(visit)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "drop_after_commit"}, "start the sign-in again"),
        ({"kind": "status", "status": 500}, "start the sign-in again"),
        ({"kind": "status", "status": 404}, "check the setting auth_url"),
    ],
)
def test_a_token_endpoint_that_fails_is_told(
    error_of: Callable[..., str], sandbox: RunningSandbox, fault: dict[str, Any], words: str
) -> None:
    kind = fault.pop("kind")
    sandbox.add_fault(kind, system="crmoffice", path="connect/token$", **fault)

    assert words in error_of(allow)


def test_a_folder_that_can_not_be_written_is_told_before_anybody_signs_in(
    error_of: Callable[..., str], config: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    nowhere = tmp_path / "config.json" / "token.json"
    Path(config).write_text(json.dumps({**settings, "token_file": str(nowhere)}))

    def never(address: str) -> None:
        pytest.fail(address)

    assert re.search(r"token_file .* can't be written", error_of(never))


@pytest.mark.parametrize("name", ["auth_url", "client_id", "client_secret"])
def test_what_a_login_needs_is_named(
    error_of: Callable[..., str], config: str, settings: dict[str, Any], name: str
) -> None:
    Path(config).write_text(json.dumps({**settings, name: ""}))

    assert error_of(allow).startswith("to sign in to CRMOffice set ")


def test_pasting_needs_the_port_that_is_registered(login: Callable[..., Result]) -> None:
    result = login(allow, "--paste")

    assert result.exit_code == 2
    assert "--paste needs the port" in result.output


def test_no_secret_is_printed_or_logged(
    login: Callable[..., Result],
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sandbox runs in this process, so its codes and tokens are among the random texts."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    made: list[str] = []
    at_random = secrets.token_urlsafe

    def recorded(size: int) -> str:
        made.append(at_random(size))
        return made[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", recorded)

    def visit(address: str) -> None:
        right = urlsplit(pressed(address))
        caplog.clear()  # of what this test's own requests logged
        connection = HTTPConnection(right.netloc, timeout=LONG)
        connection.request("GET", f"{right.path}?{right.query}")
        assert connection.getresponse().status == 200
        connection.close()

    told = login(visit).output + caplog.text

    assert "/connect/token" in told
    tokens = json.loads(Path(settings["token_file"]).read_text())
    state, verifier, code, refresh_token = made
    assert state in told, "the address is printed"
    for secret in (verifier, code, refresh_token, settings["client_secret"]):
        assert secret not in told
    assert tokens["refresh_token"].endswith(refresh_token)
    assert tokens["access_token"] not in told


class Terminal:
    """The command as a process of its own, at log level DEBUG."""

    def __init__(self, config: str, *options: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "login", "--config", config, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "LOGLEVEL": "DEBUG", **variables},
        )
        self.told = ""

    def address(self) -> str:
        """The address that it prints."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.told += line
            if line.startswith("http"):
                return line.strip()
        raise AssertionError(self.told)

    def end(self, line: str = "") -> int:
        """Its exit code, after a line was pasted."""
        self.told += self.process.communicate(line, timeout=LONG)[0]
        return self.process.returncode


def test_a_browser_on_this_machine_is_opened(config: str, tmp_path: Path) -> None:
    script = tmp_path / "browser.py"
    script.write_text(
        "import re, sys, html, requests\n"
        "page = requests.get(sys.argv[1], timeout=60)\n"
        'link = html.unescape(re.findall(\'href="([^"]+)">Allow\', page.text)[0])\n'
        "requests.get(requests.compat.urljoin(page.url, link), timeout=60)\n"
    )

    terminal = Terminal(config, "--port", "0", BROWSER=f"{sys.executable} {script} %s")

    assert terminal.end() == 0
    assert "Signed in to CRMOffice" in terminal.told
    assert "code=" not in terminal.told


def test_without_a_browser_the_address_is_printed(config: str) -> None:
    terminal = Terminal(config, "--port", "0", "--no-browser", BROWSER="false %s")
    allow(terminal.address())

    assert terminal.end() == 0
    assert "code=" not in terminal.told


def test_an_address_of_another_machines_browser_may_be_pasted(
    config: str, settings: dict[str, Any]
) -> None:
    terminal = Terminal(config, "--paste")
    brought = pressed(terminal.address())
    assert brought.startswith("http://127.0.0.1:8400/callback?")

    assert terminal.end(f"{brought}\n") == 0
    assert brought not in terminal.told
    assert "code=" not in terminal.told
    assert json.loads(Path(settings["token_file"]).read_text())["refresh_token"]


@pytest.mark.parametrize("line", ["", "\n", "http://[\n", "made-up\n", "/callback?code=a&state=b"])
def test_another_address_that_is_pasted_is_refused(config: str, line: str) -> None:
    terminal = Terminal(config, "--paste", LOGLEVEL="INFO")

    assert terminal.end(line) == 1
    assert "the pasted address is not the one that this sign-in ends on" in terminal.told
    assert "Traceback" not in terminal.told
