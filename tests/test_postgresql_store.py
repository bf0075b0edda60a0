"""The link store in PostgreSQL: both directions, and the command `links`, as processes."""

from __future__ import annotations

import csv
import subprocess
from typing import TYPE_CHECKING

import pytest
from sandbox.testing import RunningSandbox

from tests.command_line import BIN
from tests.office import NO_WAITING
from tests.pipelines import StoreOffice, pipeline
from tests.warehouses import empty_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIRECTIONS = (("tap-crmoffice", "target-trello"), ("tap-trello", "target-crmoffice"))


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[StoreOffice]:
    """The whole seed data on both sides, and a link store in PostgreSQL."""
    with RunningSandbox(seed=True, process=True, **NO_WAITING) as box:
        yield StoreOffice(box, tmp_path, url=database_url)


def sync(office: StoreOffice, name: str) -> list[int]:
    """Run both directions from no bookmark; their exit codes."""
    codes = []
    for number, names in enumerate(DIRECTIONS):
        with pipeline(office, names, office.folder / f"{name}-{number}") as started:
            codes.append(started.wait())
    return codes


def links(url: str, *arguments: str, code: int = 0) -> str:
    """Run the command; what it printed. It must end with the exit code."""
    ended = subprocess.run(
        [BIN / "links", "--links-url", url, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code, ended.stdout
    assert "Traceback" not in ended.stdout
    return ended.stdout


def exported(url: str, path: Path) -> list[tuple[str, ...]]:
    links(url, "export", str(path))
    with path.open(newline="") as file:
        return sorted(tuple(row.values()) for row in csv.DictReader(file))


def test_both_directions_come_to_rest_and_links_tells_of_them(
    office: StoreOffice, database_server: str
) -> None:
    assert sync(office, "first") == [0, 0]
    assert len(office.comments()) == len(office.activities()) == 300
    office.box.reset_requests()
    assert sync(office, "second") == [0, 0]
    assert office.box.writes() == 0
    assert "crmoffice activities with trello actions" in links(office.url, "status")
    assert "crmoffice to trello" in links(office.url, "runs")
    assert "trello to crmoffice" in links(office.url, "runs")
    links(office.url, "wait", "--timeout", "0")
    links(office.url, "orphans")
    links(office.url, "check")
    ours = exported(office.url, office.folder / "links.csv")
    other = empty_database(database_server, "others")
    links(other, "import", "--yes", str(office.folder / "links.csv"))
    assert exported(other, office.folder / "others.csv") == ours


def test_a_record_that_fails_is_listed_until_it_succeeds(office: StoreOffice) -> None:
    assert sync(office, "first") == [0, 0]
    call = office.crm("POST", "/activities", subject="Call", startsAt="2026-03-04T09:00:00Z")
    office.box.add_fault("status", system="trello", method="POST", path="comments", status=400)
    assert sync(office, "second") == [0, 0]
    assert str(call["id"]) in links(office.url, "failures")
    links(office.url, "check", code=1)
    office.box.clear_faults()
    assert sync(office, "third") == [0, 0]
    assert str(call["id"]) not in links(office.url, "failures")
    links(office.url, "check")
