"""Workspaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent
from singer_rest import NotFound, OutcomeUnknown, RecordRefused
from target_trello.organizations import short_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

INTENT = Intent("crmoffice", "companies", "1001", datetime.now(timezone.utc))
VALUES = {"displayName": "Nordlys Møbler AS", "website": "https://nordlys.example"}


@pytest.fixture
def organizations(open_streams: Callable[..., dict[str, DestinationStream]]) -> DestinationStream:
    return open_streams()["organizations"]


def none_taken(_: str) -> bool:
    return False


def all_taken(_: str) -> bool:
    return True


def visible(client: TrelloClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/members/me/organizations", {"fields": "all"})
    return found


def test_a_created_workspace_reads_back_as_the_tap_reads_it(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    made = organizations.create(VALUES, INTENT)
    assert made in visible(client)
    assert made["displayName"] == "Nordlys Møbler AS"
    assert made["website"] == "https://nordlys.example"
    assert made["name"] == "crmoffice_companies_1001"


def test_a_workspace_needs_a_name(organizations: DestinationStream) -> None:
    barred = organizations.creation_barred({"website": "https://nordlys.example"})
    assert "displayName" in str(barred)
    assert organizations.creation_barred(VALUES) is None


def test_a_website_without_a_scheme_gets_one(organizations: DestinationStream) -> None:
    made = organizations.create({**VALUES, "website": "www.nordlys.example"}, INTENT)
    assert made["website"] == "http://www.nordlys.example"
    changed = organizations.update(made, {"website": " HTTPS://Nordlys.example "})
    assert changed["website"] == "https://Nordlys.example"


def test_a_website_that_trello_refuses_is_told_in_its_words(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    before = len(visible(client))
    with pytest.raises(RecordRefused, match="invalid value for website"):
        organizations.create({**VALUES, "website": "ftp://nordlys.example"}, INTENT)
    assert len(visible(client)) == before


def test_candidates_are_the_visible_workspaces(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    assert list(organizations.candidates()) == visible(client)


def test_an_update_writes_only_the_changes(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    record = visible(client)[0]
    changed = organizations.update(record, {"displayName": "Other"})
    assert changed == {**record, "displayName": "Other"}
    assert organizations.get(record["id"]) == changed
    emptied = organizations.update(changed, {"website": None})
    assert emptied["website"] is None
    assert emptied["displayName"] == "Other"


def test_a_name_can_not_be_emptied(organizations: DestinationStream, client: TrelloClient) -> None:
    with pytest.raises(RecordRefused, match="displayName"):
        organizations.update(visible(client)[0], {"displayName": None})


def test_a_workspace_that_is_gone_is_not_found(organizations: DestinationStream) -> None:
    with pytest.raises(NotFound):
        organizations.get("0" * 24)


def test_everything_can_be_written(organizations: DestinationStream, client: TrelloClient) -> None:
    assert organizations.unwritable(visible(client)[0], ["displayName", "website", "desc"]) == {}


@pytest.mark.parametrize("kind", ["drop_after_commit", "status_after_commit"])
def test_a_creation_whose_answer_was_lost_is_found_again(
    box: RunningSandbox, organizations: DestinationStream, client: TrelloClient, kind: str
) -> None:
    box.add_fault(kind, system="trello", method="POST", path="/organizations", count=1)
    with pytest.raises(OutcomeUnknown):
        organizations.create(VALUES, INTENT)
    found = organizations.recover(VALUES, INTENT, taken=none_taken)
    assert found in visible(client)
    assert found is not None
    assert found["displayName"] == "Nordlys Møbler AS"
    assert organizations.recover(VALUES, INTENT, taken=all_taken) is None


def test_nothing_is_found_where_nothing_was_created(organizations: DestinationStream) -> None:
    assert organizations.recover(VALUES, INTENT, taken=none_taken) is None


def test_a_creation_under_a_replaced_short_name_is_found_as_well(
    box: RunningSandbox, organizations: DestinationStream, client: TrelloClient
) -> None:
    stranger = {"displayName": "Somebody else's", "name": short_name(INTENT)}
    other = client.request("POST", "/organizations", json=stranger)
    made = organizations.create(VALUES, INTENT)
    assert made["name"] != short_name(INTENT)
    found = organizations.recover(VALUES, INTENT, taken=lambda each: each == other["id"])
    assert found == made
    assert box.writes() == 2


def test_an_older_workspace_of_that_kind_is_not_adopted(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    name = {"displayName": VALUES["displayName"], "name": f"{short_name(INTENT)}01"}
    client.request("POST", "/organizations", json=name)
    later = replace(INTENT, begun_at=datetime.now(timezone.utc) + timedelta(days=1))
    assert organizations.recover(VALUES, later, taken=none_taken) is None


def test_two_that_may_be_it_are_no_guess(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    for suffix in ("01", "02"):
        body = {"displayName": VALUES["displayName"], "name": f"{short_name(INTENT)}{suffix}"}
        client.request("POST", "/organizations", json=body)
    with pytest.raises(RecordRefused, match="several"):
        organizations.recover(VALUES, INTENT, taken=none_taken)


@pytest.mark.parametrize("source_id", ["A-1", "a.1", "æ", "x" * 200, "A_1"])
def test_short_names_of_awkward_ids_are_valid_and_distinct(source_id: str) -> None:
    name = short_name(replace(INTENT, source_id=source_id))
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert 3 <= len(name) <= 60
    assert name != short_name(replace(INTENT, source_id=source_id.lower() + "1"))
    assert name != short_name(replace(INTENT, source_id="a1"))


def test_a_workspace_of_another_name_is_not_adopted(
    organizations: DestinationStream, client: TrelloClient
) -> None:
    body = {"displayName": "Something else", "name": f"{short_name(INTENT)}01"}
    client.request("POST", "/organizations", json=body)
    assert organizations.recover(VALUES, INTENT, taken=none_taken) is None
