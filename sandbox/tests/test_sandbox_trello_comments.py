from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox

Card = dict[str, Any]


def comment(client: Client, card: Card, text: str = "hei") -> dict[str, Any]:
    answer = client.post(f"/cards/{card['id']}/actions/comments", json={"text": text})
    answer.raise_for_status()
    return dict(answer.json())


def test_the_server_sets_date_and_author_whatever_is_sent(trello: Client, card: Card) -> None:
    wish = {"text": "hei", "date": "2020-01-01T00:00:00.000Z", "idMemberCreator": "x"}
    created = trello.post(f"/cards/{card['id']}/actions/comments", json=wish).json()
    assert created["date"] > "2020-01-02"
    assert created["memberCreator"]["username"] == "crmsync"
    assert int(created["id"][:8], 16) > 1_577_836_800


def test_a_token_of_a_member_posts_as_that_member(trello_as: TrelloSandbox, card: Card) -> None:
    created = comment(trello_as("sandbox-token-annahavblikk"), card)
    assert created["memberCreator"]["username"] == "annahavblikk"


def test_an_edit_keeps_id_and_date_and_tells_when(trello: Client, card: Card) -> None:
    created = comment(trello, card)
    edited = trello.put(f"/actions/{created['id']}", json={"text": "hallo"}).json()
    assert (edited["id"], edited["date"]) == (created["id"], created["date"])
    assert edited["data"]["text"] == "hallo"
    assert edited["data"]["dateLastEdited"] >= created["date"]


def test_only_the_author_edits_and_an_admin_may_delete(
    trello: Client,
    trello_as: TrelloSandbox,
    card: Card,
) -> None:
    anna = trello_as("sandbox-token-annahavblikk")
    hers, ours = comment(anna, card), comment(trello, card)
    refused = trello.put(f"/actions/{hers['id']}", json={"text": "no"})
    assert (refused.status_code, refused.text) == (401, "unauthorized action permission requested")
    assert anna.delete(f"/actions/{ours['id']}").status_code == 401
    assert trello.delete(f"/actions/{hers['id']}").ok
    assert trello.get(f"/actions/{hers['id']}").status_code == 404


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (16_384, 200), (16_385, 400)])
def test_a_text_has_one_to_16384_characters(
    trello: Client,
    card: Card,
    length: int,
    status: int,
) -> None:
    path = f"/cards/{card['id']}/actions/comments"
    assert trello.post(path, json={"text": "ø" * length}).status_code == status


def test_other_actions_can_not_be_written(trello: Client, card: Card) -> None:
    board = card["idBoard"]
    made = trello.get(f"/boards/{board}/actions", params={"filter": "createCard"}).json()[0]
    assert trello.put(f"/actions/{made['id']}", json={"text": "no"}).status_code == 401
    assert trello.delete(f"/actions/{made['id']}").status_code == 401


def test_only_board_members_comment(
    trello_as: TrelloSandbox, box: RunningSandbox, card: Card
) -> None:
    stranger = trello_as(box.token("wencheutenforli"))
    path = f"/cards/{card['id']}/actions/comments"
    refused = stranger.post(path, json={"text": "no"})
    assert (refused.status_code, refused.text) == (401, "unauthorized card permission requested")


def test_a_comment_raises_the_last_activity_of_card_and_board(trello: Client, card: Card) -> None:
    created = comment(trello, card)
    assert trello.get(f"/cards/{card['id']}").json()["dateLastActivity"] == created["date"]
    assert trello.get(f"/boards/{card['idBoard']}").json()["dateLastActivity"] == created["date"]


@pytest.mark.parametrize("switched", ["on", "off"])
def test_whether_an_edit_or_delete_raises_it_is_a_switch(
    box: RunningSandbox,
    trello: Client,
    card: Card,
    switched: str,
) -> None:
    box.switch(comment_edit_touches_card=switched, comment_delete_touches_card=switched)
    path = f"/cards/{card['id']}/actions"
    old = trello.get(path, params={"filter": "commentCard"}).json()
    mine = next(each for each in old if each["memberCreator"]["username"] == "crmsync")
    for change in (
        lambda: trello.put(f"/actions/{mine['id']}", json={"text": "new"}),
        lambda: trello.delete(f"/actions/{mine['id']}"),
    ):
        before = trello.get(f"/cards/{card['id']}").json()["dateLastActivity"]
        assert change().ok
        after = trello.get(f"/cards/{card['id']}").json()["dateLastActivity"]
        assert (after > before) == (switched == "on")
