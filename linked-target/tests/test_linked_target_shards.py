"""A run of one shard: what its filter leaves out is the business of others."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from side_by_side import makers_of_one_thing, remembered_by_several
from singer_rest import SettingError, StopRun
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linked_target import Record
    from toy_bed import Bed

QUEUE = "SELECT source_id, status FROM queue ORDER BY source_id"
STATES = "SELECT a_id, state FROM links ORDER BY a_id"


@pytest.fixture
def bed(bed: Bed) -> Bed:
    """Two activities: a1 is in the shard of the odd ones, a2 in that of the even ones."""
    bed.office["activities"].put(id="a1", subject="call")
    bed.office["activities"].put(id="a2", subject="meet")
    return bed


def run_shard(bed: Bed, rest: int, records: Sequence[Record] | None = None, **reading: Any) -> None:
    """Run the shard of the activities whose number has this rest when it is halved."""
    maps: dict[str, Any] = deepcopy({"activities": TO_TRELLO["activities"]})
    maps["activities"]["__filter__"] = f"int(id[1:]) % 2 == {rest}"
    all_of_them = list(bed.office["activities"].records.values())
    told = {"activities": all_of_them if records is None else records}
    text = messages({"activities": OFFICE_SCHEMAS["activities"]}, told, **reading)
    bed.settings["shard"] = f"rest {rest}"
    try:
        bed.run(TargetToyTrello, bed.trello, maps, text)
    finally:
        del bed.settings["shard"]


def actions(bed: Bed) -> list[str]:
    return sorted(each["text"] for each in bed.trello["actions"].records.values())


def test_it_writes_its_own_records_and_no_others(bed: Bed) -> None:
    run_shard(bed, 1)
    assert actions(bed) == ["call"]
    run_shard(bed, 0)
    assert actions(bed) == ["call", "meet"]


def test_it_leaves_what_waits_for_another_shard_in_the_queue(bed: Bed) -> None:
    bed.settings["on_error"] = "keep"
    bed.trello["actions"].refuses = "too long"
    run_shard(bed, 0)
    bed.trello["actions"].refuses = None
    assert bed.rows(QUEUE) == [("a2", "failed")]
    run_shard(bed, 1)
    assert bed.rows(QUEUE) == [("a2", "failed")]
    run_shard(bed, 0, [])
    assert bed.rows(QUEUE) == []
    assert actions(bed) == ["call", "meet"]


def test_it_leaves_what_another_shard_is_creating_alone(bed: Bed) -> None:
    bed.trello["actions"].loses_answer = StopRun("no network")
    with pytest.raises(StopRun):
        run_shard(bed, 0)
    bed.trello["actions"].loses_answer = None
    run_shard(bed, 1)
    assert bed.rows(STATES) == [("a1", "linked"), ("a2", "intent")]
    run_shard(bed, 0, [])
    assert bed.rows(STATES) == [("a1", "linked"), ("a2", "linked")]
    assert actions(bed) == ["call", "meet"]


def test_it_completes_no_record_of_another_shard(bed: Bed) -> None:
    bed.office["activities"].edit("a2", ownerId="u1")
    run_shard(bed, 0)
    assert bed.open("pending") == ["memberCreator__id"]
    bed.office["users"].put(id="u1", fullName="Anna", email="anna@example.com")
    bed.trello["members"].put(id="m1", fullName="Anna", email="anna@example.com")
    told = {"users": list(bed.office["users"].records.values())}
    text = messages({"users": OFFICE_SCHEMAS["users"]}, told)
    bed.run(TargetToyTrello, bed.trello, {"users": TO_TRELLO["users"]}, text)
    run_shard(bed, 1)
    assert bed.open("pending") == ["memberCreator__id"]
    run_shard(bed, 0, [])
    assert bed.open("pending") == []


@pytest.mark.parametrize("policy", ["keep", "unlink", "delete"])
def test_it_takes_nothing_for_deleted(
    bed: Bed, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    bed.to_trello()
    bed.settings["on_delete"] = policy
    caplog.set_level("INFO")
    run_shard(bed, 1, [bed.office["activities"].records["a1"]], version=7)
    assert bed.rows(STATES) == [("a1", "linked"), ("a2", "linked")]
    assert actions(bed) == ["call", "meet"]
    assert "a shard takes nothing for deleted" in caplog.text


def test_it_needs_a_filter_for_each_stream(bed: Bed) -> None:
    bed.settings["shard"] = "north"
    with pytest.raises(SettingError, match=r"needs a __filter__ in the stream map of 'companies'"):
        bed.to_trello()
    assert bed.writes() == []


def test_of_several_at_once_one_makes_what_is_made_once(bed: Bed) -> None:
    assert makers_of_one_thing(bed.url) == 1


def test_several_may_remember_something_at_once(bed: Bed) -> None:
    assert remembered_by_several(bed.url) == "c1"
