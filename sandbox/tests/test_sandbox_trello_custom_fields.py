from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client

Card = dict[str, Any]
OPTIONS = [{"value": {"text": "Høy"}, "color": "red"}, {"value": {"text": "Lav"}}]


def field(client: Client, board: str, kind: str = "text", **wish: object) -> dict[str, Any]:
    sent = {"idModel": board, "modelType": "board", "name": "Felt", "type": kind, "pos": "bottom"}
    answer = client.post("/customFields", json={**sent, **wish})
    answer.raise_for_status()
    return dict(answer.json())


def set_value(client: Client, card: Card, field_id: str, **wish: object) -> Any:
    return client.put(f"/cards/{card['id']}/customField/{field_id}/item", json=wish)


def test_a_board_shows_fields_of_every_type(trello: Client, card: Card) -> None:
    fields = trello.get(f"/boards/{card['idBoard']}/customFields").json()
    assert {each["type"] for each in fields} == {"checkbox", "date", "list", "number", "text"}
    common = {
        *("id", "idModel", "modelType", "fieldGroup", "name", "pos"),
        *("type", "display", "isSuggestedField"),
    }
    for each in fields:
        assert set(each) == common | ({"options"} if each["type"] == "list" else set())
        assert (each["idModel"], each["modelType"]) == (card["idBoard"], "board")
    options = next(each["options"] for each in fields if each["type"] == "list")
    assert set(options[0]) == {"id", "idCustomField", "value", "color", "pos"}


def test_a_field_is_made_renamed_and_deleted_with_an_action_each(
    trello: Client, card: Card
) -> None:
    moment = trello.get(f"/boards/{card['idBoard']}").json()["dateLastActivity"]
    made = field(trello, card["idBoard"], "list", options=OPTIONS)
    assert [each["value"]["text"] for each in made["options"]] == ["Høy", "Lav"]
    trello.put(f"/customFields/{made['id']}", json={"name": "Grad"})
    set_value(trello, card, made["id"], idValue=made["options"][0]["id"])
    assert trello.delete(f"/customFields/{made['id']}").ok
    feed = trello.get(f"/boards/{card['idBoard']}/actions", params={"since": moment}).json()
    assert {each["type"]: each["data"]["customField"]["name"] for each in feed} == {
        "createCustomField": "Felt",
        "updateCustomField": "Grad",
        "updateCustomFieldItem": "Grad",
        "deleteCustomField": "Grad",
    }
    items = trello.get(f"/cards/{card['id']}/customFieldItems").json()
    assert made["id"] not in {each["idCustomField"] for each in items}


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("text", {"text": "æøå"}, {"text": "æøå"}),
        ("number", {"number": "-2.5"}, {"number": "-2.5"}),
        ("checkbox", {"checked": True}, {"checked": "true"}),
        ("date", {"date": "2026-03-01"}, {"date": "2026-03-01T00:00:00.000Z"}),
    ],
)
def test_a_value_is_kept_as_a_text_under_its_type(
    trello: Client, card: Card, kind: str, sent: dict[str, Any], kept: dict[str, str]
) -> None:
    made = field(trello, card["idBoard"], kind)["id"]
    item = set_value(trello, card, made, value=sent).json()
    assert item == {
        "id": item["id"],
        "idValue": None,
        "idCustomField": made,
        "idModel": card["id"],
        "modelType": "card",
        "value": kept,
    }
    assert item in trello.get(f"/cards/{card['id']}/customFieldItems").json()


def test_a_value_of_a_list_is_one_of_its_options(trello: Client, card: Card) -> None:
    made = field(trello, card["idBoard"], "list", options=OPTIONS)
    option = made["options"][1]["id"]
    item = set_value(trello, card, made["id"], idValue=option).json()
    assert (item["idValue"], item["value"]) == (option, None)
    refused = set_value(trello, card, made["id"], idValue=made["id"])
    assert (refused.status_code, refused.text) == (400, "invalid value for idValue")


def test_a_changed_value_keeps_its_id_and_tells_the_old_one(trello: Client, card: Card) -> None:
    made = field(trello, card["idBoard"])["id"]
    first = set_value(trello, card, made, value={"text": "A"}).json()
    second = set_value(trello, card, made, value={"text": "B"}).json()
    assert first["id"] == second["id"]
    query = {"filter": "updateCustomFieldItem", "limit": 1}
    newest = trello.get(f"/boards/{card['idBoard']}/actions", params=query).json()[0]
    assert newest["data"]["old"] == {"value": {"text": "A"}, "idValue": None}
    assert newest["data"]["customFieldItem"] == second
    assert trello.get(f"/cards/{card['id']}").json()["dateLastActivity"] == newest["date"]


@pytest.mark.parametrize("empty", ["", {"text": ""}, {}])
def test_an_empty_value_takes_the_item_away(trello: Client, card: Card, empty: object) -> None:
    made = field(trello, card["idBoard"])["id"]
    set_value(trello, card, made, value={"text": "A"})
    assert set_value(trello, card, made, value=empty).ok
    items = trello.get(f"/cards/{card['id']}/customFieldItems").json()
    assert made not in {each["idCustomField"] for each in items}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", {"number": "many"}),
        ("date", {"date": "soon"}),
        ("checkbox", {"checked": "perhaps"}),
        ("text", {"number": "1"}),
        ("text", "A"),
    ],
)
def test_a_value_of_another_type_is_refused(
    trello: Client, card: Card, kind: str, value: object
) -> None:
    answer = set_value(trello, card, field(trello, card["idBoard"], kind)["id"], value=value)
    assert (answer.status_code, answer.text) == (400, "Invalid custom field item value.")


@pytest.mark.parametrize(
    ("wish", "name"),
    [({"type": "colour"}, "type"), ({"modelType": "card"}, "modelType"), ({"name": ""}, "name")],
)
def test_a_field_refuses_wrong_values(
    trello: Client, card: Card, wish: dict[str, str], name: str
) -> None:
    sent = {"idModel": card["idBoard"], "modelType": "board", "name": "Felt", "type": "text"}
    answer = trello.post("/customFields", json={**sent, **wish})
    assert (answer.status_code, answer.text) == (400, f"invalid value for {name}")
