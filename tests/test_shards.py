"""Several machines at once: shards of one stream, each in processes of its own, on PostgreSQL."""

from __future__ import annotations

import csv
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.testing import RunningSandbox

from tests.command_line import BIN
from tests.footers import assert_one_board, comment_of_each_activity
from tests.office import NO_WAITING
from tests.pipelines import Pipeline, StoreOffice, pipeline
from tests.shipped import plugin_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHARDS = 4
TO_TRELLO = ("tap-crmoffice", "target-trello")
TO_CRMOFFICE = ("tap-trello", "target-crmoffice")
PARENTS = ("companies", "contacts", "users")
PATIENCE = 60  # seconds


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[StoreOffice]:
    """The whole seed data on both sides, and a link store in PostgreSQL."""
    with RunningSandbox(seed=True, process=True, **NO_WAITING) as box:
        yield StoreOffice(box, tmp_path, url=database_url)


class Shards:
    """Starts shards of the activities, each with its own bookmark."""

    def __init__(self, office: StoreOffice, stack: ExitStack) -> None:
        self.office = office
        self._stack = stack
        self._numbers = count()
        self._states: dict[int, Any] = {}

    def start(self, number: int, **settings: Any) -> Pipeline:
        stream_maps = plugin_config("target-trello")["stream_maps"]
        stream_maps["activities"]["__filter__"] = f"int(md5(id), 16) % {SHARDS} == {number}"
        return self._stack.enter_context(
            pipeline(
                self.office,
                TO_TRELLO,
                self.office.folder / f"shard-{number}-{next(self._numbers)}",
                streams=["activities"],
                state=self._states.get(number),
                shard=f"{number} of {SHARDS}",
                stream_maps=stream_maps,
                max_workers=2,
                **settings,
            )
        )

    def end(self, number: int, shard: Pipeline) -> None:
        assert shard.wait() == 0, shard.log
        self._states[number] = shard.state

    def run(self, **settings: Any) -> None:
        """Run all of them at the same time."""
        for number, shard in enumerate([self.start(each, **settings) for each in range(SHARDS)]):
            self.end(number, shard)


@pytest.fixture
def shards(office: StoreOffice) -> Iterator[Shards]:
    with ExitStack() as stack:
        yield Shards(office, stack)


@pytest.fixture(params=["postgresql", "sqlite"])
def either_store(request: pytest.FixtureRequest, office: StoreOffice) -> None:
    if request.param == "sqlite":
        office.url = f"sqlite:///{office.folder / 'links.db'}"


def run(office: StoreOffice, names: tuple[str, str], folder: str, **settings: Any) -> None:
    with pipeline(office, names, office.folder / folder, **settings) as started:
        assert started.wait() == 0, started.log


def link_parents(office: StoreOffice) -> None:
    run(office, TO_TRELLO, "parents", streams=PARENTS)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end


def links(office: StoreOffice, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "links", "--links-url", office.links_url, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def linked(office: StoreOffice) -> dict[str, str]:
    """Comment by activity, as `links export` tells it."""
    path = office.folder / "links.csv"
    exported = links(office, "export", str(path))
    assert exported.returncode == 0, exported.stderr
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["a_stream"] == "activities"]
    assert {row["state"] for row in rows} == {"linked"}
    return {row["a_id"]: row["b_id"] for row in rows}


def assert_each_activity_has_its_own_comment(office: StoreOffice) -> None:
    assert linked(office) == comment_of_each_activity(office)


def test_shards_that_run_at_once_write_each_record_once_though_one_of_them_is_killed(
    office: StoreOffice, shards: Shards
) -> None:
    link_parents(office)
    office.box.add_fault("latency", system="trello", method="POST", path="comments", seconds=0.05)
    office.box.reset_requests()
    begun = [shards.start(number) for number in range(SHARDS)]
    wait_until(lambda: office.box.writes() > 40)
    victim = begun[2]
    victim.kill()
    assert victim.target.returncode == -9
    assert victim.state is None
    begun[2] = shards.start(2)
    for number, shard in enumerate(begun):
        shards.end(number, shard)
    assert "taken over" in begun[2].log
    assert_each_activity_has_its_own_comment(office)
    assert_one_board(office)
    office.box.reset_requests()
    shards.run()
    run(office, TO_TRELLO, "whole")
    assert office.box.writes() == 0


@pytest.mark.usefixtures("either_store")
def test_shards_that_all_find_no_board_make_one(office: StoreOffice, shards: Shards) -> None:
    link_parents(office)
    office.box.add_fault("latency", system="trello", path="/members/me/boards$", seconds=0.5)
    office.box.add_fault("latency", system="trello", method="POST", path="/1/boards$", seconds=0.5)
    shards.run()
    assert_one_board(office)
    assert_each_activity_has_its_own_comment(office)
