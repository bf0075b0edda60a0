from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Records = list[dict[str, Any]]
NESTED = {"attachments": "true", "customFieldItems": "true", "checklists": "all"}


@pytest.fixture
def board(trello: Client) -> str:
    return str(trello.get("/members/me/boards").json()[0]["id"])


def listed(client: Client, path: str, **query: object) -> Records:
    answer = client.get(path, params=query)
    answer.raise_for_status()
    return list(answer.json())


def names(cards: Records) -> set[str]:
    return {card["name"] for card in cards}


def test_cards_in_an_archived_list_are_open_but_not_visible(trello: Client, board: str) -> None:
    path = f"/boards/{board}/cards"
    before = listed(trello, path)
    in_list = before[0]["idList"]
    trello.put(f"/lists/{in_list}", json={"closed": True})
    hidden = names([card for card in before if card["idList"] == in_list])
    assert names(listed(trello, path)) == names(before) - hidden
    assert names(listed(trello, f"{path}/visible")) == names(before) - hidden
    assert names(listed(trello, path, filter="open")) == names(before)


@pytest.mark.parametrize("paged", [{}, {"limit": 1000}])
def test_a_filter_splits_the_cards_of_a_board(
    trello: Client, board: str, paged: dict[str, int]
) -> None:
    path = f"/boards/{board}/cards"
    trello.put(f"/cards/{listed(trello, path)[0]['id']}", json={"dueComplete": True})
    cards = {
        wanted: names(listed(trello, path, filter=wanted, **paged))
        for wanted in ("all", "open", "closed", "complete", "incomplete", "none")
    }
    assert len(cards["all"]) == 10
    assert cards["open"] | cards["closed"] == cards["all"]
    assert len(cards["closed"]) == len(cards["complete"]) == 1
    assert cards["complete"] | cards["incomplete"] == cards["open"]
    assert cards["none"] == set()


@pytest.mark.parametrize("query", [{"filter": "odd"}, {"limit": 0}, {"before": "yesterday"}])
def test_what_a_listing_can_not_take_is_named(
    trello: Client, board: str, query: dict[str, object]
) -> None:
    answer = trello.get(f"/boards/{board}/cards", params=query)
    assert (answer.status_code, answer.text) == (400, f"invalid value for {next(iter(query))}")


@pytest.mark.parametrize("wanted", ["all", "open", "visible"])
def test_pages_back_to_the_beginning_hold_every_card_once(
    trello: Client, board: str, wanted: str
) -> None:
    path = f"/boards/{board}/cards/{wanted}"
    found: Records = []
    query: dict[str, Any] = {"limit": 3}
    while page := listed(trello, path, **query):
        found += page
        query["before"] = page[-1]["id"]
    assert [card["id"] for card in found] == sorted((card["id"] for card in found), reverse=True)
    assert {card["id"] for card in found} == {card["id"] for card in listed(trello, path)}
    newer = listed(trello, path, since=found[2]["id"])
    assert newer == found[:2]


def test_a_list_has_its_own_cards_in_their_order(trello: Client, board: str) -> None:
    for in_list in listed(trello, f"/boards/{board}/lists"):
        cards = listed(trello, f"/lists/{in_list['id']}/cards", filter="all")
        assert {card["idList"] for card in cards} == {in_list["id"]}
        assert [card["pos"] for card in cards] == sorted(card["pos"] for card in cards)
        newest = listed(trello, f"/lists/{in_list['id']}/cards", filter="all", limit=1)
        assert newest[0]["id"] == max(card["id"] for card in cards)


def test_what_hangs_on_cards_comes_with_them_beside_the_fields(trello: Client, board: str) -> None:
    cards = listed(trello, f"/boards/{board}/cards", filter="all", fields="name", **NESTED)
    for card in cards:
        assert set(card) == {"id", "name", *NESTED}
        for name in NESTED:
            assert card[name] == trello.get(f"/cards/{card['id']}/{name}").json()
    assert all(any(card[name] for card in cards) for name in NESTED)


def test_the_fields_of_what_hangs_on_cards_can_be_chosen(trello: Client, board: str) -> None:
    query = {"attachments": "true", "attachment_fields": "url"}
    cards = listed(trello, f"/boards/{board}/cards", filter="all", **query)
    assert {tuple(each) for card in cards for each in card["attachments"]} == {("id", "url")}


def test_lists_of_cards_ignore_what_hangs_on_them_by_a_switch(
    box: RunningSandbox, trello: Client, board: str
) -> None:
    box.switch(nested_on_cards="off")
    cards = listed(trello, f"/boards/{board}/cards", **NESTED)
    assert not {name for card in cards for name in NESTED} & set(cards[0])
    single = trello.get(f"/cards/{cards[0]['id']}", params=NESTED).json()
    assert set(NESTED) < set(single)


def test_a_card_tells_of_what_hangs_on_it(trello: Client, board: str) -> None:
    for card in listed(trello, f"/boards/{board}/cards", filter="all", **NESTED):
        items = [item for checklist in card["checklists"] for item in checklist["checkItems"]]
        assert card["idChecklists"] == [each["id"] for each in card["checklists"]]
        assert card["badges"]["attachments"] == len(card["attachments"])
        assert card["badges"]["checkItems"] == len(items)
        assert card["badges"]["checkItemsChecked"] == sum(
            item["state"] == "complete" for item in items
        )
        assert card["idLabels"] == [label["id"] for label in card["labels"]]


def test_a_page_that_is_too_large_is_refused_while_smaller_ones_are_not(
    box: RunningSandbox, trello: Client, board: str
) -> None:
    box.switch(most_cards_per_answer=9)
    path = f"/boards/{board}/cards"
    for query in ({"limit": 10}, {}):
        refused = trello.get(path, params=query)
        assert (refused.status_code, refused.text) == (403, "API_TOO_MANY_CARDS_REQUESTED")
    assert len(listed(trello, path, filter="all", limit=9)) == 9
    urls = f"{path}?limit=10,{path}?limit=9"
    batch = trello.get("/batch", params={"urls": urls}).json()
    assert batch[0]["statusCode"] == 403
    assert len(batch[1]["200"]) == 9


def test_a_board_with_no_more_cards_than_that_may_be_asked_for_all(
    box: RunningSandbox, trello: Client, board: str
) -> None:
    box.switch(most_cards_per_answer=10)
    assert len(listed(trello, f"/boards/{board}/cards", filter="all", limit=1000)) == 10
