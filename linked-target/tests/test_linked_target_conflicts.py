"""Rules R5 and R7: conflicts, and properties that are held."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import SettingError

if TYPE_CHECKING:
    from toy_bed import Bed

T1, T2, T3 = "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"


@pytest.fixture
def linked(bed: Bed) -> Bed:
    """One activity linked with an action, at rest."""
    bed.office["activities"].put(id="a1", subject="call", startsAt=T1)
    bed.both()
    bed.forget()
    return bed


def edit_both(bed: Bed) -> None:
    bed.office["activities"].edit("a1", subject="office", startsAt=T2)
    bed.trello["actions"].edit("n1", text="trello", date=T3)


def sides(bed: Bed) -> dict[str, tuple[Any, Any]]:
    office, trello = bed.office["activities"].only(), bed.trello["actions"].only()
    return {
        "text": (office["subject"], trello["text"]),
        "date": (office["startsAt"], trello["date"]),
    }


@pytest.mark.parametrize("first", ["to_trello", "to_office"])
@pytest.mark.parametrize(
    ("policy", "text", "date"),
    [
        ("crmoffice", "office", T2),
        ("trello", "trello", T3),
        ({"actions": "trello"}, "trello", T3),
        ({"activities": "trello"}, "trello", T3),
        ({"companies": "trello"}, "office", T2),
        ({"actions": {"text": "trello", "subject": "trello"}}, "trello", T2),
        ({"actions": {"date": "trello"}, "activities": {"startsAt": "trello"}}, "office", T3),
    ],
)
def test_a_conflict_is_decided_by_system_stream_or_property(
    linked: Bed, first: str, policy: Any, text: str, date: str
) -> None:
    linked.settings["conflict_policy"] = policy
    edit_both(linked)

    getattr(linked, first)()
    linked.both()

    assert sides(linked) == {"text": (text, text), "date": (date, date)}


def test_both_values_of_a_conflict_are_logged(
    linked: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    edit_both(linked)
    caplog.set_level(logging.WARNING)

    linked.to_trello()

    assert (
        "conflict in activities a1, text: crmoffice has 'office', trello has 'trello'; "
        "crmoffice wins" in caplog.text
    )


def test_the_same_edit_on_both_sides_is_no_conflict(
    linked: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    linked.office["activities"].edit("a1", subject="same")
    linked.trello["actions"].edit("n1", text="same ")
    linked.both()

    assert linked.writes() == []
    assert "conflict" not in caplog.text


def test_a_policy_of_neither_system_is_refused(linked: Bed) -> None:
    linked.settings["conflict_policy"] = {"actions": {"text": "jira"}}
    with pytest.raises(SettingError, match="'jira': use crmoffice or trello"):
        linked.to_trello()


def test_between_other_systems_the_source_wins(linked: Bed) -> None:
    linked.settings["source"] = "paper"
    linked.to_trello({"activities": [{"id": "p1", "subject": "one"}]})
    linked.trello["actions"].edit("n2", text="trello")

    linked.to_trello({"activities": [{"id": "p1", "subject": "two"}]})

    assert linked.trello["actions"].records["n2"]["text"] == "two"


def hold(bed: Bed) -> None:
    """An edit of the start that Trello can't take."""
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].edit("a1", startsAt=T2)
    bed.to_trello()


def test_what_cannot_be_written_is_held_with_the_reason_and_not_requested_again(
    linked: Bed,
) -> None:
    hold(linked)
    linked.both()
    linked.both()

    assert linked.requests() == 0
    rows = linked.rows("SELECT name, kind, value, reason FROM open_properties")
    assert rows == [("date", "held", f'"{T2}"'.encode(), "it is locked")]


def test_a_winner_that_is_taken_back_before_it_arrives_arrives_as_it_is_then(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="call")
    bed.both()
    bed.office["activities"].edit("a1", subject="by crmoffice")
    bed.trello["actions"].edit("n1", text="by trello")
    bed.settings["conflict_policy"] = "trello"
    bed.to_trello()
    bed.trello["actions"].edit("n1", text="call")
    bed.both()

    assert bed.trello["actions"].only()["text"] == "call"
    assert bed.office["activities"].only()["subject"] == "call"


def test_a_held_property_is_written_once_it_can_be(linked: Bed) -> None:
    hold(linked)
    linked.trello["actions"].locked = set()
    linked.to_trello({})
    linked.both()

    assert linked.writes() == [("update", {"date": T2})]
    assert linked.open("held") == []


def test_other_properties_of_the_record_go_out_though_one_is_held(linked: Bed) -> None:
    linked.trello["actions"].locked = {"date"}
    linked.office["activities"].edit("a1", startsAt=T2, subject="office")
    linked.both()

    assert linked.writes() == [("update", {"text": "office"})]
    assert linked.open("held") == ["date"]


def test_the_newest_held_value_counts(linked: Bed) -> None:
    hold(linked)
    linked.office["activities"].edit("a1", startsAt=T3)
    linked.to_trello()
    linked.trello["actions"].locked = set()
    linked.both()

    assert linked.writes() == [("update", {"date": T3})]


def test_a_held_edit_that_is_taken_back_is_no_longer_held(linked: Bed) -> None:
    hold(linked)
    linked.office["activities"].edit("a1", startsAt=T1)
    linked.to_trello()

    assert linked.open("held") == []


@pytest.mark.parametrize(("policy", "kept"), [("crmoffice", T2), ("trello", T3)])
def test_an_edit_from_the_other_side_conflicts_with_what_is_held(
    linked: Bed, policy: str, kept: str
) -> None:
    linked.settings["conflict_policy"] = policy
    hold(linked)
    linked.trello["actions"].edit("n1", date=T3)
    linked.to_office()

    assert linked.office["activities"].only()["startsAt"] == kept
    assert linked.open("held") == (["date"] if policy == "crmoffice" else [])

    linked.trello["actions"].locked = set()
    linked.both()
    assert sides(linked)["date"] == (kept, kept)


def test_a_value_that_creation_ignored_and_that_is_not_writable_is_held(bed: Bed) -> None:
    bed.trello["actions"].overrides = {"date": T3}
    bed.trello["actions"].locked = {"date"}
    bed.office["activities"].put(id="a1", subject="call", startsAt=T1)
    bed.both()

    assert bed.open("held") == ["date"]
    assert bed.office["activities"].only()["startsAt"] == T1


def test_a_held_property_that_is_refused_later_rests_on_the_failed_list(linked: Bed) -> None:
    hold(linked)
    linked.settings["on_error"] = "keep"
    linked.trello["actions"].locked = set()
    linked.trello["actions"].refuses = "too old"
    for _ in range(5):
        linked.to_trello({})

    assert linked.failed() == [("a1", "too old")]
    assert linked.rows("SELECT attempts FROM queue") == [(4,)]
    assert linked.open("held") == ["date"]

    linked.change("UPDATE queue SET next_at = '2020-01-01 00:00:00.000000'")
    linked.trello["actions"].refuses = None
    linked.to_trello({})
    assert linked.failed() == []
    assert linked.trello["actions"].only()["date"] == T2
