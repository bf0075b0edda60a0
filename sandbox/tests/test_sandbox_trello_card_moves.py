from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client

Card = dict[str, Any]


@pytest.fixture
def target(trello: Client) -> dict[str, Any]:
    made: dict[str, Any] = trello.post("/boards", json={"name": "Mål"}).json()
    return made


def move(client: Client, card: Card, board: str, **wish: object) -> Card:
    answer = client.put(f"/cards/{card['id']}", json={"idBoard": board, **wish})
    answer.raise_for_status()
    return dict(answer.json())


def ids_in(parts: list[dict[str, Any]]) -> set[str]:
    inner = {item["id"] for each in parts for item in each.get("checkItems", ())}
    return inner | {each["id"] for each in parts}


def feed(client: Client, board: str, kinds: str) -> list[dict[str, Any]]:
    query = {"filter": kinds, "limit": 1000}
    actions: list[dict[str, Any]] = client.get(f"/boards/{board}/actions", params=query).json()
    return actions


def test_a_moved_card_takes_its_comments_along_with_their_ids_and_dates(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    path = f"/cards/{card['id']}/actions?filter=commentCard"
    before = trello.get(path).json()
    moved = move(trello, card, target["id"])
    after = trello.get(path).json()
    assert before
    assert [(each["id"], each["date"], each["data"]["text"]) for each in after] == [
        (each["id"], each["date"], each["data"]["text"]) for each in before
    ]
    assert feed(trello, target["id"], "commentCard") == after
    for each in after:
        assert each["data"]["board"]["id"] == target["id"]
        assert each["data"]["list"]["id"] == moved["idList"]
        assert "organization" not in each["data"]
    left = {each["data"]["card"]["id"] for each in feed(trello, card["idBoard"], "commentCard")}
    assert card["id"] not in left


def test_a_move_shows_on_both_boards_and_raises_their_activity(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    move(trello, card, target["id"])
    left = feed(trello, card["idBoard"], "moveCardFromBoard")[0]
    arrived = feed(trello, target["id"], "moveCardToBoard")[0]
    assert left["data"]["boardTarget"] == {"id": target["id"]}
    assert arrived["data"]["boardSource"]["id"] == card["idBoard"]
    assert left["data"]["card"] == {**arrived["data"]["card"], "idShort": card["idShort"]}
    for path in (f"/cards/{card['id']}", f"/boards/{card['idBoard']}", f"/boards/{target['id']}"):
        assert trello.get(path).json()["dateLastActivity"] == left["date"] == arrived["date"]


def test_a_card_moves_into_the_list_that_is_named_or_the_first_open_one(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    lists = [each["id"] for each in trello.get(f"/boards/{target['id']}/lists").json()]
    assert move(trello, card, target["id"], idList=lists[2])["idList"] == lists[2]
    move(trello, card, card["idBoard"])
    trello.put(f"/lists/{lists[0]}", json={"closed": True})
    moved = move(trello, card, target["id"])
    assert (moved["idBoard"], moved["idList"]) == (target["id"], lists[1])


def test_a_moved_card_gets_the_next_number_of_the_board(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    lists = trello.get(f"/boards/{target['id']}/lists").json()
    trello.post("/cards", json={"name": "Før", "idList": lists[0]["id"]})
    move(trello, card, target["id"])
    cards = trello.get(f"/boards/{target['id']}/cards").json()
    assert [(each["name"], each["idShort"]) for each in cards] == [("Før", 1), (card["name"], 2)]
    assert trello.get(f"/cards/{card['id']}").json()["url"].endswith("/2")


def test_a_card_does_not_move_into_a_list_of_another_board(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    wish = {"idBoard": target["id"], "idList": card["idList"]}
    refused = trello.put(f"/cards/{card['id']}", json=wish)
    assert (refused.status_code, refused.text) == (400, "invalid value for idList")
    assert trello.get(f"/cards/{card['id']}").json() == card


def test_a_card_moves_only_to_a_board_that_one_is_on(
    trello: Client, card: Card, target: dict[str, Any]
) -> None:
    own = trello.get("/members/me").json()["id"]
    trello.delete(f"/boards/{target['id']}/members/{own}")
    assert trello.put(f"/cards/{card['id']}", json={"idBoard": target["id"]}).status_code == 401


def test_checklists_attachments_and_labels_move_but_values_of_fields_stay_behind(
    trello: Client, target: dict[str, Any]
) -> None:
    board = trello.get("/members/me/boards").json()[0]["id"]
    query = {"filter": "all", "attachments": "true", "customFieldItems": "true"}
    cards = trello.get(f"/boards/{board}/cards", params=query).json()
    for wanted in ("idChecklists", "attachments", "idLabels", "customFieldItems"):
        card = next(each for each in cards if each[wanted])
        move(trello, card, target["id"])
        shown = trello.get(f"/cards/{card['id']}", params=query).json()
        worn = [(each["name"], each["color"]) for each in card["labels"]]
        assert [(each["name"], each["color"]) for each in shown["labels"]] == worn
        assert {each["idBoard"] for each in shown["labels"]} <= {target["id"]}
        assert shown["attachments"] == card["attachments"]
        assert shown["idChecklists"] == card["idChecklists"]
        assert shown["customFieldItems"] == []
    moved = trello.get(f"/boards/{target['id']}/checklists").json()
    assert {each["idBoard"] for each in moved} == {target["id"]}
    left = {each["id"] for each in trello.get(f"/boards/{board}/checklists").json()}
    assert moved
    assert not left & {each["id"] for each in moved}


@pytest.mark.parametrize("kept", ["all", "labels,attachments,checklists", ""])
def test_a_copy_has_what_is_kept_from_the_source_under_fresh_ids(trello: Client, kept: str) -> None:
    board = trello.get("/members/me/boards").json()[0]["id"]
    query = {"filter": "all", "attachments": "true", "checklists": "all"}
    for card in trello.get(f"/boards/{board}/cards", params=query).json():
        wish = {"idList": card["idList"], "idCardSource": card["id"], "keepFromSource": kept}
        copy = trello.post("/cards", json=wish).json()
        shown = trello.get(f"/cards/{copy['id']}", params=query).json()
        for name in ("attachments", "checklists"):
            assert len(shown[name]) == (len(card[name]) if kept else 0)
            assert not ids_in(shown[name]) & ids_in(card[name])
        assert shown["idLabels"] == (card["idLabels"] if kept else [])
        assert shown["badges"]["attachments"] == len(shown["attachments"])


def test_a_deleted_board_or_card_leaves_nothing_behind(trello: Client, card: Card) -> None:
    board = card["idBoard"]
    checklist = trello.post("/checklists", json={"idCard": card["id"]}).json()["id"]
    trello.delete(f"/cards/{card['id']}")
    assert trello.get(f"/checklists/{checklist}").status_code == 404
    found = {
        kind: [each["id"] for each in trello.get(f"/boards/{board}/{kind}").json()]
        for kind in ("labels", "customFields", "checklists", "lists")
    }
    assert trello.delete(f"/boards/{board}").ok
    for kind, ids in found.items():
        statuses = {trello.get(f"/{kind}/{each}").status_code for each in ids}
        assert statuses == {404}
