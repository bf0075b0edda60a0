from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from linked_target.cli.main import links
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.holder import LEASE, wait_until_free
from linked_target.store.links import Link, Links, StreamPair
from linked_target.store.queue import Queue
from linked_target.store.run_lock import RunLock
from linked_target.store.runs import Run, StreamCounts, record_run
from linked_target.store.transactions import Transactions

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


def joined(engine: Engine, source_id: str, destination_id: str) -> Link:
    links_of = Links(Transactions(engine), "crmoffice", "trello")
    record = {"id": source_id}
    row = links_of.note_unmatched(COMPANIES, source_id, record, "new")
    return links_of.join(row, destination_id, source_record=record, destination_record={})


def at_work(engine: Engine) -> RunLock:
    systems = ("crmoffice", "trello")
    return RunLock(engine, systems=systems, direction="trello", program="target-trello")


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


def test_runs_shows_as_many_of_the_last_ones_as_are_wanted(url: str, engine: Engine) -> None:
    for number in range(4):
        recorded(engine, "crmoffice", "trello", read=number)
    recorded(engine, "trello", "crmoffice", read=4)
    told = json.loads(run(url, "runs", "--last", "3", "--format", "json").output)
    assert [each["streams"][0]["counts"]["read"] for each in told] == [2, 3, 4]
    assert run(url, "runs", "--last", "9").output.count("crmoffice to trello") == 4


@pytest.mark.usefixtures("engine")
def test_runs_says_so_when_there_was_none(url: str) -> None:
    assert run(url, "runs").output.strip() == "No run yet."


@pytest.mark.parametrize(
    "command",
    [
        ["runs"],
        ["status"],
        ["failures"],
        ["orphans"],
        ["check"],
        ["export", "-"],
        ["report", "--out", "-"],
        ["unlink", "a", "b", "c", "d", "e", "f"],
    ],
)
def test_a_store_that_does_not_exist_is_an_error_and_is_not_made(
    tmp_path: Path, command: list[str]
) -> None:
    result = run(f"sqlite:///{tmp_path / 'typo.db'}", *command)
    assert result.exit_code == 1
    assert "there is no link store" in result.output
    assert list(tmp_path.iterdir()) == []


def test_status_counts_links_by_stream_and_state(url: str, engine: Engine) -> None:
    links_of = Links(Transactions(engine), "crmoffice", "trello")
    for number in ("1", "2"):
        joined(engine, number, f"o{number}")
    links_of.note_unmatched(COMPANIES, "3", {"id": "3"}, "no partner")
    run(url, "link", "crmoffice", "companies", "4", "trello", "organizations", "o4", "--yes")
    output = run(url, "status").output
    row = next(line for line in output.splitlines() if "companies" in line)
    cells = [cell.strip() for cell in row.split("│")][1:-1]
    assert cells == ["crmoffice companies with trello organizations", *"211000", "", ""]
    assert "At work" not in output


def test_status_tells_who_is_at_work(url: str, engine: Engine) -> None:
    with at_work(engine):
        output = run(url, "status").output
    assert f"At work: target-trello, pid {os.getpid()} on " in output


def test_failures_lists_the_record_and_the_apis_words(url: str, engine: Engine) -> None:
    Queue(Transactions(engine), "crmoffice", "trello").fail(
        COMPANIES, "17", {"id": "17"}, "invalid value for x"
    )
    output = run(url, "failures").output
    assert "crmoffice companies 17" in output
    assert "invalid value for x" in output


def test_check_fails_while_a_record_is_failed(url: str, engine: Engine) -> None:
    assert run(url, "check").exit_code == 0
    queue = Queue(Transactions(engine), "crmoffice", "trello")
    queue.fail(COMPANIES, "17", {"id": "17"}, "invalid value for x")
    result = run(url, "check")
    assert result.exit_code == 1
    assert "1 records failed" in result.output
    queue.remove(COMPANIES, ["17"])
    assert run(url, "check").exit_code == 0


def test_check_fails_while_somebody_has_to_decide_about_an_orphaned_record(
    url: str, engine: Engine
) -> None:
    link = joined(engine, "17", "o17")
    links_of = Links(Transactions(engine), "crmoffice", "trello")
    links_of.orphan(link, "trello")
    assert run(url, "check").exit_code == 0
    links_of.orphan(link, "trello", "it was edited afterwards")
    result = run(url, "check")
    assert result.exit_code == 1
    assert "1 orphaned records need a decision (see: links orphans)" in result.output
    run(url, "unlink", "crmoffice", "companies", "17", "trello", "organizations", "o17", "--yes")
    assert run(url, "check").exit_code == 0


def test_orphans_lists_the_survivor_what_is_gone_and_the_reason(url: str, engine: Engine) -> None:
    links_of = Links(Transactions(engine), "crmoffice", "trello")
    links_of.orphan(joined(engine, "16", "o16"), "crmoffice")
    links_of.orphan(joined(engine, "17", "o17"), "trello", "it was edited afterwards")
    rows = [line for line in run(url, "orphans").output.splitlines() if "companies" in line]
    cells = [[cell.strip() for cell in row.split("│")][1:-1] for row in rows]
    assert [cell[1] for cell in cells] == ["crmoffice companies 17", "trello organizations o16"]
    assert [cell[2] for cell in cells] == ["trello organizations o17", "crmoffice companies 16"]
    assert [cell[4] for cell in cells] == ["it was edited afterwards", ""]


def test_wait_ends_at_once_when_nobody_is_at_work(url: str, tmp_path: Path) -> None:
    assert run(url, "wait").exit_code == 0
    assert list(tmp_path.iterdir()) == []
    engine = open_store(url)
    with at_work(engine):
        pass
    assert run(url, "wait").exit_code == 0
    engine.dispose()


def test_wait_gives_up_after_the_timeout_and_names_who_is_at_work(url: str, engine: Engine) -> None:
    with at_work(engine):
        result = run(url, "wait", "--timeout", "0.01")
    assert result.exit_code == 1
    assert "still at work after 0.01 seconds: target-trello, pid" in result.output


def test_wait_goes_on_until_the_last_run_is_over(engine: Engine) -> None:
    locks = [at_work(engine), RunLock(engine, systems=("a", "b"), direction="b")]
    for lock in locks:
        lock.acquire()
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        locks.pop().release()

    assert wait_until_free(engine, pause=pause) is None
    assert len(pauses) == 2


def test_who_died_is_not_waited_for(url: str, engine: Engine) -> None:
    with at_work(engine):
        long_ago = datetime.now(timezone.utc) - LEASE
        with engine.begin() as connection:
            connection.execute(tables.run_locks.update().values(renewed_at=long_ago))
        assert run(url, "wait").exit_code == 0


def test_a_wrong_address_is_told_in_one_line() -> None:
    result = run("nonsense://", "status")
    assert result.exit_code == 1
    assert "links_url" in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [[], *([name] for name in links.commands)])
def test_each_help_has_an_example(command: list[str]) -> None:
    assert "Example:" in CliRunner().invoke(links, [*command, "--help"]).output
