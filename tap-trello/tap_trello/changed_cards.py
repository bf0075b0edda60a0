"""The cards on which something has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_trello.cards import Listing
from tap_trello.instants import instant_of

if TYPE_CHECKING:
    from datetime import datetime

    from tap_trello.client import TrelloClient

__all__ = ["changed_cards"]


def changed_cards(client: TrelloClient, board_id: str, *, since: datetime | None) -> list[str]:
    """Ids of a board's cards, archived ones too, whose last activity is not older than a time.

    Raises:
        RecordRefused: when the cards can't be read.
    """
    listing = Listing(board_id, {"filter": "all", "fields": "dateLastActivity"})
    return [
        card["id"]
        for page in listing.pages(client)
        for card in page
        if since is None
        or not card.get("dateLastActivity")
        or instant_of(card["dateLastActivity"]) >= since
    ]
