"""Reading a feed of actions exactly: every action once, whatever shares an instant.

Feeds come newest first, at most 1,000 actions a page. `before=<last id>` would lose actions of the
last one's second, since Trello turns an id into its date. So the next page begins one millisecond
after the last date, and what was seen of that millisecond is left out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from singer_rest import RecordRefused, StopRun

from tap_trello.instants import ONE_MILLISECOND, instant_of, trello_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tap_trello.client import TrelloClient

__all__ = ["Feed", "read_feed"]

Action = dict[str, Any]

LARGEST_PAGE = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """Actions of a board or card.

    Attributes:
        path: its address, e.g. `/boards/ID/actions`.
        types: the types of action to read; all when empty.
        since: leave out what is older than this time.
        limit: actions per page, at most 1,000.
    """

    path: str
    types: Sequence[str] = ()
    since: datetime | None = None
    limit: int = LARGEST_PAGE

    def page_path(self, before: datetime | None = None, page: int = 0) -> str:
        """The address of a page with its query.

        Args:
            before: only what is older than this time.
            page: how many pages of this size to skip.
        """
        query: dict[str, Any] = {"filter": ",".join(self.types) or "all", "limit": self.limit}
        if self.since is not None:
            # Whether `since` is inclusive is not documented.
            query["since"] = trello_time(self.since - ONE_MILLISECOND)
        if before is not None:
            query["before"] = trello_time(before)
        if page:
            query["page"] = page
        return f"{self.path}?{urlencode(query, safe=':,')}"


def read_feed(
    client: TrelloClient, feed: Feed, first_page: list[Action] | None = None
) -> Iterator[Action]:
    """Read a feed, newest first, each action once.

    Memory holds one page, and the ids of one millisecond. When more than a page shares one
    millisecond, the rest of it is read with `page`; if Trello does not go along with that, it can
    not be had: this is logged, and reading goes on with what is older.

    Args:
        client: the API.
        feed: what to read.
        first_page: its first page, if that was read already.

    Raises:
        RecordRefused: when the feed can't be read.
    """
    oldest: datetime | None = None
    seen: set[str] = set()
    number = 0
    page = _page(client, feed.page_path()) if first_page is None else first_page
    while True:
        fresh = [action for action in page if action["id"] not in seen]
        yield from _since(feed.since, fresh)
        if oldest is not None and number and not fresh:
            page, oldest, number = _older_page(client, feed, oldest, len(seen)), None, 0
            continue
        if len(page) < feed.limit:
            return
        last = instant_of(page[-1]["date"])
        if last == oldest:
            seen.update(action["id"] for action in fresh)
            number += 1
            page = _page_of_one_instant(client, feed, last, number)
        else:
            oldest, number = last, 0
            seen = {action["id"] for action in page if instant_of(action["date"]) == last}
            page = _page(client, feed.page_path(last + ONE_MILLISECOND))


def _page(client: TrelloClient, path: str) -> list[Action]:
    page = client.get(path)
    if not isinstance(page, list):
        route = path.partition("?")[0]
        raise StopRun(f"Trello answers GET {route} with something that is no list of actions")
    return page


def _page_of_one_instant(
    client: TrelloClient, feed: Feed, instant: datetime, number: int
) -> list[Action]:
    """A further page of actions up to an instant; empty when Trello refuses to turn so far."""
    try:
        return _page(client, feed.page_path(instant + ONE_MILLISECOND, number))
    except RecordRefused:
        return []


def _older_page(
    client: TrelloClient, feed: Feed, instant: datetime, number_read: int
) -> list[Action]:
    """The page of what is older than an instant of which no more can be read."""
    page = _page(client, feed.page_path(instant))
    if page:  # else the feed simply ends there
        logger.error(
            "%s: more actions share %s than Trello gives; %d of them were read",
            feed.path,
            trello_time(instant),
            number_read,
        )
    return page


def _since(since: datetime | None, actions: list[Action]) -> Iterator[Action]:
    if since is None:
        yield from actions
        return
    for action in actions:
        if instant_of(action["date"]) >= since:
            yield action
