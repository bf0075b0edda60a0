"""What was done about each record is kept for a while, and what each run cost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.history import LONGEST, events_of
from linked_target.store.runs import Usage, last_runs
from linked_target.summary import usage_of
from singer_rest import RestClient

if TYPE_CHECKING:
    from linked_target.store.history import Event
    from toy_bed import Bed

T1 = "2026-03-01T10:00:00Z"


def history(bed: Bed) -> list[Event]:
    engine = open_store(bed.url)
    with engine.connect() as connection:
        one, other = ("crmoffice", "activities", "a1"), ("trello", "actions", "n1")
        found = events_of(connection, one, other)
    engine.dispose()
    return found


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: Bed) -> None:
    """So that partners are made in the order of their records: a1 gets n1, and so on."""
    bed.settings["max_workers"] = 1


@pytest.fixture
def edited(bed: Bed) -> Bed:
    """An activity that was created, edited on both sides and then held."""
    bed.office["activities"].put(id="a1", subject="call")
    bed.office["activities"].put(id="a2", subject="another")
    bed.both()
    bed.office["activities"].edit("a1", subject="office")
    bed.trello["actions"].edit("n1", text="trello")
    bed.both()
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].edit("a1", startsAt=T1)
    bed.both()
    return bed


def test_the_history_tells_what_was_done_in_which_direction_with_the_values(edited: Bed) -> None:
    told = [(each.program, each.action, each.changes, each.detail) for each in history(edited)]
    assert told == [
        ("target-toy-trello", "create", {"text": (None, "call")}, None),
        ("target-toy-trello", "conflict", {"text": ("office", "trello")}, "crmoffice wins"),
        ("target-toy-trello", "update", {"text": ("trello", "office")}, None),
        ("target-toy-trello", "hold", {"date": (None, T1)}, "it is locked"),
    ]
    assert {(each.source_id, each.destination_id) for each in history(edited)} == {("a1", "n1")}


def test_the_history_of_both_directions_is_one(edited: Bed) -> None:
    edited.trello["actions"].edit("n1", text="again")
    edited.to_office()
    last = history(edited)[-1]
    assert (last.source, last.source_id, last.action) == ("trello", "n1", "update")
    assert last.changes == {"subject": ("office", "again")}


def test_a_round_without_edits_leaves_no_trace(edited: Bed) -> None:
    before = history(edited)
    edited.both()
    assert history(edited) == before


def test_a_long_value_is_cut(edited: Bed) -> None:
    edited.office["activities"].edit("a1", subject="x" * (LONGEST + 1))
    edited.to_trello()
    ((_, after),) = history(edited)[-1].changes.values()
    assert after == "x" * LONGEST + " …"


def test_what_is_older_than_the_setting_says_is_dropped(edited: Bed) -> None:
    engine = open_store(edited.url)
    long_ago = datetime.now(timezone.utc) - timedelta(days=31)
    with engine.begin() as connection:
        old = tables.history.update().where(tables.history.c.action == "create")
        connection.execute(old.values(at=long_ago))
    engine.dispose()
    edited.to_trello()
    assert history(edited)[0].action == "create"
    edited.settings["history_days"] = 30
    edited.to_trello()
    assert history(edited)[0].action == "conflict"


def test_a_dry_run_leaves_no_history(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    bed.settings["dry_run"] = True
    bed.to_trello()
    bed.settings["dry_run"] = False
    assert history(bed) == []


def test_a_run_tells_what_it_cost(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    client = RestClient("http://127.0.0.1:1", name="Office")
    with client.traffic.counted():
        client.traffic.note_wait(1.23456)
    client.traffic.note_too_many()
    assert usage_of(client) == Usage(1, 1.235, 1, None)

    monkeypatch.setattr("linked_target.summary.usage_of", lambda _: Usage(5, 0.5, 0, 10.0))
    bed.to_trello({})
    engine = open_store(bed.url)
    assert last_runs(engine)[0].usage == Usage(5, 0.5, 0, 10.0)
    engine.dispose()
