"""Rule R9: match before create."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from linked_target.target import RecordsFailed
from singer_rest import SettingError
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from toy_bed import Bed


def linked_pairs(bed: Bed) -> list[Any]:
    return bed.rows("SELECT a_id, b_id FROM links WHERE a_id > '' AND b_id > '' ORDER BY a_id")


def test_a_record_with_the_same_key_is_linked_and_not_created(bed: Bed) -> None:
    bed.office["companies"].put(id="7", name="Acme", website="https://www.acme.no/")
    bed.trello["organizations"].put(id="o9", displayName="ACME", website="acme.no")
    bed.both()

    assert linked_pairs(bed) == [("7", "o9")]
    assert len(bed.trello["organizations"].records) == 1


def test_the_best_key_decides(bed: Bed) -> None:
    bed.office["companies"].put(id="7", name="Acme", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme")
    bed.trello["organizations"].put(id="o2", displayName="Other", website="http://acme.no")
    bed.to_trello()

    assert linked_pairs(bed) == [("7", "o2")]


def test_two_matches_are_an_error_of_that_record_and_nothing_is_guessed(bed: Bed) -> None:
    bed.office["companies"].put(id="7", name="Acme")
    bed.office["companies"].put(id="8", name="Fine")
    bed.trello["organizations"].put(id="o1", displayName="acme")
    bed.trello["organizations"].put(id="o2", displayName="Acme ")
    with pytest.raises(RecordsFailed):
        bed.to_trello()

    error = "2 organizations have the same displayName: o1, o2; link the right one by hand"
    assert bed.failed() == [("7", error)]
    assert linked_pairs(bed) == [("8", "o3")]


def test_a_partner_of_another_record_is_no_match(bed: Bed) -> None:
    bed.office["companies"].put(id="7", name="Acme")
    bed.to_trello()
    bed.office["companies"].put(id="8", name="Acme")
    bed.to_trello()

    assert linked_pairs(bed) == [("7", "o1"), ("8", "o2")]


@pytest.mark.parametrize("first", ["to_trello", "to_office"])
def test_a_value_beats_an_empty_one_when_two_records_are_matched(bed: Bed, first: str) -> None:
    bed.office["companies"].put(id="7", name="Acme", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme", website="")
    getattr(bed, first)()
    bed.both()

    assert bed.trello["organizations"].only()["website"] == "acme.no"
    assert bed.office["companies"].only()["website"] == "acme.no"


@pytest.mark.parametrize("first", ["to_trello", "to_office"])
@pytest.mark.parametrize("policy", ["crmoffice", "trello"])
def test_different_values_of_matched_records_are_a_conflict(
    bed: Bed, first: str, policy: str
) -> None:
    bed.settings["conflict_policy"] = policy
    bed.office["companies"].put(id="7", name="Office AS", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Trello AS", website="acme.no")
    getattr(bed, first)()
    bed.both()

    expected = "Office AS" if policy == "crmoffice" else "Trello AS"
    assert bed.office["companies"].only()["name"] == expected
    assert bed.trello["organizations"].only()["displayName"] == expected


def test_what_the_destination_knows_better_goes_back_though_its_tap_is_silent(bed: Bed) -> None:
    bed.settings["conflict_policy"] = "trello"
    bed.office["companies"].put(id="7", name="Office AS", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Trello AS", website="acme.no")
    bed.to_trello()

    bed.to_office({})

    assert bed.office["companies"].only()["name"] == "Trello AS"
    bed.forget()
    bed.both()
    assert bed.writes() == []


def test_with_create_switched_off_only_matched_records_sync(bed: Bed) -> None:
    bed.settings["create"] = {"organizations": False}
    bed.office["companies"].put(id="7", name="Acme")
    bed.office["companies"].put(id="8", name="New")
    bed.trello["organizations"].put(id="o1", displayName="Acme")
    bed.to_trello()

    assert linked_pairs(bed) == [("7", "o1")]
    assert bed.writes() == []


def test_an_unlinked_record_is_linked_once_a_partner_appears(bed: Bed) -> None:
    bed.settings["create"] = {"organizations": False}
    bed.office["companies"].put(id="8", name="New")
    bed.to_trello()
    bed.trello["organizations"].put(id="o1", displayName="New")
    bed.to_trello({})

    assert linked_pairs(bed) == [("8", "o1")]


@pytest.mark.parametrize("order", [("to_trello", "to_office"), ("to_office", "to_trello")])
def test_rows_that_both_directions_left_do_not_outlive_the_pair(
    bed: Bed, order: tuple[str, str]
) -> None:
    bed.settings["create"] = {"organizations": False}
    bed.office["companies"].put(id="7", name="Acme")
    bed.trello["organizations"].put(id="o1", displayName="Else")
    bed.to_trello()
    bed.settings["create"] = {"companies": False}
    bed.to_office()
    bed.settings.clear()
    bed.office["companies"].edit("7", name="Else")
    for direction in (*order, *order):
        getattr(bed, direction)()

    assert bed.rows("SELECT a_id, b_id, state FROM links") == [("7", "o1", "linked")]
    assert len(bed.office["companies"].records) == 1
    assert len(bed.trello["organizations"].records) == 1


def test_what_policy_forbids_to_create_stays_unlinked_without_an_error(bed: Bed) -> None:
    bed.trello["actions"].barred = "nobody is invited"
    bed.office["activities"].put(id="a1", subject="call")
    bed.both()

    assert bed.rows("SELECT state, reason FROM links") == [("unmatched", "nobody is invited")]

    bed.trello["actions"].barred = None
    bed.to_trello({})
    assert bed.trello["actions"].only()["text"] == "call"


def test_a_creation_that_answers_with_another_ones_partner_is_not_repeated(bed: Bed) -> None:
    bed.office["activities"].put(id="a1", subject="one")
    bed.to_trello()
    bed.trello["actions"].merges_into = "n1"
    bed.office["activities"].put(id="a2", subject="two")
    bed.to_trello()
    bed.forget()

    bed.both()

    assert bed.writes() == []
    reason = "its partner is linked already, with activities a1"
    assert bed.rows("SELECT reason FROM links WHERE a_id = 'a2'") == [(reason,)]


def test_a_record_linked_into_one_stream_is_not_created_in_another(bed: Bed) -> None:
    bed.office["users"].put(id="u1", email="kari@acme.no", fullName="Kari")
    bed.trello["members"].put(id="m1", email="kari@acme.no")
    maps = json.loads(json.dumps(TO_TRELLO))
    maps["actions"] = {"__source__": "users", "text": "fullName"}
    users = {"users": [*bed.office["users"].records.values(), {"id": "u2", "fullName": "Ola"}]}
    for _ in range(2):
        bed.run(TargetToyTrello, bed.trello, maps, messages(OFFICE_SCHEMAS, users))

    assert bed.trello["actions"].only()["text"] == "Ola"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"match_keys": {"organizations": ["orgnr"]}}, "'orgnr', which is no property"),
        ({"match_keys": {"companies": ["name"]}}, "'match_keys' names the stream 'companies'"),
        ({"create": {"members ": False}}, "'create' names the stream 'members '"),
        ({"create": {"members": "false"}}, "setting 'create' is wrong"),
        ({"source": "trello"}, "that is the destination"),
    ],
)
def test_settings_that_would_silently_do_nothing_are_refused(
    bed: Bed, settings: dict[str, Any], message: str
) -> None:
    bed.settings.update(settings)
    with pytest.raises(SettingError, match=message):
        bed.to_trello()


def test_match_keys_can_be_configured_with_several_names(bed: Bed) -> None:
    bed.settings["match_keys"] = {"organizations": ["displayName + website"]}
    bed.office["companies"].put(id="7", name="Acme", website="acme.no")
    bed.trello["organizations"].put(id="o1", displayName="Acme", website="other.no")
    bed.trello["organizations"].put(id="o2", displayName="acme", website="https://acme.no")
    bed.to_trello()

    assert linked_pairs(bed) == [("7", "o2")]
