"""All actions of one board since a bookmark, with what a feed by date would miss.

- An edit keeps a comment's id and date, so no bookmark by date shows it: the comments are read
  again, and those edited since the last run are given.
- A card that arrives as a copy brings its comments along, as `copyCommentCard` with the date of
  the originals; one that is moved here may bring comments from a board that is not covered. So the
  comments of arrived cards are read as well.

The comments are counted on the way: see `census`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from tap_trello.bookmarks import Bookmark, edit_of
from tap_trello.census import ARRIVALS, MOVES, Census, card_of
from tap_trello.changed_cards import changed_cards
from tap_trello.feed import Feed, read_feed, read_pages
from tap_trello.instants import instant_of
from tap_trello.newest import later
from tap_trello.news import FirstPage, read_news
from tap_trello.page_size import LARGEST_PAGE, PROBE
from tap_trello.records import COMMENTS, is_comment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_trello.client import TrelloClient
    from tap_trello.counts import Count
    from tap_trello.news import News

__all__ = ["BoardActions", "FirstPages", "Portion", "Position"]

Action = dict[str, Any]

OUT_OF_SIGHT = frozenset({401, 404})


@dataclass(frozen=True)
class Position:
    """How far a board was read.

    Attributes:
        bookmark: its bookmark; an empty one if it was never read.
        count: the comments that were there, if they were counted.
        uncounted: ids of comments that were given since.
    """

    bookmark: Bookmark = field(default_factory=Bookmark)
    count: Count | None = None
    uncounted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FirstPages:
    """First pages that were read together with other boards'.

    Attributes:
        at: Trello's time before they were read.
        actions: the answer to the first page of the board's feed; None if it was not read.
        comments: likewise, of the board's comments.
    """

    at: datetime | None = None
    actions: Any = None
    comments: Any = None


@dataclass(frozen=True)
class Portion:
    """Some actions, and how far the board is read once they are given.

    Attributes:
        actions: at most a page of them, as Trello answers them.
        bookmark: from where a later run could go on.
        count: all comments so far, once the first reading of a board has come to its end.
        uncounted: ids of those comments among the actions that are in no count yet.
    """

    actions: Sequence[Action]
    bookmark: Bookmark
    count: Count | None = None
    uncounted: Sequence[str] = ()


class BoardActions:
    """One reading of a board.

    Args:
        client: the API.
        board_id: the board.
        position: how far it was read before.
        start: leave out actions of before.
        edits_since: look for edits in comments from this time on, and in all comments of changed
            cards; in all there are, and count them, if None.
        query: further parameters of the feed.
        uncounted: ids of comments that were given on any board since its last count.
    """

    def __init__(
        self,
        client: TrelloClient,
        board_id: str,
        position: Position,
        *,
        start: datetime | None = None,
        edits_since: datetime | None = None,
        query: Mapping[str, str] | None = None,
        uncounted: frozenset[str] = frozenset(),
    ) -> None:
        self._client = client
        self._board = board_id
        self._start = start
        self._edits_since = edits_since
        self.bookmark = position.bookmark
        """How far the board is read, once `read` has come to its end."""
        self.is_first = self.bookmark.is_unread
        """Whether no run has come to the board's end before."""
        before = None if self.is_first else position.count
        self.census = Census(before, is_known=not self.is_first, uncounted=uncounted)
        path = f"/boards/{board_id}/actions"
        self._feed = Feed(path, since=later(self.bookmark.newest.date, start), query=query or {})
        self._comments = replace(self._feed, types=COMMENTS, since=later(edits_since, start))

    @property
    def first_paths(self) -> list[str]:
        """Addresses of the first pages, for a batch: of the feed, and of the comments."""
        if self.bookmark.gap is not None:
            return []
        if self.is_first:
            return [self._feed.page_path(limit=PROBE)]
        return [self._feed.page_path(), self._comments.page_path()]

    def read(self, first: FirstPages) -> Iterator[Portion]:
        """Give every new action and every edited comment, each once.

        Args:
            first: first pages that were read already.

        Raises:
            RecordRefused: when the board can't be read; NotFound if there is none.
        """
        before = self.bookmark
        if self.is_first and before.gap is None:
            self.bookmark = replace(before, edited=first.at)
        page = FirstPage(first.actions, PROBE if self.is_first else LARGEST_PAGE)
        for news in read_news(
            self._client, self._feed, self.bookmark, start=self._start, first=page
        ):
            yield self._given(news)
        if self.is_first and before.gap is None:
            return
        yield from self._brought()
        yield from self._edited(first, before)

    def _given(self, news: News) -> Portion:
        """Note what the new actions tell of comments and cards."""
        for action in news.actions:
            self.census.note(action)
        comments = list(filter(is_comment, news.actions))
        arrived = self.bookmark.arrived
        self.bookmark = replace(news.bookmark, arrived=arrived)
        if news.older.date is None:
            for comment in comments:
                self.census.find(comment)
            self.census.now = news.counted if news.bookmark.gap is None else None
            return Portion(news.actions, self.bookmark, self.census.now)
        came = [card_of(action) for action in news.actions if action["type"] in ARRIVALS]
        self.bookmark = self.bookmark.with_arrived(came, news.older.date)
        self.census.now = None
        return self._uncounted(news.actions, comments)

    def _brought(self) -> Iterator[Portion]:
        """Comments that came with cards."""
        cards = dict(self.bookmark.arrived)
        for card, comments in self._comments_of(list(cards)):
            fresh = [
                each
                for each in comments
                if instant_of(each["date"]) < cards[card] and not self.bookmark.has_given(each)
            ]
            self.bookmark = self.bookmark.without_arrived(card).with_given(fresh)
            yield self._uncounted(fresh, fresh)

    def _uncounted(self, actions: Sequence[Action], comments: Iterable[Action]) -> Portion:
        ids = [comment["id"] for comment in comments]
        self.census.given.update(ids)
        return Portion(actions, self.bookmark, uncounted=ids)

    def _comments_of(self, cards: Sequence[str]) -> Iterator[tuple[str, list[Action]]]:
        """The comments of cards; none of those that can't be seen any more."""
        feeds = [
            replace(self._comments, path=f"/cards/{card}/actions", since=self._start)
            for card in cards
        ]
        pages = self._client.get_many(feed.page_path() for feed in feeds)
        for card, feed, page in zip(cards, feeds, pages, strict=True):
            if isinstance(page, RecordRefused) and page.status in OUT_OF_SIGHT:
                yield card, []  # deleted, or moved on to where it can't be seen
            else:
                yield card, list(read_feed(self._client, feed, page))

    def _edited(self, first: FirstPages, before: Bookmark) -> Iterator[Portion]:
        """Edited comments; count all on the way, if all are looked through."""
        if self._edits_since is None:
            self._note_earlier_moves(before)
            if not self.is_first:  # else the count of the first reading is yet to be checked
                self.census.begin_count(self.bookmark.newest)
        for page in read_pages(self._client, self._comments, first_page=first.comments):
            yield self._edits_among(page.actions)
        if self._edits_since is not None:
            cards = changed_cards(self._client, self._board, since=self.bookmark.edited)
            for _, comments in self._comments_of(cards):
                yield self._edits_among(comments)
        if first.at is not None:
            self.bookmark = self.bookmark.edits_looked_for(first.at)
        yield Portion([], self.bookmark)

    def _note_earlier_moves(self, before: Bookmark) -> None:
        """Note the cards that came and left since the last count, as a run saw that broke off."""
        counted = self.census.before and self.census.before.newest
        if counted == before.newest or not (counted or self.is_first):
            return
        since = later(counted.date if counted else None, self._start)
        for move in read_feed(self._client, replace(self._feed, types=MOVES, since=since)):
            if self.bookmark.newest.covers(move):
                self.census.note(move)

    def _edits_among(self, comments: Iterable[Action]) -> Portion:
        found = []
        for comment in filter(is_comment, comments):
            if not self.bookmark.newest.covers(comment):
                continue  # the next run reads it
            if self._edits_since is None:
                self.census.count(comment)
            if self._is_edited_since(comment) and not self.bookmark.has_given(comment):
                found.append(comment)
        self.bookmark = self.bookmark.with_given(found)
        return Portion(found, self.bookmark)

    def _is_edited_since(self, comment: Action) -> bool:
        edit, edited = edit_of(comment), self.bookmark.edited
        return edit is not None and (edited is None or edit >= edited)
