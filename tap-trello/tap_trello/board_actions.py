"""All actions of one board since a bookmark, with what a feed by date would miss.

- An edit keeps a comment's id and date, so no bookmark by date shows it: the comments are read
  again, and those edited since the last run are given.
- A card that arrives as a copy brings its comments along, as `copyCommentCard` with the date of
  the originals; one that is moved here may bring comments from a board that is not covered. So the
  comments of arrived cards are read as well.

The comments are counted on the way: see `census`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound, RecordRefused

from tap_trello.bookmarks import Bookmark, later
from tap_trello.census import ARRIVALS, Census, card_of
from tap_trello.feed import Feed, read_feed
from tap_trello.instants import instant_of
from tap_trello.records import COMMENTS, is_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_trello.client import TrelloClient
    from tap_trello.tally import Tally

__all__ = ["BoardActions"]

Action = dict[str, Any]


@dataclass(frozen=True)
class FirstPages:
    """First pages that were read together with other boards'.

    Attributes:
        at: Trello's time before they were read.
        actions: of the board's feed.
        comments: of the board's comments.
    """

    at: datetime | None
    actions: list[Action] | None = None
    comments: list[Action] | None = None


class BoardActions:
    """One reading of a board.

    Args:
        client: the API.
        board_id: the board.
        bookmark: how far it was read before; an empty one to read everything.
        expected: the comments that were there then, if they were counted.
        start: leave out actions of before.
        edits_since: look for edits in comments from this time on only; the count is one of these
            comments only, too.
    """

    def __init__(
        self,
        client: TrelloClient,
        board_id: str,
        bookmark: Bookmark,
        *,
        expected: Tally | None = None,
        start: datetime | None = None,
        edits_since: datetime | None = None,
    ) -> None:
        self._client = client
        self._bookmark = bookmark
        self._start = start
        self.census = Census(bookmark, expected)
        path = f"/boards/{board_id}/actions"
        self._feed = Feed(path, since=later(bookmark.newest, start))
        self._comments = Feed(path, COMMENTS, since=later(edits_since, start))
        self._newest: datetime | None = None
        self.newest_ids: set[str] = set()
        """Ids of the actions with the newest date that was read."""
        self._edited: datetime | None = None
        self._began: datetime | None = None

    @property
    def is_first(self) -> bool:
        """Whether the board was never read before."""
        return self._bookmark.newest is None

    @property
    def first_paths(self) -> list[str]:
        """Addresses of the first pages, for a batch; none where they are likely to be large."""
        if self.is_first:
            return []
        return [self._feed.page_path(), self._comments.page_path()]

    def read(self, first: FirstPages) -> Iterator[Action]:
        """Give every new action and every edited comment, each once.

        Args:
            first: first pages that were read already.
        """
        self._began = first.at
        given: set[str] = set()
        arrived: dict[str, None] = {}
        for action in read_feed(self._client, self._feed, first.actions):
            self._note(action)
            if not self.is_first:
                given.add(action["id"])
                if action["type"] in ARRIVALS:
                    arrived[card_of(action)] = None
            elif is_comment(action):
                self.census.count(action, for_next=True)
            yield action
        if self.is_first:
            return
        for action in self._comments_of(arrived):
            if action["id"] not in given:
                given.add(action["id"])
                self._note_edit(action)
                yield action
        new = self.bookmark()
        for action in read_feed(self._client, self._comments, first.comments):
            covered = new.covers(action["id"], instant_of(action["date"]))
            self.census.count(action, for_next=covered)
            if self._note_edit(action) and action["id"] not in given:
                yield action

    def bookmark(self) -> Bookmark:
        """The bookmark after `read` has come to its end.

        An edit made while the comments were being read may lie behind a later one that was seen:
        so the edits' bookmark never passes the time at which reading began.
        """
        edited = self._edited
        if edited is not None and self._began is not None:
            edited = min(edited, self._began)
        return self._bookmark.advanced(self._newest, edited, frozenset(self.newest_ids))

    def _comments_of(self, cards: dict[str, None]) -> Iterator[Action]:
        feeds = [Feed(f"/cards/{card}/actions", COMMENTS, since=self._start) for card in cards]
        pages = self._client.get_many(feed.page_path() for feed in feeds)
        for feed, page in zip(feeds, pages, strict=True):
            if isinstance(page, NotFound):
                continue  # deleted, or moved on to where it can't be seen
            if isinstance(page, RecordRefused):
                raise page
            yield from read_feed(self._client, feed, page)

    def _note(self, action: Action) -> None:
        date = instant_of(action["date"])
        self._newest = later(self._newest, date)
        if date == self._newest:  # newest first, so there was none newer before
            self.newest_ids.add(action["id"])
        self.census.note(action)
        if is_comment(action):
            self._note_edit(action)

    def _note_edit(self, action: Action) -> bool:
        """Note when a comment was edited; whether that is since the edits' bookmark."""
        text = action["data"].get("dateLastEdited")
        if not text:
            return False
        edited = instant_of(text)
        self._edited = later(self._edited, edited)
        return self._bookmark.edited is None or edited >= self._bookmark.edited
