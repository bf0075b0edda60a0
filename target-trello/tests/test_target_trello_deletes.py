"""What is deleted in Trello, and what is not."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent
from singer_rest import NotFound, RecordRefused
from tap_trello.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]


def intent_for(stream: str, source_id: str) -> Intent:
    return Intent("crmoffice", stream, source_id, datetime.now(timezone.utc))


INTENT = intent_for("companies", "1001")


@pytest.fixture
def anna(client: TrelloClient) -> str:
    return next(
        str(each["id"]) for each in Account(client).members if each["username"] == "annahavblikk"
    )


def comment_of_anna(box: RunningSandbox, client: TrelloClient) -> dict[str, Any]:
    """A comment that Anna wrote, on a card of a board that the integration administers or not."""
    headers = box.authorization(box.token("annahavblikk"))
    board = client.get("/members/me/boards")[0]["id"]
    card = client.get(f"/boards/{board}/cards")[0]["id"]
    made: dict[str, Any] = client.request(
        "POST", f"/cards/{card}/actions/comments", json={"text": "Mine"}, headers=headers
    )
    return made


def test_an_own_comment_is_deleted_and_one_that_is_gone_is_no_error(open_streams: Open) -> None:
    actions = open_streams()["actions"]
    made = actions.create({"data__text": "Hi"}, intent_for("activities", "1"))
    assert actions.undeletable(made) is None

    actions.delete(made)
    actions.delete(made)

    with pytest.raises(NotFound):
        actions.get(made["id"])


def test_a_lost_answer_to_a_deletion_is_no_error(box: RunningSandbox, open_streams: Open) -> None:
    actions = open_streams()["actions"]
    made = actions.create({}, intent_for("activities", "1"))
    box.add_fault("drop_after_commit", system="trello", method="DELETE", count=1)

    actions.delete(made)

    with pytest.raises(NotFound):
        actions.get(made["id"])


def test_a_members_comment_is_deleted_as_that_member(
    *,
    box: RunningSandbox,
    open_streams: Open,
    client: TrelloClient,
    anna: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actions = open_streams(member_tokens={anna: box.token("annahavblikk")})["actions"]
    made = comment_of_anna(box, client)
    monkeypatch.setattr(actions._client, "request", None)  # type: ignore[attr-defined]

    actions.delete(made)

    with pytest.raises(NotFound):
        client.get(f"/actions/{made['id']}")


@pytest.mark.parametrize("token", [None, "sandbox-token-expired"])
def test_a_members_comment_is_deleted_by_the_boards_admin_where_the_members_token_is_of_no_use(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, anna: str, token: str | None
) -> None:
    actions = open_streams(member_tokens={anna: token} if token else {})["actions"]
    made = comment_of_anna(box, client)

    actions.delete(made)

    with pytest.raises(NotFound):
        client.get(f"/actions/{made['id']}")


def test_a_comment_that_nobody_here_may_delete_stays_and_trello_says_why(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    made = comment_of_anna(box, client)
    box.add_fault("status", system="trello", method="DELETE", status=401, message="unauthorized")

    with pytest.raises(RecordRefused, match="unauthorized"):
        open_streams()["actions"].delete(made)
    assert client.get(f"/actions/{made['id']}")["id"] == made["id"]


def test_other_actions_than_comments_stay(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    board = client.get("/members/me/boards")[0]["id"]
    (created,) = client.get(f"/boards/{board}/actions", {"filter": "createCard", "limit": 1})
    actions = open_streams()["actions"]

    assert "not createCard" in str(actions.undeletable(created))
    with pytest.raises(RecordRefused, match="only comments"):
        actions.delete(created)
    assert box.writes() == 0


def test_an_empty_workspace_is_deleted_and_one_that_is_gone_is_no_error(open_streams: Open) -> None:
    organizations = open_streams()["organizations"]
    made = organizations.create({"displayName": "Empty"}, INTENT)
    assert organizations.undeletable(made) is None

    organizations.delete(made)
    organizations.delete(made)

    with pytest.raises(NotFound):
        organizations.get(made["id"])


@pytest.mark.parametrize("closed", [False, True])
def test_a_workspace_with_boards_stays_though_they_are_archived(
    open_streams: Open, client: TrelloClient, *, closed: bool
) -> None:
    organizations = open_streams()["organizations"]
    made = organizations.create({"displayName": "Busy"}, INTENT)
    body = {"name": "Board", "idOrganization": made["id"]}
    board = client.request("POST", "/boards", json=body)
    client.request("PUT", f"/boards/{board['id']}", json={"closed": closed})

    with pytest.raises(RecordRefused, match="it has 1 boards, which would be deleted with it"):
        organizations.delete(made)
    assert organizations.get(made["id"])["id"] == made["id"]


def test_a_workspace_with_other_people_stays_but_not_for_those_who_never_came(
    open_streams: Open, client: TrelloClient, anna: str
) -> None:
    organizations = open_streams()["organizations"]
    made = organizations.create({"displayName": "Shared"}, INTENT)
    path = f"/organizations/{made['id']}/members"
    client.request("PUT", path, json={"email": "ghost@nowhere.example", "fullName": "Ghost"})
    client.request("PUT", f"{path}/{anna}", json={"type": "normal"})
    with pytest.raises(RecordRefused, match="1 other people belong to it"):
        organizations.delete(made)

    client.request("DELETE", f"{path}/{anna}")
    organizations.delete(made)

    with pytest.raises(NotFound):
        organizations.get(made["id"])


def test_what_can_not_be_looked_into_stays(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    organizations = open_streams()["organizations"]
    made = organizations.create({"displayName": "Closed"}, INTENT)
    box.add_fault("status", system="trello", path="/organizations/.*/boards|/batch", status=403)

    with pytest.raises(RecordRefused):
        organizations.delete(made)
    assert client.get(f"/organizations/{made['id']}")["id"] == made["id"]


def test_people_stay(box: RunningSandbox, open_streams: Open) -> None:
    members = open_streams()["members"]
    member = next(iter(members.candidates()))
    assert "by hand" in str(members.undeletable(member))
    with pytest.raises(RecordRefused, match="by hand"):
        members.delete(member)
    assert box.writes() == 0
