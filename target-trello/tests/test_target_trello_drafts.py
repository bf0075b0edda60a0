"""What a dry run takes for Trello's answers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent, property_of, same_value
from singer_rest import NotFound, RecordRefused
from tap_trello.account import Account
from target_trello.comment_text import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream, Record
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]


def intent_for(stream: str, source_id: str) -> Intent:
    return Intent("crmoffice", stream, source_id, datetime.now(timezone.utc))


STARTS = "2026-03-02T10:00:00+01:00"
INTENT = intent_for("activities", "4711")
COMPANY = intent_for("companies", "1001")
PERSON = intent_for("contacts", "2001")


@pytest.fixture
def people(client: TrelloClient) -> dict[str, str]:
    return {each["username"]: each["id"] for each in Account(client).members}


@pytest.fixture
def card(client: TrelloClient) -> str:
    board = client.get("/members/me/boards")[0]["id"]
    return str(client.get(f"/boards/{board}/cards")[0]["id"])


def decisions(stream: DestinationStream, record: Record) -> dict[str, Any]:
    """What a run decides by a record, beside its values."""
    return {
        "unwritable": stream.unwritable(record, stream.properties),
        "undeletable": stream.undeletable(record),
        "writer": stream.writer_of({}, record),
        "edited": stream.edited_at(record) is not None,
    }


def same_values(stream: DestinationStream, one: Record, other: Record) -> bool:
    return all(
        same_value(each.kind, property_of(one, name), property_of(other, name))
        for name, each in stream.properties.items()
    )


def with_owners_id(values: dict[str, Any], people: dict[str, str]) -> dict[str, Any]:
    owner = values.get("memberCreator__id")
    return {**values, "memberCreator__id": people[owner]} if owner else values


VALUES = [
    {"data__text": " Called ", "date": STARTS, "memberCreator__id": "annahavblikk"},
    {"data__text": "Called", "memberCreator__id": "bardnordhei"},
    {"date": "2026-03-02T10:00:00"},
]


@pytest.mark.parametrize("values", VALUES)
def test_a_drafted_comment_is_decided_upon_like_the_real_one(
    *,
    box: RunningSandbox,
    open_streams: Open,
    people: dict[str, str],
    card: str,
    values: dict[str, Any],
) -> None:
    values = with_owners_id(values, people)
    tokens = {people["annahavblikk"]: box.token("annahavblikk")}
    actions = open_streams(card_id=card, member_tokens=tokens)["actions"]
    actions.partner_told({}, values, INTENT)
    box.reset_requests()
    draft = actions.draft_created(values, INTENT)
    assert sum(box.requests()["trello"].values()) == 0

    real = actions.create(values, INTENT)

    assert actions.id_of(draft).startswith("planned:")
    assert draft["type"] == "commentCard"
    assert draft["idMemberCreator"] == real["idMemberCreator"]
    assert draft["footer"] == real["footer"]
    assert draft["unstated"] == real["unstated"]
    if "date" in real["unstated"]:
        draft = {**draft, "date": real["date"]}
    assert same_values(actions, draft, real)
    assert decisions(actions, draft) == decisions(actions, real)


CHANGES = [
    {"data__text": "New"},
    {"date": "2027-01-01T00:00:00Z"},
    {"date": None, "memberCreator__id": None},
    {"memberCreator__id": "bardnordhei"},
]


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("values", VALUES)
def test_a_drafted_edit_is_decided_upon_like_the_real_one(
    *,
    box: RunningSandbox,
    open_streams: Open,
    people: dict[str, str],
    card: str,
    values: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    values, changes = (with_owners_id(each, people) for each in (values, changes))
    tokens = {people["annahavblikk"]: box.token("annahavblikk")}
    streams = open_streams(card_id=card, member_tokens=tokens)
    streams["members"].get(people["crmsync"])  # so everybody is known
    actions = streams["actions"]
    made = actions.create(values, INTENT)
    box.reset_requests()
    draft = actions.draft_updated(made, changes)
    assert sum(box.requests()["trello"].values()) == 0

    real = actions.update(made, changes)

    assert draft["footer"] == real["footer"]
    assert draft["unstated"] == real["unstated"]
    if "date" in real["unstated"]:
        assert draft["date"][:19] == real["date"][:19]
        draft = {**draft, "date": real["date"]}
    assert draft["memberCreator"]["id"] == real["memberCreator"]["id"]
    assert same_values(actions, draft, real)
    assert decisions(actions, draft) == decisions(actions, real)


def test_a_drafted_comment_can_be_edited_once_more_in_draft(
    open_streams: Open, people: dict[str, str]
) -> None:
    actions = open_streams()["actions"]
    draft = actions.draft_created({"data__text": "Hi"}, INTENT)
    assert draft["data"]["card"]["id"].startswith("planned:")

    anna = people["annahavblikk"]
    draft = actions.draft_updated(draft, {"date": STARTS, "memberCreator__id": anna})

    assert draft["data"]["text"] == "Hi"
    assert draft["memberCreator"]["id"] == anna
    assert draft["date"] == "2026-03-02T09:00:00.000Z"
    assert draft["footer"]["record"] == "4711"


def test_an_owner_whom_the_run_has_not_met_is_told_by_the_id_and_without_a_request(
    box: RunningSandbox, open_streams: Open, people: dict[str, str], card: str
) -> None:
    actions = open_streams(card_id=card)["actions"]
    made = actions.create({"data__text": "Hi"}, INTENT)
    bard = people["bardnordhei"]
    box.reset_requests()

    draft = actions.draft_updated(made, {"memberCreator__id": bard})

    assert sum(box.requests()["trello"].values()) == 0
    assert draft["memberCreator"]["id"] == bard
    assert draft["unstated"] == ["date"]


def test_a_draft_that_would_change_nothing_is_the_record(open_streams: Open) -> None:
    actions = open_streams()["actions"]
    made = actions.create({"data__text": "Hi"}, INTENT)
    assert actions.draft_updated(made, {"data__text": "Hi "}) is made


def test_a_draft_is_refused_like_the_real_one(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, card: str
) -> None:
    actions = open_streams(card_id=card)["actions"]
    stranger = {"memberCreator__id": "0" * 24}
    actions.partner_told({}, stranger, INTENT)
    headers = box.authorization(box.token("annahavblikk"))
    path = f"/cards/{card}/actions/comments"
    foreign = client.request("POST", path, json={"text": "Mine"}, headers=headers)

    with pytest.raises(NotFound):
        actions.draft_created(stranger, INTENT)
    with pytest.raises(RecordRefused, match="16384"):
        actions.draft_created({"data__text": "x" * LONGEST_TEXT}, INTENT)
    with pytest.raises(RecordRefused, match="no ISO 8601 time"):
        actions.draft_created({"date": "soon"}, INTENT)
    with pytest.raises(RecordRefused, match="only its author"):
        actions.draft_updated(actions.get(foreign["id"]), {"data__text": "Yours"})


@pytest.mark.parametrize(
    "changes",
    [{"website": "Nordlys.example"}, {"website": None}, {"desc": None, "displayName": " Other "}],
)
def test_a_drafted_workspace_is_decided_upon_like_the_real_one(
    box: RunningSandbox, open_streams: Open, changes: dict[str, Any]
) -> None:
    organizations = open_streams()["organizations"]
    values = {"displayName": "Nordlys", "website": "www.nordlys.example"}
    draft = organizations.draft_created(values, COMPANY)
    edited = organizations.draft_updated(draft, changes)
    assert sum(box.requests()["trello"].values()) == 0

    real = organizations.create(values, COMPANY)
    updated = organizations.update(real, changes)

    for one, other in ((draft, real), (edited, updated)):
        for name in ("name", "displayName", "website", "desc"):
            assert one[name] == other[name]
        assert decisions(organizations, one) == decisions(organizations, other)
    with pytest.raises(RecordRefused, match="displayName"):
        organizations.draft_updated(draft, {"displayName": ""})


@pytest.mark.parametrize("name", [" Åse Berg ", None])
def test_a_drafted_invitation_is_decided_upon_like_the_real_one(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, name: str | None
) -> None:
    workspace = client.get("/members/me/organizations")[0]["id"]
    streams = open_streams(create_members="invite", organization_id=workspace)
    members, actions = streams["members"], streams["actions"]
    values = {"email": "ase.berg@nowhere.example", **({"fullName": name} if name else {})}
    box.reset_requests()
    draft = members.draft_created(values, PERSON)
    comment = actions.draft_created({"memberCreator__id": draft["id"]}, INTENT)
    assert box.writes() == 0

    real = members.create(values, PERSON)

    assert draft["fullName"] == real["fullName"]
    assert draft["memberType"] == real["memberType"]
    assert draft["tokenOwner"] is real["tokenOwner"] is False
    assert set(members.unwritable(draft, ["fullName"])) == {"fullName"}
    assert members.get(draft["id"]) == draft
    assert comment["memberCreator"]["id"] == draft["id"]
    assert box.invitations()


def test_a_drafted_new_name_is_the_new_name(open_streams: Open) -> None:
    members = open_streams()["members"]
    own = next(each for each in members.candidates() if each["tokenOwner"])
    draft = members.draft_updated(own, {"fullName": " New Name "})
    assert draft == {**own, "fullName": "New Name"}
    assert members.get(own["id"]) == draft
    with pytest.raises(RecordRefused, match="full name"):
        members.draft_updated(own, {"fullName": " "})
