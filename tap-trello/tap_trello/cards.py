"""The cards of a board, page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from singer_rest import RecordRefused, StopRun

from tap_trello.instants import made_at
from tap_trello.page_size import LARGEST_PAGE, PROBE, smaller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_trello.client import TrelloClient

__all__ = ["Listing"]

Card = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """The cards of a board.

    Attributes:
        board_id: the board.
        query: what to tell of them; `{"filter": "all", "fields": "all"}` by default.
    """

    board_id: str
    query: Mapping[str, str] = field(default_factory=lambda: {"filter": "all"})

    @property
    def first_path(self) -> str:
        """The address of the first page, for a batch: a small one, as the board may be large."""
        return self._path(PROBE)

    def pages(self, client: TrelloClient, first_page: Any = None) -> Iterator[list[Card]]:
        """Every card of the board once, the newest page first.

        Ids begin with the second of creation, and Trello may take an id for no more than its
        second. So each page begins with the second in which the one before has ended; only when
        more than a page share one second, after its last id.

        A page that is too large for Trello (403) is asked for again with half as many cards.

        Args:
            client: the API.
            first_page: the answer to `first_path`, or its refusal, if that was read already.

        Raises:
            RecordRefused: when the cards can't be read; NotFound if the board is gone.
        """
        limit, before = LARGEST_PAGE, None
        page, asked_for = (first_page, PROBE) if first_page is not None else (None, limit)
        if page is None:
            page = self._page(client, limit, before)
        seen: set[str] = set()
        while True:
            if isinstance(page, RecordRefused):
                fewer = smaller(min(limit, asked_for), page)
                if fewer is None:
                    raise page
                limit = fewer
            else:
                fresh = [card for card in self._cards(page) if card["id"] not in seen]
                yield fresh
                seen.update(card["id"] for card in fresh)
                if len(page) < asked_for or (not fresh and before in seen):
                    return
                before = next_before(before, min(card["id"] for card in page))
            asked_for = limit
            page = self._page(client, limit, before)

    def _page(self, client: TrelloClient, limit: int, before: str | None) -> Any:
        (page,) = client.get_many([self._path(limit, before)])
        return page

    def _path(self, limit: int, before: str | None = None) -> str:
        """The address of a page.

        Args:
            limit: cards on it.
            before: only cards that were created before the card with this id.
        """
        query = {**self.query, "limit": str(limit), **({"before": before} if before else {})}
        return f"/boards/{self.board_id}/cards?{urlencode(query, safe=',')}"

    def _cards(self, page: Any) -> list[Card]:
        if not isinstance(page, list):
            path = f"/boards/{self.board_id}/cards"
            raise StopRun(f"Trello answers GET {path} with something that is no list of cards")
        return page


def next_before(before: str | None, oldest: str) -> str:
    """Before which id the next page begins.

    Args:
        before: the id before which the last page began, if it did.
        oldest: the last id on it.
    """
    made = made_at(oldest)
    if made is None:
        return oldest
    after_its_second = f"{int(made.timestamp()) + 1:08x}{'0' * 16}"
    return after_its_second if before is None or after_its_second < before else oldest
