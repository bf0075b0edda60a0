from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Card = dict[str, Any]


def label(client: Client, board: str, name: str = "Ny", color: str | None = "sky") -> Card:
    wish = {"name": name, "color": color, "idBoard": board}
    answer = client.post("/labels", json=wish)
    answer.raise_for_status()
    return dict(answer.json())


def activity(client: Client, card: Card) -> tuple[str, str]:
    paths = (f"/cards/{card['id']}", f"/boards/{card['idBoard']}")
    first, second = (client.get(path).json()["dateLastActivity"] for path in paths)
    return first, second


def newest_action(client: Client, card: Card) -> str:
    return str(client.get(f"/boards/{card['idBoard']}/actions?limit=1").json()[0]["id"])


def test_a_board_shows_its_labels_with_their_uses(trello: Client, card: Card) -> None:
    path = f"/boards/{card['idBoard']}"
    labels = trello.get(f"{path}/labels").json()
    assert [set(each) for each in labels] == [{"id", "idBoard", "name", "color", "uses"}] * 3
    cards = trello.get(f"{path}/cards?filter=all").json()
    for each in labels:
        assert each["uses"] == sum(each["id"] in found["idLabels"] for found in cards)
    assert [set(each) for each in trello.get(f"{path}/labels?fields=name").json()] == [
        {"id", "name"}
    ] * 3


def test_fifty_labels_are_shown_unless_more_are_asked_for(trello: Client, card: Card) -> None:
    for number in range(50):
        label(trello, card["idBoard"], f"Nr. {number}")
    path = f"/boards/{card['idBoard']}/labels"
    assert len(trello.get(path).json()) == 50
    assert len(trello.get(path, params={"limit": 1000}).json()) == 53
    assert trello.get(path, params={"limit": 1001}).text == "invalid value for limit"


def test_a_new_board_has_six_labels_without_names(trello: Client) -> None:
    board = trello.post("/boards", json={"name": "Ny"}).json()["id"]
    labels = trello.get(f"/boards/{board}/labels").json()
    assert [each["name"] for each in labels] == [""] * 6
    assert len({each["color"] for each in labels}) == 6
    bare = trello.post("/boards", json={"name": "Ny", "defaultLabels": False}).json()["id"]
    assert trello.get(f"/boards/{bare}/labels").json() == []


def test_a_label_is_put_on_a_card_and_taken_off_without_an_action(
    trello: Client, card: Card
) -> None:
    made = label(trello, card["idBoard"])
    newest, before = newest_action(trello, card), activity(trello, card)
    path = f"/cards/{card['id']}/idLabels"
    assert made["id"] in trello.post(path, json={"value": made["id"]}).json()
    shown = trello.get(f"/cards/{card['id']}").json()
    assert shown["labels"][-1] == {key: made[key] for key in ("id", "idBoard", "name", "color")}
    assert trello.get(f"/labels/{made['id']}").json()["uses"] == 1
    assert trello.post(path, json={"value": made["id"]}).status_code == 400
    assert trello.delete(f"{path}/{made['id']}").ok
    assert made["id"] not in trello.get(f"/cards/{card['id']}").json()["idLabels"]
    assert trello.get(f"/labels/{made['id']}").json()["uses"] == 0
    assert newest_action(trello, card) == newest
    assert all(new > old for new, old in zip(activity(trello, card), before, strict=True))


def test_the_labels_of_a_card_can_be_set_at_once(trello: Client, card: Card) -> None:
    ids = [label(trello, card["idBoard"], name)["id"] for name in ("A", "B")]
    trello.put(f"/cards/{card['id']}", json={"idLabels": ",".join(ids)})
    assert trello.get(f"/cards/{card['id']}").json()["idLabels"] == ids
    created = trello.post("/cards", json={"idList": card["idList"], "idLabels": ids}).json()
    assert [each["name"] for each in created["labels"]] == ["A", "B"]
    assert trello.get(f"/labels/{ids[0]}").json()["uses"] == 2
    assert trello.delete(f"/cards/{created['id']}").ok
    assert trello.get(f"/labels/{ids[0]}").json()["uses"] == 1


def test_a_card_wears_labels_of_its_own_board_only(trello: Client, card: Card) -> None:
    other = trello.get("/members/me/boards").json()[1]["id"]
    refused = trello.post(
        f"/cards/{card['id']}/idLabels", json={"value": label(trello, other)["id"]}
    )
    assert (refused.status_code, refused.text) == (400, "invalid value for value")


@pytest.mark.parametrize("switched", ["on", "off"])
def test_a_renamed_label_shows_on_cards_and_whether_that_raises_activity_is_a_switch(
    box: RunningSandbox, trello: Client, card: Card, switched: str
) -> None:
    made = label(trello, card["idBoard"])
    trello.post(f"/cards/{card['id']}/idLabels", json={"value": made["id"]})
    box.switch(label_edit_touches_board=switched)
    before, newest = activity(trello, card), newest_action(trello, card)
    trello.put(f"/labels/{made['id']}", json={"name": "Omdøpt", "color": "red_dark"})
    shown = trello.get(f"/cards/{card['id']}").json()["labels"][-1]
    assert (shown["name"], shown["color"]) == ("Omdøpt", "red_dark")
    assert newest_action(trello, card) == newest
    raised = [new > old for new, old in zip(activity(trello, card), before, strict=True)]
    assert raised == [switched == "on"] * 2


def test_a_deleted_label_leaves_the_cards(trello: Client, card: Card) -> None:
    made = label(trello, card["idBoard"])
    trello.post(f"/cards/{card['id']}/idLabels", json={"value": made["id"]})
    assert trello.delete(f"/labels/{made['id']}").ok
    shown = trello.get(f"/cards/{card['id']}").json()
    assert made["id"] not in [*shown["idLabels"], *(each["id"] for each in shown["labels"])]
    assert trello.get(f"/labels/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"name": "X", "color": "mauve"}, "invalid value for color"),
        ({"name": "", "color": None}, "invalid value for name"),
    ],
)
def test_a_label_needs_a_name_or_a_known_colour(
    trello: Client, card: Card, wish: dict[str, Any], message: str
) -> None:
    answer = trello.post(f"/boards/{card['idBoard']}/labels", json=wish)
    assert (answer.status_code, answer.text) == (400, message)
