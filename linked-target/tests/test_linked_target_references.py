"""Rule R8: references are translated through the links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest import SettingError
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from toy_bed import Bed

OFFICE_USER = {"id": "u1", "userName": "kari", "email": "kari@acme.no"}
MEMBER = {"id": "m1", "username": "karin", "email": "KARI@acme.no"}


@pytest.fixture
def people(bed: Bed) -> Bed:
    """A user and a member with the same e-mail address."""
    bed.office["users"].put(**OFFICE_USER)
    bed.trello["members"].put(**MEMBER)
    return bed


def owner_of_action(bed: Bed) -> str | None:
    creator = bed.trello["actions"].only().get("memberCreator") or {}
    owner: str | None = creator.get("id")
    return owner


def test_a_reference_becomes_the_partner_that_was_linked_in_the_same_run(people: Bed) -> None:
    people.office["activities"].put(id="a1", subject="call", ownerId="u1")
    people.to_trello()

    assert owner_of_action(people) == "m1"


def test_a_record_waits_for_a_partner_that_comes_later_in_the_input(bed: Bed) -> None:
    activity = {"id": "a1", "subject": "call", "company": {"id": "7"}}
    bed.settings["batch_size_rows"] = 1
    schemas = dict(reversed(OFFICE_SCHEMAS.items()))
    records = {"activities": [activity], "companies": [{"id": "7", "name": "Acme"}]}
    bed.run(TargetToyTrello, bed.trello, TO_TRELLO, messages(schemas, records))

    assert bed.trello["actions"].writes == [("create", {"text": "call", "board": "o1"})]


def test_a_record_whose_reference_stays_unknown_is_synced_without_it(people: Bed) -> None:
    people.to_trello({"activities": [{"id": "a1", "subject": "call", "ownerId": "u1"}]})

    assert people.trello["actions"].writes == [("create", {"text": "call"})]
    assert people.open("pending") == ["memberCreator__id"]


def test_a_pending_reference_is_filled_in_by_a_later_run_without_the_record(people: Bed) -> None:
    people.to_trello({"activities": [{"id": "a1", "subject": "call", "ownerId": "u1"}]})
    people.to_trello({"users": [OFFICE_USER]})

    assert owner_of_action(people) == "m1"
    assert people.open("pending") == []

    people.forget()
    people.to_office()
    assert people.office["activities"].writes == []


def test_an_edit_to_an_unknown_reference_becomes_pending(people: Bed) -> None:
    people.to_trello({"activities": [{"id": "a1", "subject": "call"}]})
    people.to_trello({"activities": [{"id": "a1", "subject": "talk", "ownerId": "u1"}]})
    assert people.trello["actions"].only()["text"] == "talk"

    people.to_trello({"users": [OFFICE_USER]})

    assert owner_of_action(people) == "m1"


@pytest.mark.parametrize(("policy", "owner"), [("crmoffice", "u1"), ("trello", "u2")])
def test_an_edit_from_the_other_side_conflicts_with_what_is_pending(
    people: Bed, policy: str, owner: str
) -> None:
    people.settings["conflict_policy"] = policy
    people.office["users"].put(id="u2", userName="ola", email="ola@acme.no")
    people.trello["members"].put(id="m2", username="ola", email="ola@acme.no")
    people.to_trello({"users": [people.office["users"].records["u2"]]})
    people.office["activities"].put(id="a1", subject="call", ownerId="u1")
    people.to_trello({"activities": people.office["activities"].records.values()})
    people.trello["actions"].edit("n1", memberCreator__id="m2")
    people.to_office({"actions": people.trello["actions"].records.values()})
    people.both()
    people.both()

    assert people.office["activities"].only()["ownerId"] == owner
    assert owner_of_action(people) == owner.replace("u", "m")


def test_a_reference_may_hold_an_alternate_id_on_either_side(people: Bed) -> None:
    people.office["activities"].put(id="a1", subject="call", ownerId="kari")
    people.both()
    people.forget()
    people.office["activities"].edit("a1", ownerId="u1")
    people.both()
    assert people.writes() == []

    people.trello["actions"].put(id="n9", text="hi", memberCreator__id="karin")
    people.to_office()
    assert people.office["activities"].writes == [("create", {"subject": "hi", "ownerId": "u1"})]


def test_the_destination_may_refer_by_an_alternate_id_without_a_conflict(people: Bed) -> None:
    people.office["activities"].put(id="a1", subject="call", ownerId="u1")
    people.both()
    people.trello["actions"].edit("n1", memberCreator__id="karin")
    people.both()
    people.forget()

    people.both()

    assert people.writes() == []


@pytest.mark.parametrize("pins", [{"u1": "m2"}, {"kari": "m2"}, {"kari": "boss"}, {"u1": "boss"}])
def test_the_user_map_pins_pairs_in_both_directions(people: Bed, pins: dict[str, str]) -> None:
    people.trello["members"].put(id="m2", username="boss", email="other@acme.no")
    people.settings["user_map"] = pins
    people.office["activities"].put(id="a1", subject="call", ownerId="u1")
    people.trello["actions"].put(id="n0", text="hi", memberCreator__id="m2")
    people.to_office()
    people.to_trello()

    pairs = people.rows("SELECT a_id, b_id FROM links WHERE a_stream = 'users' AND a_id > ''")
    assert pairs == [("u1", "m2")]
    assert people.trello["actions"].records["n2"]["memberCreator"] == {"id": "m2"}
    assert people.office["activities"].records["a2"]["ownerId"] == "u1"


def test_a_reference_to_a_pinned_user_needs_no_link(people: Bed) -> None:
    people.settings["user_map"] = {"kari": "m1"}
    people.to_trello({"activities": [{"id": "a1", "subject": "call", "ownerId": "kari"}]})

    assert owner_of_action(people) == "m1"


def test_a_pinned_partner_is_not_given_to_somebody_who_merely_matches(people: Bed) -> None:
    people.office["users"].put(id="u0", userName="alias", email="kari@acme.no")
    people.settings["user_map"] = {"u1": "m1"}
    people.to_trello({"users": [people.office["users"].records["u0"], OFFICE_USER]})

    assert people.rows("SELECT a_id FROM links WHERE b_id = 'm1'") == [("u1",)]


def test_a_pin_to_a_member_with_another_partner_is_refused_before_a_write(people: Bed) -> None:
    people.to_trello()
    people.forget()
    people.settings.update(user_map={"u2": "m1"}, on_error="keep")
    people.to_trello({"users": [{"id": "u2", "fullName": "Ola"}]})

    assert people.failed() == [("u2", "its pinned partner 'm1' is linked with another record")]
    assert people.writes() == []


def test_a_pin_to_nobody_is_an_error_of_that_record(people: Bed) -> None:
    people.settings.update(user_map={"u1": "nobody"}, on_error="keep")
    people.to_trello()

    assert people.failed() == [("u1", "its pinned partner 'nobody' does not exist")]


def test_a_member_pinned_twice_is_refused(people: Bed) -> None:
    people.settings["user_map"] = {"u1": "m1", "u2": "m1"}
    with pytest.raises(SettingError, match="names a member twice"):
        people.to_trello()


def test_without_a_reference_setting_ids_pass_as_they_are(bed: Bed) -> None:
    bed.settings["references"] = {"actions": {}}
    bed.to_trello({"activities": [{"id": "a1", "subject": "call", "ownerId": "m77"}]})

    assert owner_of_action(bed) == "m77"
