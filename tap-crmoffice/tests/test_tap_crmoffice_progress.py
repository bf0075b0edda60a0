"""What a person, or a log, sees of a read."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import Progress
from tap_crmoffice.harvest import Harvest
from tap_crmoffice.settings import client_from_settings

from tests.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox

TAP = Path(sys.executable).parent / "tap-crmoffice"
TIME_LIMIT = 60  # seconds
ESCAPE = "\x1b"


@pytest.fixture
def start_tap(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path
) -> Callable[..., subprocess.Popen[str]]:
    """Start the command, slow enough to be seen; its messages go into a pipe."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**settings, "page_size": 20}))

    def start(stderr: int, latency: float = 0.03, **variables: str) -> subprocess.Popen[str]:
        sandbox.add_fault("latency", system="crmoffice", path="activities", seconds=latency)
        return subprocess.Popen(
            [TAP, "--config", config],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            # the SDK warns of Python 3.10 at each start
            env={**os.environ, "TERM": "xterm", "PYTHONWARNINGS": "ignore", **variables},
        )

    return start


@pytest.fixture
def run_tap(start_tap: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[str, str]]:
    """Run the command to its end; return what it wrote to standard output and error."""

    def run(stderr: int, **options: Any) -> tuple[str, str]:
        with start_tap(stderr, **options) as tap:
            output, errors = tap.communicate(timeout=TIME_LIMIT)
        assert tap.returncode == 0
        return output, errors

    return run


def assert_only_messages(output: str) -> None:
    kinds = {json.loads(line)["type"] for line in output.splitlines()}
    assert kinds == {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION"}


def numbers(pattern: str, rows: list[str]) -> list[int]:
    """What the group of the pattern matched, without repetitions."""
    found = [int(match[1].replace(",", "")) for row in rows if (match := re.search(pattern, row))]
    return list(dict.fromkeys(found))


def test_at_a_terminal_a_person_sees_pages_and_records_go_up(
    run_tap: Callable[..., tuple[str, str]],
) -> None:
    with Screen() as screen:
        output, _ = run_tap(screen.end, latency=0.1)

    live = [row for row in screen.seen if row.startswith("activities  ")]
    first = [row for row in live if "read again" not in row]
    pages, records = numbers(r"(\d+) of 10 pages", first), numbers(r"(\d+) records", live)
    assert len(pages) > 2
    assert pages == sorted(pages)
    assert len(records) > 2
    assert records == sorted(records)
    assert numbers(r"read again  (\d+) of 10 pages", live)
    assert_only_messages(output)


def test_nothing_of_it_stays_and_the_log_is_whole(
    run_tap: Callable[..., tuple[str, str]],
) -> None:
    with Screen() as screen:
        run_tap(screen.end)

    *log, end = screen.rows
    assert end == ""
    assert log
    assert [row for row in log if not re.match(r"\d{4}-\d\d-\d\d .*\| INFO ", row)] == []


def test_a_run_that_is_interrupted_leaves_nothing_of_it_either(
    start_tap: Callable[..., subprocess.Popen[str]],
) -> None:
    with Screen() as screen, start_tap(screen.end, latency=0.1) as tap:
        assert screen.shows(r"^activities  \d of 10 pages")
        tap.send_signal(signal.SIGINT)
        output, _ = tap.communicate(timeout=TIME_LIMIT)

    assert {json.loads(line)["type"] for line in output.splitlines()} >= {"RECORD", "STATE"}
    assert [row for row in screen.rows if row.startswith("activities")] == []
    assert screen.rows[-1] == ""


@pytest.mark.parametrize("variables", [{"TAP_CRMOFFICE_LOGLEVEL": "WARNING"}, {"TERM": "dumb"}])
def test_the_log_level_or_a_dumb_terminal_switches_it_off(
    run_tap: Callable[..., tuple[str, str]], variables: dict[str, str]
) -> None:
    with Screen() as screen:
        run_tap(screen.end, **variables)

    assert ESCAPE not in screen.raw
    assert [row for row in screen.seen if row.startswith("activities")] == []


def test_in_a_pipe_there_is_plain_text_with_metrics_and_no_secret(
    run_tap: Callable[..., tuple[str, str]], settings: dict[str, Any]
) -> None:
    output, errors = run_tap(subprocess.PIPE)

    assert_only_messages(output)
    assert ESCAPE not in errors
    assert "\r" not in errors
    points = [json.loads(line) for line in re.findall(r"METRIC: (.*)", errors)]
    requests = {
        (point["tags"]["stream"], point["tags"]["endpoint"]): point["value"]
        for point in points
        if point["metric"] == "http_request_count"
    }
    assert requests == {
        ("companies", "/companies"): 4,
        ("users", "/users"): 1,
        ("contacts", "/contacts"): 8,
        ("activities", "/activities"): 20,
    }
    assert {point["metric"] for point in points} == {
        "http_request_count",
        "record_count",
        "sync_duration",
    }
    kept = json.loads(Path(settings["token_file"]).read_text())
    for secret in (settings["client_secret"], settings["refresh_token"], kept["access_token"]):
        assert secret not in errors


@pytest.mark.parametrize(
    ("tells_total", "told"),
    [
        (True, "activities: 4 of 4 pages, 200 records so far"),
        (False, "activities: 4 pages, 200 records so far"),
    ],
)
def test_pages_are_told_with_their_number_where_the_api_tells_a_total(
    sandbox: RunningSandbox, settings: dict[str, Any], *, tells_total: bool, told: str
) -> None:
    sandbox.switch(total_count=tells_total)
    lines: list[str] = []

    def log(message: str, *args: object, **_: object) -> None:
        lines.append(message % args)

    client = client_from_settings({**settings, "page_size": 50})
    with Progress("activities", log, every=0.0) as progress:
        for _ in Harvest(client, "activities").shown_on(progress):
            progress.count()

    assert lines[-1] == told
