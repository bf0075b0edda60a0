"""Rules R1 to R4 and R6: what an edit moves, and what costs nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from singer_rest import SettingError
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from toy_bed import Bed


def linked_activity(bed: Bed, **values: str) -> None:
    """One activity that is linked with an action and at rest."""
    defaults = {"id": "a1", "subject": "call", "startsAt": "2026-03-01T10:00:00Z"}
    bed.office["activities"].put(**{**defaults, **values})
    bed.both()
    bed.forget()


def test_a_new_record_is_created_once_and_then_costs_no_request(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call", startsAt="2026-03-01T10:00:00Z")
    bed.both()
    assert bed.trello["actions"].only()["text"] == "call"
    bed.forget()

    bed.both()

    assert bed.requests() == 0


def test_links_of_another_source_do_not_collide(bed: Bed) -> None:
    linked_activity(bed)
    bed.settings["source"] = "paper"

    bed.to_trello({"activities": [{"id": "a1", "subject": "from paper"}]})

    assert sorted(record["text"] for record in bed.trello["actions"].records.values()) == [
        "call",
        "from paper",
    ]


def test_numbers_and_texts_as_ids_mean_the_same_record(bed: Bed) -> None:
    bed.to_trello({"companies": [{"id": 7, "name": "Acme"}]})
    bed.to_trello({"companies": [{"id": "7", "name": "Acme AS"}]})

    assert bed.trello["organizations"].only()["displayName"] == "Acme AS"


def test_an_unmapped_property_changes_and_nothing_is_requested(bed: Bed) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", noise="new")

    bed.both()

    assert bed.requests() == 0


def test_a_record_equal_to_its_baseline_meets_no_map(bed: Bed) -> None:
    bed.to_trello({"companies": [{"id": "1", "name": "Acme", "noise": "4"}]})
    fails = {"companies": {"__alias__": "organizations", "displayName": "name[100]"}}
    text = messages(OFFICE_SCHEMAS, {"companies": [{"id": "1", "name": "Acme", "noise": "4"}]})

    bed.run(TargetToyTrello, bed.trello, {**TO_TRELLO, **fails}, text)

    assert bed.failed() == []


def test_the_last_of_several_versions_in_one_batch_counts(bed: Bed) -> None:
    versions = [{"id": "1", "name": "first"}, {"id": "1", "name": "last"}]

    bed.to_trello({"companies": versions})

    assert bed.trello["organizations"].writes == [("create", {"displayName": "last"})]


def test_an_edit_on_either_side_arrives_at_the_other(bed: Bed) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", subject="call again")
    bed.both()
    bed.trello["actions"].edit("n1", date="2026-04-01T10:00:00Z")
    bed.both()

    assert bed.trello["actions"].only()["text"] == "call again"
    assert bed.office["activities"].only()["startsAt"] == "2026-04-01T10:00:00Z"


def test_edits_of_different_properties_on_both_sides_both_survive(bed: Bed) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", subject="call again")
    bed.trello["actions"].edit("n1", date="2026-04-01T10:00:00Z")

    bed.both()

    assert bed.writes() == [
        ("update", {"startsAt": "2026-04-01T10:00:00Z"}),
        ("update", {"text": "call again"}),
    ]


def test_the_same_instant_written_differently_is_no_edit(bed: Bed) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", startsAt="2026-03-01T11:00:00.000+01:00")

    bed.both()

    assert bed.requests() == 0


@pytest.mark.parametrize("first", ["to_trello", "to_office"])
def test_two_rounds_after_any_edits_bring_rest(bed: Bed, first: str) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", subject="office", startsAt="2026-05-01T00:00:00Z")
    bed.trello["actions"].edit("n1", text="trello")
    bed.trello["actions"].put(id="n9", text="new")
    getattr(bed, first)()
    bed.both()
    bed.forget()

    bed.both()

    assert bed.writes() == []
    assert bed.trello["actions"].records["n1"]["text"] == "office"


def test_a_tap_that_repeats_an_old_version_does_not_undo_what_the_target_wrote(bed: Bed) -> None:
    linked_activity(bed)
    bed.trello["actions"].edit("n1", text="trello")
    bed.to_office()
    bed.forget()

    bed.both()

    assert bed.writes() == []


def test_what_the_server_made_of_a_written_value_does_not_come_back(bed: Bed) -> None:
    linked_activity(bed)
    bed.trello["actions"].overrides = {"text": "call ag..."}
    bed.office["activities"].edit("a1", subject="call again")
    bed.to_trello()
    bed.forget()

    bed.both()

    assert bed.requests() == 0
    assert bed.office["activities"].only()["subject"] == "call again"


def test_an_emptied_property_leaves_the_other_side_alone(bed: Bed) -> None:
    linked_activity(bed)
    bed.office["activities"].edit("a1", subject=None)
    bed.both()

    assert bed.trello["actions"].only()["text"] == "call"


def test_an_emptied_property_is_emptied_there_where_nulls_are_propagated(bed: Bed) -> None:
    linked_activity(bed)
    bed.settings["propagate_nulls"] = True
    bed.office["activities"].edit("a1", subject=None)
    bed.both()

    assert bed.trello["actions"].only()["text"] is None


def test_an_emptied_property_does_not_win_a_conflict(bed: Bed) -> None:
    linked_activity(bed)
    bed.settings["conflict_policy"] = "trello"
    bed.office["activities"].edit("a1", subject="better")
    bed.trello["actions"].edit("n1", text="")

    bed.both()

    assert bed.trello["actions"].only()["text"] == "better"
    assert bed.office["activities"].only()["subject"] == "better"


def test_properties_for_creation_only_are_sent_once(bed: Bed) -> None:
    maps = json.loads(json.dumps(TO_TRELLO))
    maps["activities"]["color"] = "noise"
    for noise in ("red", "blue"):
        text = messages(
            OFFICE_SCHEMAS, {"activities": [{"id": "a1", "subject": "x", "noise": noise}]}
        )
        bed.run(TargetToyTrello, bed.trello, maps, text)

    assert bed.writes() == [("create", {"text": "x", "color": "red"})]


def test_a_deleted_partner_orphans_the_link_and_is_not_created_again(bed: Bed) -> None:
    linked_activity(bed)
    bed.trello["actions"].records.clear()
    bed.office["activities"].edit("a1", subject="again")

    bed.to_trello()
    bed.office["activities"].edit("a1", subject="and again")
    bed.to_trello()

    assert bed.writes() == []
    assert bed.rows("SELECT state FROM links") == [("orphaned",)]


def test_more_records_than_a_page_of_the_store_are_not_created_twice(bed: Bed) -> None:
    bed.settings["batch_size_rows"] = 2000
    first = [{"id": f"x{n}", "subject": "a"} for n in range(1100)]
    second = [{"id": f"x{n}", "subject": "b"} for n in range(1100)]
    bed.to_trello({"activities": first})
    bed.to_trello({"activities": second})

    assert len(bed.trello["actions"].records) == 1100


def test_a_mapped_stream_that_the_target_lacks_is_refused_or_ignored(bed: Bed) -> None:
    text = messages({"boards": {"id": {"type": "string"}}}, {"boards": [{"id": "1"}]})

    with pytest.raises(SettingError, match="'boards' is none of organizations, members, actions"):
        bed.run(TargetToyTrello, bed.trello, {}, text)

    bed.settings["on_unknown_stream"] = "ignore"
    bed.run(TargetToyTrello, bed.trello, {}, text)


def test_an_orphaned_link_counts_again_when_the_partner_is_there_again(bed: Bed) -> None:
    bed.office["activities"].put(id="1", subject="Call")
    bed.to_trello()
    away = bed.trello["actions"].records.popitem()
    bed.office["activities"].edit("1", subject="Call again")
    bed.to_trello()
    bed.trello["actions"].records.update([away])
    bed.office["activities"].edit("1", subject="Call a third time")
    bed.to_trello()
    assert bed.trello["actions"].only()["text"] == "Call a third time"
    assert bed.rows("SELECT state FROM links") == [("linked",)]
