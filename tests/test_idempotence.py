"""A second round of the same data writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.soak import at_length

if TYPE_CHECKING:
    from tests.office import Office

UNKNOWN: dict[str, Any] = {
    "ids_as_numbers": True,
    "updated_since": "ignored",
    "total_count": False,
    "naive_timestamps": True,
    "owner_id": "userName",
    "invite_answer": "member",
    "comment_edit_touches_card": True,
    "since_inclusive": True,
}
"""What nobody knows of the two APIs, other than the sandbox's default: switches."""
EACH_BY_ITSELF = [{name: value} for name, value in UNKNOWN.items()]


def test_the_second_round_of_the_seed_data_writes_nothing(seeded_office: Office) -> None:
    office = seeded_office
    first_there, first_back = office.sync_to_trello(), office.sync_to_crmoffice()
    assert (first_there["failed"], first_back["failed"]) == (0, 0)
    assert first_there["created"] > 0
    assert first_there["matched"] > 0
    assert first_back["created"] > 0
    office.box.reset_requests()
    there, back = office.sync_to_trello(), office.sync_to_crmoffice()
    assert office.box.writes() == 0
    for counts in (there, back):
        total = {name: number for name, number in counts.items() if " " not in name and number}
        assert set(total) <= {"read", "unchanged"}
        assert total["read"] == total["unchanged"]


def test_a_full_read_of_all_records_writes_nothing_either(seeded_office: Office) -> None:
    office = seeded_office
    office.sync()
    office.states.clear()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


@pytest.mark.soak
@pytest.mark.parametrize(
    "switches",
    [UNKNOWN, {"invite_answer": "organization"}, *at_length([], EACH_BY_ITSELF)],
    ids=", ".join,
)
def test_whatever_is_unknown_about_the_apis_the_second_round_writes_nothing(
    seeded_office: Office, switches: dict[str, Any]
) -> None:
    office = seeded_office
    office.box.switch(**switches)
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


def test_no_record_is_created_twice(seeded_office: Office) -> None:
    office = seeded_office
    companies, contacts = len(office.companies()), len(office.contacts())
    workspaces = len(office.workspaces())
    there, back = office.sync_to_trello(), office.sync_to_crmoffice()
    office.sync()
    assert len(office.workspaces()) == workspaces + there["companies->organizations created"]
    assert len(office.companies()) == companies + back["organizations->companies created"]
    assert len(office.contacts()) == contacts + back["members->contacts created"]
    names = [company["name"] for company in office.companies()]
    assert len(names) == len(set(names))
    assert len(office.workspaces()) == len(office.companies())
