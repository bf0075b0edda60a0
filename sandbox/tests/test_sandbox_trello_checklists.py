from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client

Card = dict[str, Any]


@pytest.fixture
def checklist(trello: Client, card: Card) -> dict[str, Any]:
    made: dict[str, Any] = trello.post(
        "/checklists", json={"idCard": card["id"], "name": "Pakking"}
    ).json()
    return made


def actions_since(client: Client, card: Card, moment: str) -> list[tuple[str, dict[str, Any]]]:
    feed = client.get(f"/boards/{card['idBoard']}/actions", params={"since": moment}).json()
    return [(each["type"], each["data"]) for each in feed]


def last(client: Client, card: Card) -> str:
    return str(client.get(f"/cards/{card['id']}").json()["dateLastActivity"])


def add_item(client: Client, checklist: dict[str, Any], **wish: object) -> dict[str, Any]:
    path = f"/checklists/{checklist['id']}/checkItems"
    made: dict[str, Any] = client.post(path, json={"name": "Sag", **wish}).json()
    return made


def test_a_board_shows_the_checklists_of_all_cards(trello: Client, card: Card) -> None:
    path = f"/boards/{card['idBoard']}"
    checklists = trello.get(f"{path}/checklists").json()
    cards = trello.get(f"{path}/cards?filter=all").json()
    assert {each["id"] for each in checklists} == {
        each for found in cards for each in found["idChecklists"]
    }
    first = checklists[0]
    assert set(first) == {"id", "name", "idBoard", "idCard", "pos", "checkItems"}
    assert set(first["checkItems"][0]) == {
        *("id", "name", "nameData", "pos", "state"),
        *("due", "dueReminder", "idMember", "idChecklist"),
    }
    assert trello.get(f"/checklists/{first['id']}").json() == first
    assert first in trello.get(f"/cards/{first['idCard']}/checklists").json()


def test_fields_and_items_of_checklists_can_be_chosen(trello: Client, card: Card) -> None:
    path = f"/boards/{card['idBoard']}/checklists"
    bare = trello.get(path, params={"fields": "name", "checkItems": "none"}).json()
    assert set(bare[0]) == {"id", "name"}
    few = trello.get(path, params={"fields": "name", "checkItem_fields": "state"}).json()
    assert set(few[0]) == {"id", "name", "checkItems"}
    assert set(few[0]["checkItems"][0]) == {"id", "state", "idChecklist"}


def test_a_checklist_is_added_renamed_and_removed_with_an_action_each(
    trello: Client, card: Card
) -> None:
    moment = trello.get(f"/boards/{card['idBoard']}").json()["dateLastActivity"]
    made = trello.post(f"/cards/{card['id']}/checklists", json={"name": "Pakking"}).json()
    assert made["id"] in trello.get(f"/cards/{card['id']}").json()["idChecklists"]
    trello.put(f"/checklists/{made['id']}", json={"name": "Frakt"})
    assert trello.delete(f"/checklists/{made['id']}").ok
    assert made["id"] not in trello.get(f"/cards/{card['id']}").json()["idChecklists"]
    told = {kind: data["checklist"] for kind, data in actions_since(trello, card, moment)}
    assert told == {
        "addChecklistToCard": {"id": made["id"], "name": "Pakking"},
        "updateChecklist": {"id": made["id"], "name": "Frakt"},
        "removeChecklistFromCard": {"id": made["id"], "name": "Frakt"},
    }


def test_an_item_is_ticked_off_with_an_action(
    trello: Client, card: Card, checklist: dict[str, Any]
) -> None:
    item = add_item(trello, checklist)
    moment = last(trello, card)
    path = f"/cards/{card['id']}/checkItem/{item['id']}"
    assert trello.put(path, json={"state": "complete"}).json()["state"] == "complete"
    kind, data = actions_since(trello, card, moment)[0]
    assert kind == "updateCheckItemStateOnCard"
    assert data["checkItem"] == {"id": item["id"], "name": "Sag", "state": "complete"}
    badges = trello.get(f"/cards/{card['id']}").json()["badges"]
    assert (badges["checkItems"], badges["checkItemsChecked"]) == (1, 1)


def test_all_else_about_an_item_raises_the_activity_without_an_action(
    trello: Client, card: Card, checklist: dict[str, Any]
) -> None:
    moments = [last(trello, card)]
    item = add_item(trello, checklist, checked=True, due="2026-03-01")
    assert (item["state"], item["due"]) == ("complete", "2026-03-01T00:00:00.000Z")
    moments.append(last(trello, card))
    path = f"/cards/{card['id']}/checkItem/{item['id']}"
    assert trello.put(path, json={"name": "Hammer", "due": None}).json()["name"] == "Hammer"
    moments.append(last(trello, card))
    assert trello.delete(path).ok
    moments.append(last(trello, card))
    assert moments == sorted(set(moments))
    assert actions_since(trello, card, moments[0]) == []
    assert trello.get(f"/checklists/{checklist['id']}").json()["checkItems"] == []


@pytest.mark.parametrize(
    ("wish", "status"),
    [({"state": "half"}, 400), ({"due": "soon"}, 400), ({"name": " "}, 400)],
)
def test_an_item_refuses_wrong_values(
    trello: Client, card: Card, checklist: dict[str, Any], wish: dict[str, str], status: int
) -> None:
    item = add_item(trello, checklist)
    answer = trello.put(f"/cards/{card['id']}/checkItem/{item['id']}", json=wish)
    assert (answer.status_code, answer.text) == (status, f"invalid value for {next(iter(wish))}")


def test_an_item_of_another_card_is_not_found(trello: Client, card: Card) -> None:
    others = trello.get(f"/boards/{card['idBoard']}/checklists").json()
    other = next(each for each in others if each["idCard"] != card["id"])
    path = f"/cards/{card['id']}/checkItem/{other['checkItems'][0]['id']}"
    assert trello.put(path, json={"name": "X"}).status_code == 404
