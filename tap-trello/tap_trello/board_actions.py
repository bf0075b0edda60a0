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

from singer_rest import NotFound

from tap_trello.bookmarks import Bookmark, later
from tap_trello.census import ARRIVALS, Census, Count, card_of
from tap_trello.changed_cards import changed_cards
from tap_trello.feed import Feed, read_feed, read_pages
from tap_trello.instants import instant_of
from tap_trello.news import FirstPage, read_news
from tap_trello.page_size import LARGEST_PAGE, PROBE
from tap_trello.records import COMMENTS, is_comment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tap_trello.client import TrelloClient

__all__ = ["BoardActions", "FirstPages", "Portion", "Position"]

Action = dict[str, Any]


@dataclass(frozen=True)
class Position:
    """How far a board was read.

    Attributes:
        bookmark: its bookmark; an empty one if it was never read.
        count: the comments that were there, if they were counted.
    """

    bookmark: Bookmark = field(default_factory=Bookmark)
    count: Count | None = None


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
        bookmark: from where a later run could go on; None where it could not.
    """

    actions: list[Action]
    bookmark: Bookmark | None = None


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
    ) -> None:
        self._client = client
        self._board = board_id
        self._start = start
        self._edits_since = edits_since
        self.bookmark = position.bookmark
        """How far the board is read, once `read` has come to its end."""
        self.is_first = self.bookmark.is_unread
        """Whether no run has come to the board's end before."""
        self.census = Census(position.count, is_known=not self.is_first)
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
        if self.is_first and self.bookmark.gap is None:
            self.bookmark = replace(self.bookmark, edited=first.at)
        known = self.bookmark.newest.date  # as it will be when the last gap is closed
        page = FirstPage(first.actions, PROBE if self.is_first else LARGEST_PAGE)
        for news in read_news(
            self._client, self._feed, self.bookmark, start=self._start, first=page
        ):
            self.bookmark = self._with_arrivals(news.bookmark, news.actions)
            if self.is_first:
                self.census.now = Count(news.counted, self.bookmark.newest)
                for comment in filter(is_comment, news.actions):
                    self.census.find(comment)
            yield Portion(news.actions, self.bookmark)
        if not self.is_first:
            yield from self._brought(known)
            yield from self._edited(first)

    def _with_arrivals(self, bookmark: Bookmark, actions: list[Action]) -> Bookmark:
        """Note cards that came or left."""
        for action in actions:
            self.census.note(action)
        if self.is_first:
            return bookmark
        came = [card_of(action) for action in actions if action["type"] in ARRIVALS]
        return replace(bookmark, arrived=tuple(dict.fromkeys((*self.bookmark.arrived, *came))))

    def _brought(self, known: datetime | None) -> Iterator[Portion]:
        """Comments that came with cards; what is newer than `known` was in the feed."""
        cards = self.bookmark.arrived
        for card, comments in self._comments_of(cards):
            fresh = [
                each
                for each in comments
                if not self.bookmark.has_given(each)
                and known is not None
                and instant_of(each["date"]) < known
            ]
            left = tuple(each for each in self.bookmark.arrived if each != card)
            self.bookmark = replace(self.bookmark, arrived=left).with_given(fresh)
            yield Portion(fresh, self.bookmark)

    def _comments_of(self, cards: tuple[str, ...]) -> Iterator[tuple[str, list[Action]]]:
        """The comments of cards; none of those that can't be seen any more."""
        feeds = [
            replace(self._comments, path=f"/cards/{card}/actions", since=self._start)
            for card in cards
        ]
        pages = self._client.get_many(feed.page_path() for feed in feeds)
        for card, feed, page in zip(cards, feeds, pages, strict=True):
            if isinstance(page, NotFound):
                yield card, []  # deleted, or moved on to where it can't be seen
            else:
                yield card, list(read_feed(self._client, feed, page))

    def _edited(self, first: FirstPages) -> Iterator[Portion]:
        """Edited comments; count all on the way, if all are looked through."""
        if self._edits_since is None:
            self.census.now = Count(newest=self.bookmark.newest)
        for page in read_pages(self._client, self._comments, first_page=first.comments):
            yield self._edits_among(page.actions, is_counted=self._edits_since is None)
        if self._edits_since is not None:
            yield from self._edits_on_changed_cards()
        if first.at is not None:
            self.bookmark = self.bookmark.edits_looked_for(first.at)
        yield Portion([], self.bookmark)

    def _edits_on_changed_cards(self) -> Iterator[Portion]:
        cards = changed_cards(self._client, self._board, since=self.bookmark.edited)
        for _, comments in self._comments_of(tuple(cards)):
            yield self._edits_among(comments, is_counted=False)

    def _edits_among(self, comments: list[Action], *, is_counted: bool) -> Portion:
        found = []
        for comment in comments:
            if not self.bookmark.newest.covers(comment["id"], instant_of(comment["date"])):
                continue  # the next run reads it
            if is_counted:
                self.census.count(comment, self.bookmark.newest)
            if self._is_edited_since(comment) and not self.bookmark.has_given(comment):
                found.append(comment)
        self.bookmark = self.bookmark.with_given(found)
        return Portion(found, self.bookmark)

    def _is_edited_since(self, comment: Action) -> bool:
        text = comment["data"].get("dateLastEdited")
        if not text:
            return False
        edited = self.bookmark.edited
        return edited is None or instant_of(text) >= edited
