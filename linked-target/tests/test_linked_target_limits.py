"""Settings that bound a run: how much it may create, and how many requests go side by side."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import OutcomeUnknown, StopRun
from toy_bed import new_bed

if TYPE_CHECKING:
    from pathlib import Path

    from toy_bed import Bed


def put_some(bed: Bed) -> None:
    """Two companies and three activities, two of which refer to the companies."""
    for number in ("1", "2"):
        bed.office["companies"].put(id=number, name=f"Company {number}")
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}", company__id=number)
    bed.office["activities"].put(id="a3", subject="call nobody")


def created(bed: Bed) -> list[str]:
    return [call for call, _ in bed.writes() if call == "create"]


@pytest.mark.parametrize("batch", [1, 500])
def test_a_run_that_would_create_too_much_creates_nothing(
    bed: Bed, batch: int, capsys: pytest.CaptureFixture[str]
) -> None:
    put_some(bed)
    bed.settings |= {"max_creates": 4, "batch_size_rows": batch}

    with pytest.raises(StopRun, match="5 records would be created, and max_creates is 4"):
        bed.to_trello()

    assert bed.writes() == []
    assert bed.rows("SELECT * FROM links") == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("batch", [1, 500])
def test_as_many_as_are_allowed_are_created(bed: Bed, batch: int) -> None:
    put_some(bed)
    bed.settings |= {"max_creates": 5, "batch_size_rows": batch}
    bed.to_trello()

    assert len(created(bed)) == 5
    boards = {
        record["text"]: record.get("board") for record in bed.trello["actions"].records.values()
    }
    names = {
        record_id: record["displayName"]
        for record_id, record in bed.trello["organizations"].records.items()
    }
    assert {text: names.get(board) for text, board in boards.items()} == {
        "call 1": "Company 1",
        "call 2": "Company 2",
        "call nobody": None,
    }
    assert bed.rows("SELECT * FROM queue") == []
    assert bed.open("pending") == []


def test_a_limit_of_none_at_all_allows_edits_and_matches(bed: Bed) -> None:
    put_some(bed)
    bed.to_trello()
    bed.forget()
    bed.settings["max_creates"] = 0
    bed.office["activities"].edit("a1", subject="call again")
    bed.office["companies"].put(id="3", name="Acme")
    bed.trello["organizations"].put(id="o9", displayName="Acme")
    bed.to_trello()

    assert bed.writes() == [("update", {"text": "call again"})]
    assert bed.rows("SELECT b_id FROM links WHERE a_id = '3'") == [("o9",)]


def test_what_a_stopped_run_did_not_create_is_created_once_the_limit_allows_it(bed: Bed) -> None:
    put_some(bed)
    bed.settings["max_creates"] = 4
    with pytest.raises(StopRun):
        bed.to_trello()
    bed.settings["max_creates"] = 5
    bed.to_trello({})

    assert len(created(bed)) == 5
    assert bed.open("pending") == []
    bed.forget()
    bed.both()
    assert bed.writes() == []


def test_records_that_may_have_no_partner_do_not_count(bed: Bed) -> None:
    put_some(bed)
    bed.settings |= {"max_creates": 3, "create": {"organizations": False}}
    bed.to_trello()

    assert len(created(bed)) == 3


def test_what_failed_before_counts(bed: Bed) -> None:
    put_some(bed)
    bed.settings |= {"on_error": "keep", "create": {"organizations": False}}
    bed.trello["actions"].refuses = "not now"
    bed.to_trello()
    bed.trello["actions"].refuses = None
    bed.settings["max_creates"] = 2

    with pytest.raises(StopRun, match="3 records would be created"):
        bed.to_trello({})
    assert bed.writes() == []

    bed.settings["max_creates"] = 3
    bed.to_trello({})
    assert len(created(bed)) == 3
    assert bed.failed() == []


def test_records_that_were_unlinked_so_far_count_when_they_may_be_created(bed: Bed) -> None:
    put_some(bed)
    bed.settings["create"] = {"organizations": False, "actions": False}
    bed.to_trello()
    bed.settings |= {"create": {}, "max_creates": 4}

    with pytest.raises(StopRun, match="5 records would be created"):
        bed.to_trello({})
    assert bed.writes() == []


def test_an_intent_that_made_something_is_adopted_and_does_not_count(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    bed.trello["actions"].loses_answer = StopRun("no network")
    with pytest.raises(StopRun):
        bed.to_trello()
    bed.trello["actions"].loses_answer = None
    bed.forget()
    bed.settings["max_creates"] = 0
    bed.to_trello()

    assert bed.writes() == []
    assert bed.rows("SELECT b_id, state FROM links") == [("n1", "linked")]


def test_an_intent_that_made_nothing_counts(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    bed.trello["actions"].stops = StopRun("no network")
    with pytest.raises(StopRun, match="no network"):
        bed.to_trello()
    bed.trello["actions"].stops = None
    bed.settings["max_creates"] = 0

    with pytest.raises(StopRun, match="1 records would be created"):
        bed.to_trello()
    assert bed.writes() == []


def test_a_new_partner_for_a_record_that_lost_its_own_counts(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    bed.to_trello()
    bed.forget()
    bed.trello["actions"].remove("n1")
    bed.office["activities"].edit("a1", subject="call again")
    bed.settings |= {"on_delete": "unlink", "max_creates": 0}

    with pytest.raises(StopRun, match="1 records would be created"):
        bed.to_trello()
    assert bed.writes() == []

    bed.settings["max_creates"] = 1
    bed.to_trello({})
    assert bed.writes() == [("create", {"text": "call again"})]


def test_a_record_counts_once_however_often_it_comes(bed: Bed) -> None:
    bed.settings |= {"max_creates": 1, "batch_size_rows": 1}
    versions = [{"id": "a1", "subject": text} for text in ("one", "two", "three")]
    bed.to_trello({"activities": versions})

    assert bed.writes() == [("create", {"text": "three"})]


def test_a_lost_answer_within_the_limit_is_looked_for(bed: Bed) -> None:
    bed.settings["max_creates"] = 1
    bed.office["activities"].put(id="a1", subject="call")
    bed.trello["actions"].loses_answer = OutcomeUnknown("the answer was lost")
    bed.to_trello()

    assert len(created(bed)) == 1
    assert bed.rows("SELECT b_id, state FROM links") == [("n1", "linked")]


def story(folder: Path, workers: int) -> dict[str, Any]:
    """Creations, edits, conflicts, matches, holds and deletions; what is there in the end."""
    bed = new_bed(folder, max_workers=workers, on_delete="delete", on_error="keep")
    for tables in (bed.office, bed.trello):
        for table in tables.values():
            table.name_by_source = True
    for number in range(12):
        bed.office["companies"].put(id=f"c{number}", name=f"Company {number}")
        bed.office["activities"].put(
            id=f"a{number}", subject=f"call {number}", company__id=f"c{number % 5}"
        )
        bed.trello["actions"].put(id=f"t{number}", text=f"note {number}")
        bed.trello["organizations"].put(id=f"o{number}", displayName=f"company {number + 6}")
    bed.both()
    for number in range(0, 12, 2):
        bed.office["activities"].edit(f"a{number}", subject=f"office {number}")
        bed.trello["actions"].edit(f"n-a{number}", text=f"trello {number}", date="2026-03-01")
        bed.office["activities"].edit(f"a-t{number}", startsAt=f"2026-04-{number + 1:02}")
    bed.trello["actions"].locked = {"board"}
    bed.office["activities"].edit("a1", company__id="c7")
    bed.office["activities"].remove("a3")
    bed.trello["actions"].remove("n-a5")
    bed.both(version=7)
    bed.both(version=8)
    return {
        "office": {name: table.records for name, table in bed.office.items()},
        "trello": {name: table.records for name, table in bed.trello.items()},
        "links": sorted(bed.rows("SELECT a_id, b_id, state, a_record, b_record FROM links")),
        "open": sorted(bed.rows("SELECT name, kind, value FROM open_properties")),
        "queue": bed.rows("SELECT source_id, error FROM queue"),
    }


def test_one_worker_and_many_come_to_the_same_result(tmp_path: Path) -> None:
    results = []
    for workers in (1, 16):
        folder = tmp_path / str(workers)
        folder.mkdir()
        results.append(story(folder, workers))

    assert results[0] == results[1]
    assert len(results[0]["links"]) == 40
    assert json.loads(results[0]["open"][0][2]) == "o1"


def test_requests_of_several_records_are_under_way_at_once(bed: Bed) -> None:
    bed.settings["max_workers"] = 4
    barrier = threading.Barrier(4)

    def meet(*_: Any) -> None:
        barrier.wait(20)

    table = bed.trello["actions"]
    table.lock = NoLock()  # type: ignore[assignment]
    table.before_write = meet
    for number in range(4):
        bed.office["activities"].put(id=f"a{number}", subject=f"call {number}")
    bed.to_trello()

    assert len(created(bed)) == 4


class NoLock:
    """Lets everybody in."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
