"""Boards, and what belongs to a board but to no card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from tap_trello import schemas
from tap_trello.cards import Listing
from tap_trello.sight import BOARDS
from tap_trello.streams.base import WholeStream
from tap_trello.streams.placewise import PlacewiseStream
from tap_trello.streams.steps import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_trello.marks import Mark, Place
    from tap_trello.streams.base import Record

__all__ = [
    "BoardCustomFieldsStream",
    "BoardLabelsStream",
    "BoardListStream",
    "BoardMembershipsStream",
    "BoardsStream",
    "ChecklistsStream",
    "ListsStream",
]


class BoardsStream(WholeStream):
    """Boards, archived ones too if they are covered."""

    name = "boards"
    schema = schemas.BOARDS

    def read(self) -> Iterable[Record]:
        """The boards that the run covers."""
        return self.copies(self.account.boards)


class BoardListStream(PlacewiseStream):
    """Records that Trello gives in one list for each board."""

    path: str
    """Address of the list, with `{id}` for the board's, and maybe `{fields}` for its parameter."""

    def first_path(self, place: Place) -> str:
        """The address of the list."""
        return self.path.format(id=place.id, fields=self.fields.parameter)

    def pages(self, place: Place, answer: Any, before: Mark) -> Iterator[Page]:
        """All records on one page; none to be given if all are as before."""
        if isinstance(answer, RecordRefused):
            raise answer
        records = [self.record_of(place, each) for each in self.wanted(place, answer)]
        yield Page.of_all(records, before)

    def wanted(self, place: Place, answer: list[Record]) -> list[Record]:
        """What of an answer is to be given."""
        del place
        return answer

    def record_of(self, place: Place, answer: Record) -> Record:
        """A record as it is given."""
        del place
        return answer


class ListsStream(BoardListStream):
    """Lists of the boards, archived ones too if they are wanted."""

    name = "lists"
    schema = schemas.LISTS

    def first_path(self, place: Place) -> str:
        """The address of a board's lists."""
        wanted = "all" if self.account.include_archived else "open"
        return f"/boards/{place.id}/lists?filter={wanted}&fields={self.fields.parameter}"


class BoardMembershipsStream(BoardListStream):
    """Who belongs to a board, and as what; `idBoard` tells which."""

    name = "board_memberships"
    schema = schemas.BOARD_MEMBERSHIPS
    added = ("idBoard",)
    path = "/boards/{id}/memberships"

    def record_of(self, place: Place, answer: Record) -> Record:
        """The membership with its board."""
        return {**answer, "idBoard": place.id}


class BoardLabelsStream(BoardListStream):
    """Labels of the boards; Trello gives at most 1,000 of a board."""

    name = "board_labels"
    schema = schemas.BOARD_LABELS
    may_be_empty = True
    path = "/boards/{id}/labels?limit=1000&fields={fields}"


class BoardCustomFieldsStream(BoardListStream):
    """Custom fields of the boards; `idModel` is the board. Not every board may have them."""

    name = "board_custom_fields"
    schema = schemas.BOARD_CUSTOM_FIELDS
    may_be_empty = True
    optional_at = (BOARDS,)
    path = "/boards/{id}/customFields"


class ChecklistsStream(BoardListStream):
    """Checklists of the boards' cards, with their items."""

    name = "checklists"
    schema = schemas.CHECKLISTS
    may_be_empty = True
    path = "/boards/{id}/checklists"

    def wanted(self, place: Place, answer: list[Record]) -> list[Record]:
        """The checklists; those of archived cards only if these are wanted."""
        if self.account.include_archived:
            return answer
        visible = Listing(place.id, {"filter": "visible", "fields": "id"})
        pages = visible.pages(self.account.client) if answer else ()
        cards = {card["id"] for page in pages for card in page}
        return [each for each in answer if each["idCard"] in cards]
