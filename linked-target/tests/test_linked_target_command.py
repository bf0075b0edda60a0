from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from linked_target.cli import links
from linked_target.links import Links, StreamPair
from linked_target.queue import Queue
from linked_target.runs import Run, StreamCounts, record_run
from linked_target.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
COMPANIES = StreamPair("companies", "organizations")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'links.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    yield engine
    engine.dispose()


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(links, ["--links-url", url, *arguments])


def recorded(engine: Engine, source: str, destination: str, **counts: int) -> None:
    streams = [StreamCounts("companies", "organizations", counts)]
    record_run(engine, Run(source, destination, NOON, NOON, "ok", streams))


def test_runs_shows_the_newest_run_of_each_direction_only(url: str, engine: Engine) -> None:
    recorded(engine, "crmoffice", "trello", read=7)
    recorded(engine, "crmoffice", "trello", read=25, created=23)
    recorded(engine, "trello", "crmoffice", read=3)
    output = run(url, "runs").output
    assert "crmoffice to trello" in output
    assert "trello to crmoffice" in output
    row = next(line for line in output.splitlines() if "25" in line)
    assert "companies to organizations" in row
    assert "23" in row
    assert " 7 " not in output


@pytest.mark.usefixtures("engine")
def test_runs_says_so_when_there_was_none(url: str) -> None:
    assert run(url, "runs").output.strip() == "No run yet."


@pytest.mark.parametrize("command", ["runs", "status", "failures", "check"])
def test_a_store_that_does_not_exist_is_an_error_and_is_not_made(
    tmp_path: Path, command: str
) -> None:
    result = run(f"sqlite:///{tmp_path / 'typo.db'}", command)
    assert result.exit_code == 1
    assert "there is no link store" in result.output
    assert list(tmp_path.iterdir()) == []


def test_status_counts_links_by_stream_and_state(url: str, engine: Engine) -> None:
    store = Links(engine, "crmoffice", "trello")
    for number in ("1", "2"):
        row = store.note_unmatched(COMPANIES, number, {"id": number}, "no partner")
        store.join(row, f"o{number}", source_record={"id": number}, destination_record={})
    store.note_unmatched(COMPANIES, "3", {"id": "3"}, "no partner")
    output = run(url, "status").output
    row = next(line for line in output.splitlines() if "companies" in line)
    cells = [cell.strip() for cell in row.split("│")][1:-1]
    assert cells == ["crmoffice companies with trello organizations", "2", "1", "0", "0", "0"]


def test_failures_lists_the_record_and_the_apis_words(url: str, engine: Engine) -> None:
    Queue(engine, "crmoffice", "trello").fail(COMPANIES, "17", {"id": "17"}, "invalid value for x")
    output = run(url, "failures").output
    assert "crmoffice companies 17" in output
    assert "invalid value for x" in output


def test_check_fails_while_a_record_is_failed(url: str, engine: Engine) -> None:
    assert run(url, "check").exit_code == 0
    queue = Queue(engine, "crmoffice", "trello")
    queue.fail(COMPANIES, "17", {"id": "17"}, "invalid value for x")
    result = run(url, "check")
    assert result.exit_code == 1
    assert "1 records failed" in result.output
    queue.remove(COMPANIES, ["17"])
    assert run(url, "check").exit_code == 0


def test_a_wrong_address_is_told_in_one_line() -> None:
    result = run("nonsense://", "status")
    assert result.exit_code == 1
    assert "links_url" in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [[], ["runs"], ["status"], ["failures"], ["check"]])
def test_each_help_has_an_example(command: list[str]) -> None:
    assert "Example:" in CliRunner().invoke(links, [*command, "--help"]).output
