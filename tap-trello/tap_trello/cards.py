"""The cards of a board, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_trello.client import TrelloClient

__all__ = ["cards_of", "first_cards_path"]

Card = dict[str, Any]

LARGEST_PAGE, SMALLEST_PAGE = 1000, 25
FORBIDDEN = 403  # here: "API_TOO_MANY_CARDS_REQUESTED"


def first_cards_path(board_id: str) -> str:
    """The address of a board's first page of cards."""
    return cards_path(board_id, LARGEST_PAGE)


def cards_path(board_id: str, limit: int, before: str | None = None) -> str:
    """The address of a page of a board's cards, archived ones too.

    Args:
        board_id: the board.
        limit: cards per page.
        before: only cards that were created before the card with this id.
    """
    further = f"&before={before}" if before else ""
    return f"/boards/{board_id}/cards?filter=all&limit={limit}{further}"


def cards_of(client: TrelloClient, board_id: str, first_page: Any) -> Iterator[Card]:
    """Every card of a board once, the newest page first.

    A page that is too large for Trello (403) is asked for again with half as many cards.

    Args:
        client: the API.
        board_id: the board.
        first_page: the answer to `first_cards_path`, or its refusal.

    Raises:
        RecordRefused: when the cards can't be read; NotFound if the board is gone.
    """
    limit, before, page = LARGEST_PAGE, None, first_page
    seen: set[str] = set()
    while True:
        if isinstance(page, RecordRefused):
            if page.status != FORBIDDEN or limit <= SMALLEST_PAGE:
                raise page
            limit //= 2
        else:
            fresh = [card for card in page if card["id"] not in seen]
            yield from fresh
            seen.update(card["id"] for card in fresh)
            if len(page) < limit or not fresh:
                return
            before = min(card["id"] for card in page)  # ids begin with the second of creation
        (page,) = client.get_many([cards_path(board_id, limit, before)])
