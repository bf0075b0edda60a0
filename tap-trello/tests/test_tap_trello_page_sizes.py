"""Pages: smaller ones where Trello finds them too large, and many records of one second."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from tap_trello.cards import Listing

if TYPE_CHECKING:
    from conftest import Desk, Mirror
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

ON_CARDS = ("cards", "card_attachments", "card_custom_field_items")


@pytest.fixture
def crowded(desk: Desk) -> str:
    """A board on which 130 cards were made within the same second or two, and older ones."""
    board = desk.boards()[0]
    in_list = desk.first_list(board)
    for number in range(130):
        desk.client.request("POST", "/cards", json={"idList": in_list, "name": f"No. {number}"})
    assert len(desk.cards(board)) == 140
    return board


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_cards_of_one_second_are_each_read_once_though_they_fill_many_pages(
    crowded: str, client: TrelloClient, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("tap_trello.cards.LARGEST_PAGE", limit)
    ids = [card["id"] for page in Listing(crowded).pages(client) for card in page]
    assert len(ids) == len(set(ids)) == 140


@pytest.mark.parametrize("most", [25, 100])
def test_cards_and_what_hangs_on_them_are_read_in_the_pages_that_trello_allows(
    mirror: Mirror, crowded: str, box: RunningSandbox, most: int
) -> None:
    box.switch(most_cards_per_answer=most)
    mirror.load(*ON_CARDS)
    assert crowded in {card["idBoard"] for card in mirror.read("cards")}
    assert len(mirror.read("cards")) == 190
    box.switch(most_cards_per_answer=None)
    assert not mirror.differences(*ON_CARDS)


@pytest.mark.parametrize("most", [60, 100])
def test_actions_are_read_in_the_pages_that_trello_allows(
    mirror: Mirror, box: RunningSandbox, desk: Desk, most: int
) -> None:
    board = desk.boards()[0]
    box.plant_actions([{"board": board, "type": "unheardOf"}] * 130)
    box.switch(most_actions_per_answer=most)
    mirror.load("actions", "organization_actions")
    ids = [record["id"] for record in mirror.read("actions")]
    assert len(ids) == len(set(ids))
    comment = desk.write(desk.cards(board)[0]["id"])
    desk.edit(comment, "Hei igjen")
    mirror.load("actions", "organization_actions")
    box.switch(most_actions_per_answer=None)
    assert mirror.tables.rows["actions"][comment]["data"]["text"] == "Hei igjen"
    assert not mirror.differences("actions", "organization_actions")


def test_a_card_that_changes_after_its_page_was_read_is_given_by_the_next_run(
    mirror: Mirror, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_trello.cards.LARGEST_PAGE", 5)
    monkeypatch.setattr("tap_trello.cards.PROBE", 5)
    board = desk.boards()[0]
    newest, *_, oldest = sorted((card["id"] for card in desk.cards(board)), reverse=True)
    turn = Listing._page
    work = deque([newest, oldest])

    def turn_while_others_work(self: Listing, *arguments: Any) -> Any:
        while work and self.board_id == board:
            desk.client.request("PUT", f"/cards/{work.popleft()}", json={"name": "New"})
        return turn(self, *arguments)

    monkeypatch.setattr(Listing, "_page", turn_while_others_work)
    mirror.load("cards", sweep_hours=24)
    assert not work
    mirror.load("cards", sweep_hours=24)
    assert mirror.boards_asked == {board}
    assert not mirror.differences("cards")
