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
    rest of it is read with `page`, until nothing new turns up; if Trello does not go along with
    that, it can not be had: this is logged, and reading goes on with what is older.

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
            if page.actions or page.cursor is None:
                yield page
            if page.cursor is None:
                return
        asked_for = reading.limit
        answer = reading.next_answer()


class _Reading:
    """One way down a feed.

    Dates lead down, except within an instant that fills whole pages: those are read by number, and
    what is older begins anew with the next date. Numbered pages shift when actions come or go
    meanwhile; so an instant is read again until a pass through it finds nothing more.
    """

    def __init__(self, client: TrelloClient, feed: Feed, cursor: Cursor | None) -> None:
        self.limit = feed.limit
        self._client = client
        self._feed = feed
        self._cursor = cursor
        self._before = cursor.oldest + ONE_MILLISECOND if cursor else None
        self._instant: datetime | None = None
        """The instant whose pages are read by number."""
        self._page = 0
        self._is_found = False
        """Whether this pass through the instant has found anything."""
        self._given_up: Cursor | None = None
        """An instant of which no more can be had."""

    def next_answer(self) -> Answer:
        """The next page, or a refusal."""
        path = self._feed.page_path(self._before, self._page, self.limit)
        try:
            return self._client.get(path)
        except RecordRefused as refusal:
            if not self._page or smaller(self.limit, refusal) is not None:
                return refusal
        self._leave(self._cursor)  # Trello may refuse to turn so many pages
        return self.next_answer()

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
        self._page = 0

    def page_of(self, answer: Answer, asked_for: int) -> Page:
        """What is new in an answer."""
        answer = well_formed(answer, self._feed.path)
        if self._instant is None:
            return self._page_of_dates(answer, is_full=len(answer) >= asked_for)
        return self._page_of_instant(self._instant, answer, asked_for)

    def _page_of_dates(self, answer: list[Action], *, is_full: bool) -> Page:
        self._tell_of_missing(answer)
        fresh = self._unseen(answer)
        if not is_full:
            return Page(_since(self._feed.since, fresh), None)
        newest, oldest = instant_of(answer[0]["date"]), instant_of(answer[-1]["date"])
        self._cursor = self._cursor_at(oldest, answer)
        self._before = oldest + ONE_MILLISECOND
        if newest == oldest:
            self._instant, self._page, self._is_found = oldest, 1, True
        return Page(_since(self._feed.since, fresh), self._cursor)

    def _page_of_instant(self, instant: datetime, answer: list[Action], asked_for: int) -> Page:
        own = [action for action in answer if instant_of(action["date"]) == instant]
        fresh = self._unseen(own)
        self._cursor = self._cursor_at(instant, own)
        self._is_found = self._is_found or bool(fresh)
        if len(own) < asked_for:  # the last one of the instant
            if self._is_found:
                self._page, self._is_found = 0, False
            else:
                self._leave()
        elif fresh or self._page <= len(self._cursor.seen) // self.limit:
            self._page += 1
        else:
            self._leave(self._cursor)  # whatever the number, it is the same page
        return Page(_since(self._feed.since, fresh), self._cursor)

    def _leave(self, given_up: Cursor | None = None) -> None:
        """Go on with what is older than the instant."""
        self._before, self._instant, self._page = self._instant, None, 0
        self._given_up = given_up

    def _unseen(self, actions: list[Action]) -> list[Action]:
        seen = self._cursor.seen if self._cursor else frozenset()
        return [action for action in actions if action["id"] not in seen]

    def _cursor_at(self, oldest: datetime, found: Iterable[Action]) -> Cursor:
        ids = {action["id"] for action in found if instant_of(action["date"]) == oldest}
        if self._cursor is not None and self._cursor.oldest == oldest:
            ids |= self._cursor.seen
        return Cursor(oldest, frozenset(ids))

    def _tell_of_missing(self, older: list[Action]) -> None:
        """Say so when an instant was given up; if nothing is older, the feed has just ended."""
        if self._given_up is not None and older:
            logger.error(
                "%s: more actions share %s than Trello gives; %d of them were read",
                self._feed.path,
                trello_time(self._given_up.oldest),
                len(self._given_up.seen),
            )
        self._given_up = None


def _since(since: datetime | None, actions: list[Action]) -> list[Action]:
    if since is None:
        return actions
    return [action for action in actions if instant_of(action["date"]) >= since]
