"""Conflicts that are left to a person: the policy `ask`, and deciding them by hand."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.cli.deciding import resolve
from linked_target.store.database import open_store
from singer_rest import PluginError

if TYPE_CHECKING:
    from toy_bed import Bed

OFFICE, TRELLO = "crmoffice", "trello"
SIDES = [OFFICE, TRELLO]
T1, T2, T3, T4 = (f"2026-03-0{day}T10:00:00Z" for day in range(1, 5))
ROUNDS = ["to_trello", "to_office"]


@pytest.fixture
def linked(bed: Bed) -> Bed:
    """One activity linked with an action, at rest."""
    bed.settings["conflict_policy"] = "ask"
    bed.office["activities"].put(id="a1", subject="call", startsAt=T1)
    bed.both()
    bed.forget()
    return bed


def edit_both(bed: Bed) -> None:
    bed.office["activities"].edit("a1", subject="office", startsAt=T2)
    bed.trello["actions"].edit("n1", text="trello")


def texts(bed: Bed) -> tuple[Any, Any]:
    return bed.office["activities"].only()["subject"], bed.trello["actions"].only()["text"]


def open_kinds(bed: Bed) -> list[tuple[str, str, str]]:
    query = "SELECT toward, name, kind FROM open_properties ORDER BY toward, name"
    return [tuple(row) for row in bed.rows(query)]


def decide(bed: Bed, winner: str) -> None:
    engine = open_store(bed.url)
    with engine.begin() as connection:
        resolve(connection, 1, winner)
    engine.dispose()


def is_at_rest(bed: Bed) -> bool:
    bed.both()
    bed.forget()
    bed.both()
    return bed.requests() == 0 and open_kinds(bed) == []


@pytest.mark.parametrize("first", ROUNDS)
def test_both_sides_keep_what_they_have_and_all_else_is_synced(linked: Bed, first: str) -> None:
    edit_both(linked)
    getattr(linked, first)()
    linked.both()
    linked.both()

    assert texts(linked) == ("office", "trello")
    assert linked.trello["actions"].only()["date"] == T2
    assert [kind for _, _, kind in open_kinds(linked)] == ["conflict"]
    linked.forget()
    linked.both()
    assert linked.writes() == []


def test_the_log_tells_both_values_and_where_to_decide(
    linked: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    edit_both(linked)
    linked.to_trello()
    assert "crmoffice has 'office', trello has 'trello'" in caplog.text
    assert "a person is to decide, see: links conflicts" in caplog.text


@pytest.mark.parametrize("first", ROUNDS)
@pytest.mark.parametrize("rounds", [[], ["to_trello"], ["to_office"], [*ROUNDS]])
@pytest.mark.parametrize("winner", SIDES)
def test_what_was_decided_is_on_both_sides_after_a_round(
    linked: Bed, first: str, rounds: list[str], winner: str
) -> None:
    edit_both(linked)
    getattr(linked, first)()
    for each in rounds:
        getattr(linked, each)()
    decide(linked, winner)
    linked.both()

    value = {OFFICE: "office", TRELLO: "trello"}[winner]
    assert texts(linked) == (value, value)
    assert is_at_rest(linked)


@pytest.mark.parametrize("winner", SIDES)
def test_a_decision_holds_for_what_a_tap_does_not_tell_again(linked: Bed, winner: str) -> None:
    edit_both(linked)
    linked.both()
    decide(linked, winner)
    linked.to_trello({})
    linked.to_office({})

    value = {OFFICE: "office", TRELLO: "trello"}[winner]
    assert texts(linked) == (value, value)
    assert is_at_rest(linked)


@pytest.mark.parametrize("first", ROUNDS)
@pytest.mark.parametrize("side", SIDES)
def test_a_conflict_ends_when_somebody_gives_one_side_the_value_of_the_other(
    linked: Bed, first: str, side: str
) -> None:
    edit_both(linked)
    getattr(linked, first)()
    linked.both()
    if side == OFFICE:
        linked.office["activities"].edit("a1", subject="trello")
    else:
        linked.trello["actions"].edit("n1", text="office")
    linked.both()

    value = {OFFICE: "trello", TRELLO: "office"}[side]
    assert texts(linked) == (value, value)
    assert is_at_rest(linked)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rounds", [[], [*ROUNDS]])
def test_a_further_edit_does_not_end_a_conflict(linked: Bed, side: str, rounds: list[str]) -> None:
    edit_both(linked)
    linked.to_trello()
    for each in rounds:
        getattr(linked, each)()
    if side == OFFICE:
        linked.office["activities"].edit("a1", subject="office again")
    else:
        linked.trello["actions"].edit("n1", text="trello again")
    linked.both()
    linked.both()

    expected = ("office again", "trello") if side == OFFICE else ("office", "trello again")
    assert texts(linked) == expected
    assert [kind for _, _, kind in open_kinds(linked)] == ["conflict"]
    (row,) = linked.rows("SELECT value, other FROM open_properties")
    assert {row[0], row[1]} == {f'"{value}"'.encode() for value in expected}


@pytest.mark.parametrize("opened_by", ROUNDS)
@pytest.mark.parametrize("first", ROUNDS)
@pytest.mark.parametrize("winner", SIDES)
def test_after_a_decision_a_new_edit_of_the_losing_side_is_a_new_conflict(
    linked: Bed, opened_by: str, first: str, winner: str
) -> None:
    edit_both(linked)
    getattr(linked, opened_by)()
    linked.both()
    decide(linked, winner)
    if winner == OFFICE:
        linked.trello["actions"].edit("n1", text="after all")
    else:
        linked.office["activities"].edit("a1", subject="after all")
    getattr(linked, first)()
    linked.both()

    assert texts(linked) == (
        ("office", "after all") if winner == OFFICE else ("after all", "trello")
    )
    assert [kind for _, _, kind in open_kinds(linked)] == ["conflict"]


def test_two_that_are_matched_with_different_values_are_left_to_a_person_too(bed: Bed) -> None:
    bed.settings["conflict_policy"] = "ask"
    bed.office["companies"].put(id="c1", name="Acme", website="https://acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme AS", website="https://acme.no")
    bed.both()
    bed.both()
    names = (
        bed.office["companies"].only()["name"],
        bed.trello["organizations"].only()["displayName"],
    )
    assert names == ("Acme", "Acme AS")

    decide(bed, TRELLO)
    bed.both()
    names = (
        bed.office["companies"].only()["name"],
        bed.trello["organizations"].only()["displayName"],
    )
    assert names == ("Acme AS", "Acme AS")
    assert is_at_rest(bed)


@pytest.mark.parametrize(("policy", "value"), [(OFFICE, "office again"), (TRELLO, "trello")])
def test_when_the_policy_decides_again_the_next_edit_settles_an_open_conflict(
    linked: Bed, policy: str, value: str
) -> None:
    edit_both(linked)
    linked.both()
    linked.settings["conflict_policy"] = policy
    linked.office["activities"].edit("a1", subject="office again")
    linked.both()
    linked.both()

    assert texts(linked) == (value, value)
    assert is_at_rest(linked)


def test_a_record_in_conflict_survives_the_deletion_of_its_partner(linked: Bed) -> None:
    linked.settings["on_delete"] = "delete"
    edit_both(linked)
    linked.both(version=5)
    linked.office["activities"].remove("a1")
    linked.to_trello(version=6)
    assert linked.trello["actions"].only()["text"] == "trello"


def test_a_stream_or_property_may_be_left_to_a_person_alone(linked: Bed) -> None:
    linked.settings["conflict_policy"] = {
        "actions": {"text": "ask"},
        "activities": {"subject": "ask"},
    }
    edit_both(linked)
    linked.trello["actions"].edit("n1", date=T3)
    linked.both()
    assert texts(linked) == ("office", "trello")
    assert linked.trello["actions"].only()["date"] == T2


@pytest.mark.parametrize(
    ("link", "winner", "message"),
    [
        (1, TRELLO, "link 1 has no conflict; see: links conflicts"),
        (7, TRELLO, "there is no link 7; see: links list"),
        (1, "jira", "'jira' is none of the link's systems: crmoffice and trello"),
    ],
)
def test_a_decision_about_nothing_is_refused(
    linked: Bed, link: int, winner: str, message: str
) -> None:
    engine = open_store(linked.url)
    with engine.begin() as connection, pytest.raises(PluginError, match=message):
        resolve(connection, link, winner)
    engine.dispose()
