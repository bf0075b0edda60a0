from __future__ import annotations

import shlex
import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner, Result
from sandbox.cli import main
from sandbox.testing import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Command:
    """The command line over one folder and port."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self._env = {"SANDBOX_DATA": str(data), "SANDBOX_PORT": str(self.port)}

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=self._env)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    made = Command(tmp_path / "state")
    yield made
    made("stop")


def test_a_sandbox_starts_once_and_stops(command: Command) -> None:
    first, second = command("start"), command("start")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "started" in first.output
    assert "already running" in second.output
    assert "25 companies" in command("status").output
    page = requests.get(f"http://127.0.0.1:{command.port}/", timeout=10)
    assert "CRMOffice and Trello" in page.text
    assert "stopped" in command("stop").output
    assert command("status").exit_code == 1
    assert "not running" in command("stop").output


def test_the_page_of_a_sandbox_in_the_background_runs_what_it_was_started_with(
    command: Command, tmp_path: Path
) -> None:
    words = shlex.join([sys.executable, "-c", "print('it is', 'me')"])
    command("start", "--sync", words, "--links", str(tmp_path / "links.db"))
    url = f"http://127.0.0.1:{command.port}/page"
    assert requests.get(f"{url}/start", timeout=10).json()["sync"] == words
    told = requests.get(f"{url}/rows", timeout=10).json()
    assert told["unknown"] == "Nothing has been synced yet."
    assert requests.post(f"{url}/sync", timeout=10).status_code == 202
    report = {"running": True}
    deadline = time.monotonic() + 20
    while report["running"]:
        assert time.monotonic() < deadline
        report = requests.get(f"{url}/sync", timeout=10).json()["sync"]
    assert report["log"] == ["it is me"]


def test_a_sync_that_is_no_command_is_one_clear_line(command: Command) -> None:
    answer = command("start", "--sync", "echo 'open")
    assert answer.exit_code == 1
    assert answer.output == "sandbox: --sync is no command: No closing quotation\n"


def test_a_reset_works_running_and_stopped(command: Command) -> None:
    assert command("reset", "--empty").exit_code == 0
    command("start")
    assert "companies" not in command("status").output
    assert command("reset").exit_code == 0
    assert "25 companies" in command("status").output


def test_a_taken_port_is_one_clear_line(command: Command) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", command.port))
        answer = command("start")
    assert answer.exit_code == 1
    assert f"port {command.port}" in answer.output
    assert len(answer.output.splitlines()) == 1


def test_a_record_outlives_a_restart(tmp_path: Path) -> None:
    with RunningSandbox(data=tmp_path) as box:
        headers = box.bearer()
        body = {"name": "Varig AS"}
        created = requests.post(f"{box.crm_url}/companies", json=body, headers=headers, timeout=10)
    with RunningSandbox(data=tmp_path) as box:
        path = f"{box.crm_url}/companies/{created.json()['id']}"
        assert requests.get(path, headers=box.bearer(), timeout=10).json()["name"] == "Varig AS"
