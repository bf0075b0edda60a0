"""Boards, and what belongs to a board but to no card."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from singer_rest import RecordRefused

from tap_trello import schemas
from tap_trello.streams.base import WholeStream
from tap_trello.streams.placewise import Page, PlacewiseStream

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
    """Address of the list, with `{id}` for the board's."""

    def first_path(self, place: Place) -> str:
        """The address of the list."""
        return self.path.format(id=place.id)

    def pages(self, place: Place, answer: Any, before: Mark) -> Iterator[Page]:
        """All records on one page; none to be given if all are as before."""
        if isinstance(answer, RecordRefused):
            raise answer
        records = [self.record_of(place, each) for each in answer]
        content = digest_of(records)
        ids = [each["id"] for each in records]
        yield Page(ids, [] if content == before.content else records, content=content)

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
    path = "/boards/{id}/memberships"

    def record_of(self, place: Place, answer: Record) -> Record:
        """The membership with its board."""
        return {**answer, "idBoard": place.id}


class BoardLabelsStream(BoardListStream):
    """Labels of the boards; Trello gives at most 1,000 of a board."""

    name = "board_labels"
    schema = schemas.BOARD_LABELS
    path = "/boards/{id}/labels?limit=1000"


class BoardCustomFieldsStream(BoardListStream):
    """Custom fields of the boards; `idModel` is the board."""

    name = "board_custom_fields"
    schema = schemas.BOARD_CUSTOM_FIELDS
    path = "/boards/{id}/customFields"


class ChecklistsStream(BoardListStream):
    """Checklists of the boards' cards, with their items."""

    name = "checklists"
    schema = schemas.CHECKLISTS
    path = "/boards/{id}/checklists"


def digest_of(records: list[Record]) -> str:
    """What tells records from others; their order counts."""
    return blake2b(msgspec.json.encode(records), digest_size=8).hexdigest()
