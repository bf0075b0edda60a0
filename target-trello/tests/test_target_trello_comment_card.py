"""The card for comments that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import OutcomeUnknown
from tap_trello.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream, Facts, Intent
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]


def made_cards(client: TrelloClient) -> list[tuple[str, str, str]]:
    """Board, list and card of every card that the target has made."""
    return [
        (board["name"], inner["name"], card["name"])
        for board in client.get("/members/me/boards")
        if board["name"] in {"CRMOffice", "sheet"}
        for inner in client.get(f"/boards/{board['id']}/lists")
        for card in client.get(f"/lists/{inner['id']}/cards")
    ]


def post(streams: dict[str, DestinationStream], intent: Intent, **values: Any) -> dict[str, Any]:
    return streams["actions"].create({"data__text": "Hi", **values}, intent)


def test_board_list_and_card_are_made_once_for_all_runs(
    open_streams: Open, client: TrelloClient, intent: Intent
) -> None:
    first = post(open_streams(), intent)
    again = post(open_streams(), intent)
    assert again["data"]["card"]["id"] == first["data"]["card"]["id"]
    assert made_cards(client) == [("CRMOffice", "Activities", "CRMOffice activities")]


def test_they_are_found_by_their_names_where_nothing_remembers_them(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, facts: Facts, intent: Intent
) -> None:
    first = post(open_streams(), intent)
    with facts.transactions.begin() as connection:
        connection.exec_driver_sql("DELETE FROM facts")
    again = post(open_streams(), intent)
    assert again["data"]["card"]["id"] == first["data"]["card"]["id"]
    assert len(made_cards(client)) == 1
    assert box.requests()["trello"]["POST"] == 5


def test_the_board_lies_in_the_chosen_workspace(
    open_streams: Open, client: TrelloClient, intent: Intent
) -> None:
    workspace = client.get("/members/me/organizations")[1]
    made = post(open_streams(organization_id=workspace["name"]), intent)
    board = client.get(f"/boards/{made['data']['board']['id']}")
    assert board["idOrganization"] == workspace["id"]


def test_another_source_has_a_card_of_its_own(
    open_streams: Open, client: TrelloClient, intent: Intent
) -> None:
    post(open_streams(), intent)
    post(open_streams(source="sheet"), intent)
    assert {board for board, _, _ in made_cards(client)} == {"CRMOffice", "sheet"}


@pytest.mark.parametrize("end", ["deleted", "archived", "board archived", "board deleted"])
def test_a_card_that_is_gone_is_made_again(
    open_streams: Open, client: TrelloClient, intent: Intent, end: str
) -> None:
    streams = open_streams()
    first = post(streams, intent)["data"]
    kind = "boards" if "board" in end else "cards"
    path = f"/{kind}/{first['board' if kind == 'boards' else 'card']['id']}"
    if "deleted" in end:
        client.request("DELETE", path)
        assert post(streams, intent)["data"]["card"]["id"] != first["card"]["id"]
    else:
        client.request("PUT", path, json={"closed": True})
        assert post(open_streams(), intent)["data"]["card"]["id"] != first["card"]["id"]


@pytest.mark.parametrize("path", ["/boards$", "/lists$", "/cards$"])
def test_a_lost_answer_makes_nothing_twice(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, intent: Intent, path: str
) -> None:
    box.add_fault("drop_after_commit", system="trello", method="POST", path=path, count=1)
    post(open_streams(), intent)
    assert made_cards(client) == [("CRMOffice", "Activities", "CRMOffice activities")]


def test_a_request_that_never_arrived_is_an_unknown_outcome(
    box: RunningSandbox, open_streams: Open, intent: Intent
) -> None:
    box.add_fault("drop_before", system="trello", method="POST", path="/boards$", count=1)
    with pytest.raises(OutcomeUnknown):
        post(open_streams(), intent)


def test_looking_for_a_lost_comment_makes_no_card(
    box: RunningSandbox, open_streams: Open, intent: Intent
) -> None:
    assert open_streams()["actions"].recover({}, intent, taken=lambda _: False) is None
    assert box.writes() == 0


def test_a_lost_comment_is_found_on_the_card_of_an_earlier_run(
    open_streams: Open, intent: Intent
) -> None:
    made = post(open_streams(), intent)
    assert open_streams()["actions"].recover({}, intent, taken=lambda _: False) == made


def test_an_owner_with_a_token_joins_the_board_to_write_on_it(
    box: RunningSandbox, open_streams: Open, client: TrelloClient, intent: Intent
) -> None:
    anna = next(each for each in Account(client).members if each["username"] == "annahavblikk")
    streams = open_streams(member_tokens={anna["id"]: box.token("annahavblikk")})
    made = post(streams, intent, memberCreator__id=anna["id"])
    assert made["idMemberCreator"] == anna["id"]
    board = made["data"]["board"]["id"]
    joined = {each["username"] for each in client.get(f"/boards/{board}/members")}
    assert joined == {"crmsync", "annahavblikk"}


def test_where_joining_is_refused_the_integration_writes(
    box: RunningSandbox,
    open_streams: Open,
    client: TrelloClient,
    intent: Intent,
    caplog: pytest.LogCaptureFixture,
) -> None:
    anna = next(each for each in Account(client).members if each["username"] == "annahavblikk")
    box.add_fault("status", system="trello", method="PUT", path="/members/", status=403)
    streams = open_streams(member_tokens={anna["id"]: box.token("annahavblikk")})
    made = post(streams, intent, memberCreator__id=anna["id"])
    assert made["idMemberCreator"] != anna["id"]
    assert made["memberCreator"]["id"] == anna["id"]
    assert "can't join the board" in caplog.text


def test_a_board_of_that_name_in_another_workspace_is_not_used(
    open_streams: Open, client: TrelloClient, intent: Intent
) -> None:
    one, other, *_ = client.get("/members/me/organizations")
    boards = {
        post(open_streams(organization_id=each["id"]), intent)["data"]["board"]["id"]
        for each in (one, other)
    }
    assert len(boards) == 2
