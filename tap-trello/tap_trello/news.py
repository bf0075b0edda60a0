"""What is new in a feed since a bookmark, page by page, from wherever a run broke off.

Feeds begin with the newest action. So a run that breaks off leaves a gap between what it gave and
what earlier runs gave. The next run closes it before it looks for what is newer: there is never
more than one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_trello.bookmarks import Bookmark, Gap
from tap_trello.counts import Count
from tap_trello.feed import Feed, Page, read_pages
from tap_trello.newest import Newest, later
from tap_trello.records import is_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_trello.client import TrelloClient

__all__ = ["FirstPage", "News", "read_news"]

Action = dict[str, Any]


@dataclass(frozen=True)
class News:
    """Actions that no run has given before, newest first.

    Attributes:
        actions: at most a page of them.
        bookmark: how far the feed is read once they are given.
        older: the newest that earlier runs gave; empty if this is the first reading of the feed.
        counted: the comments that the first reading has given so far.
    """

    actions: list[Action]
    bookmark: Bookmark
    older: Newest
    counted: Count = field(default_factory=Count)


@dataclass(frozen=True)
class FirstPage:
    """The answer to a feed's first page that was read together with others.

    Attributes:
        answer: actions, or a RecordRefused; None if it was not read.
        limit: how many actions it could hold.
    """

    answer: Any = None
    limit: int = 0


def read_news(
    client: TrelloClient,
    feed: Feed,
    bookmark: Bookmark,
    *,
    start: datetime | None = None,
    first: FirstPage | None = None,
) -> Iterator[News]:
    """Give every action since a bookmark once, and with each page the new bookmark.

    Args:
        client: the API.
        feed: what to read; its `since` counts for nothing.
        bookmark: how far it was read before; an empty one to read everything.
        start: leave out actions of before.
        first: the first page of what is newer.

    Raises:
        RecordRefused: when the feed can't be read.
    """
    gap = bookmark.gap
    if gap is not None:
        since = later(gap.older.date, start)
        pages = read_pages(client, replace(feed, since=since), cursor=gap.cursor)
        for news in _downwards(pages, bookmark, gap.older, gap.counted):
            bookmark = news.bookmark
            yield news
    older, first = bookmark.newest, first or FirstPage()
    pages = read_pages(
        client,
        replace(feed, since=later(older.date, start)),
        first_page=first.answer,
        first_limit=first.limit,
    )
    yield from _downwards(pages, bookmark, older, Count())


def _downwards(
    pages: Iterator[Page], bookmark: Bookmark, older: Newest, counted: Count
) -> Iterator[News]:
    """What of these pages is new, down to what earlier runs gave."""
    for page in pages:
        fresh = [action for action in page.actions if not older.covers(action)]
        if older.date is None:
            for comment in filter(is_comment, fresh):
                counted = counted.and_also(comment)
        newest = bookmark.newest.and_also(fresh)
        gap = None if page.cursor is None else Gap(page.cursor, older, counted)
        bookmark = replace(bookmark, newest=newest, gap=gap).with_given(fresh)
        yield News(fresh, bookmark, older, replace(counted, newest=newest))
