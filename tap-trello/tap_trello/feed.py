"""Reading a feed of actions exactly: every action once, whatever shares an instant.

Feeds come newest first, at most 1,000 actions a page. `before=<last id>` would lose actions of the
last one's second, since Trello turns an id into its date. So the next page begins one millisecond
after the last date, and what was seen of that millisecond is left out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from singer_rest import RecordRefused

from tap_trello.instants import ONE_MILLISECOND, instant_of, trello_time
from tap_trello.page_size import LARGEST_PAGE, smaller
from tap_trello.well_formed import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_trello.client import TrelloClient

__all__ = ["Cursor", "Feed", "Page", "read_feed", "read_pages"]

Action = dict[str, Any]
Answer = Any
"""What a page was answered with: a list of actions, or a RecordRefused."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """Actions of a board, card or workspace.

    Attributes:
        path: its address, e.g. `/boards/ID/actions`.
        types: the types of action to read; all when empty.
        since: leave out what is older than this time.
        limit: actions per page, at most 1,000.
        query: further parameters.
    """

    path: str
    types: Sequence[str] = ()
    since: datetime | None = None
    limit: int = LARGEST_PAGE
    query: Mapping[str, str] = field(default_factory=dict)

    def page_path(self, before: datetime | None = None, page: int = 0, limit: int = 0) -> str:
        """The address of a page with its query.

        Args:
            before: only what is older than this time.
            page: how many pages of this size to skip.
            limit: actions on it, if fewer than usual.
        """
        query: dict[str, Any] = {
            "filter": ",".join(self.types) or "all",
            "limit": limit or self.limit,
            **self.query,
        }
        if self.since is not None:
            # Whether `since` is inclusive is not documented.
            query["since"] = trello_time(self.since - ONE_MILLISECOND)
        if before is not None:
            query["before"] = trello_time(before)
        if page:
            query["page"] = page
        return f"{self.path}?{urlencode(query, safe=':,')}"


@dataclass(frozen=True)
class Cursor:
    """How far down a feed was read.

    Attributes:
        oldest: date of the oldest action that was given.
        seen: ids of the actions of this date that were given.
    """

    oldest: datetime
    seen: frozenset[str]


@dataclass(frozen=True)
class Page:
    """A page of a feed.

    Attributes:
        actions: what was not given before, newest first.
        cursor: where the feed goes on; None at its end.
    """

    actions: list[Action]
    cursor: Cursor | None


def read_feed(client: TrelloClient, feed: Feed, first_page: Answer = None) -> Iterator[Action]:
    """Read a feed, newest first, each action once; see `read_pages`."""
    for page in read_pages(client, feed, first_page=first_page):
        yield from page.actions


def read_pages(
    client: TrelloClient,
    feed: Feed,
    *,
    cursor: Cursor | None = None,
    first_page: Answer = None,
    first_limit: int = 0,
) -> Iterator[Page]:
    """Read a feed page by page, newest first, each action once.

    Memory holds one page, and the ids of one millisecond. A page that is too large for Trello (403)
    is asked for again with half as many actions. When more than a page shares one millisecond, the
    rest of it is read with `page`; if Trello does not go along with that, it can not be had: this
    is logged, and reading goes on with what is older.

    Args:
        client: the API.
        feed: what to read.
        cursor: where to go on.
        first_page: the answer to its first page, if that was read already.
        first_limit: how many actions that one could hold, if fewer than usual.

    Raises:
        RecordRefused: when the feed can't be read.
    """
    reading = _Reading(client, feed, cursor)
    asked_for = feed.limit if first_page is None else first_limit or feed.limit
    answer = reading.next_answer() if first_page is None else first_page
    while True:
        if isinstance(answer, RecordRefused):
            reading.ask_for_less(answer, asked_for)
        else:
            page = reading.page_of(answer, asked_for)
            if page is not None:
                yield page
                if page.cursor is None:
                    return
        asked_for = reading.limit
        answer = reading.next_answer()


class _Reading:
    """One way down a feed."""

    def __init__(self, client: TrelloClient, feed: Feed, cursor: Cursor | None) -> None:
        self.limit = feed.limit
        self._client = client
        self._feed = feed
        self._cursor = cursor
        self._slipped: list[Action] = []
        """The page before the last answer, where several pages share one instant."""
        self._given_up: datetime | None = None
        """An instant of which no more can be had."""

    def next_answer(self) -> Answer:
        """The actions after the cursor, or a refusal."""
        before, page = self._given_up, 0
        if before is None and self._cursor is not None:
            before = self._cursor.oldest + ONE_MILLISECOND
            page = self._pages_of_one_instant
        self._slipped = []
        try:
            answer = self._answer(before, page)
            if page:  # what was deleted meanwhile lets others slip to the page before
                self._slipped = well_formed(self._answer(before, page - 1), self._feed.path)
        except RecordRefused as refusal:
            # Trello may refuse to turn so many pages.
            return [] if page and smaller(self.limit, refusal) is None else refusal
        return answer

    def _answer(self, before: datetime | None, page: int) -> Answer:
        return self._client.get(self._feed.page_path(before, page, self.limit))

    def ask_for_less(self, refusal: RecordRefused, asked_for: int) -> None:
        """Ask for smaller pages from here on.

        Args:
            refusal: of a page.
            asked_for: how many actions it could have held.

        Raises:
            RecordRefused: when that was not why the page was refused.
        """
        limit = smaller(min(self.limit, asked_for), refusal)
        if limit is None:
            raise refusal
        self.limit = limit

    def page_of(self, answer: Answer, asked_for: int) -> Page | None:
        """What is new in an answer; None where no more of an instant can be had."""
        answer = well_formed(answer, self._feed.path)
        seen = self._cursor.seen if self._cursor else frozenset()
        found = {action["id"]: action for action in (*self._slipped, *answer)}
        fresh = [action for id_, action in found.items() if id_ not in seen]
        if not fresh and self._pages_of_one_instant and self._given_up is None:
            self._given_up = self._cursor.oldest if self._cursor else None
            return None
        self._tell_of_missing(answer)
        oldest = instant_of(answer[-1]["date"]) if len(answer) >= asked_for else None
        cursor = None if oldest is None else self._cursor_at(oldest, found.values())
        self._cursor = cursor
        return Page(_since(self._feed.since, fresh), cursor)

    @property
    def _pages_of_one_instant(self) -> int:
        """How many pages hold nothing but what was seen of the cursor's instant."""
        return len(self._cursor.seen) // self.limit if self._cursor else 0

    def _cursor_at(self, oldest: datetime, found: Iterable[Action]) -> Cursor:
        ids = {action["id"] for action in found if instant_of(action["date"]) == oldest}
        if self._cursor is not None and self._cursor.oldest == oldest:
            ids |= self._cursor.seen
        return Cursor(oldest, frozenset(ids))

    def _tell_of_missing(self, older: list[Action]) -> None:
        """Say so when an instant was given up; if nothing is older, the feed has just ended."""
        if self._given_up is not None and self._cursor is not None and older:
            logger.error(
                "%s: more actions share %s than Trello gives; %d of them were read",
                self._feed.path,
                trello_time(self._given_up),
                len(self._cursor.seen),
            )
        self._given_up = None


def _since(since: datetime | None, actions: list[Action]) -> list[Action]:
    if since is None:
        return actions
    return [action for action in actions if instant_of(action["date"]) >= since]
