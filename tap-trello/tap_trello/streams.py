"""The streams that are read as a whole: they have no feed of changes, and are small."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import NotFound, PlainStreamErrors, RecordRefused
from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_trello import schemas
from tap_trello.cards import cards_of, first_cards_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from tap_trello.account import Account
    from tap_trello.tap import TapTrello

__all__ = [
    "BoardsStream",
    "CardsStream",
    "ListsStream",
    "MembersStream",
    "OrganizationsStream",
    "TrelloStream",
]

Record = dict[str, Any]


class TrelloStream(PlainStreamErrors, Stream, ABC):
    """A stream of Trello: the key is `id`, and records are passed on as they were answered."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._trello_tap = tap

    @property
    def account(self) -> Account:
        """What the run covers; not needed to tell what streams there are."""
        return self._trello_tap.account


class WholeStream(TrelloStream, ABC):
    """A stream that every run reads from beginning to end."""

    @abstractmethod
    def read(self) -> Iterable[Record]:
        """Every record."""

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Every record, as a copy that the SDK may prune."""
        del context
        for record in self.read():
            yield copy.deepcopy(record)


class OrganizationsStream(WholeStream):
    """Workspaces, which the API calls organizations."""

    name = "organizations"
    schema = schemas.ORGANIZATIONS

    def read(self) -> Iterable[Record]:
        """The workspaces that the run covers."""
        return self.account.organizations


class MembersStream(WholeStream):
    """Everybody in the workspaces and boards, invited people included."""

    name = "members"
    schema = schemas.MEMBERS

    def read(self) -> Iterable[Record]:
        """The members, each once."""
        return self.account.members


class BoardsStream(WholeStream):
    """Boards, archived ones too."""

    name = "boards"
    schema = schemas.BOARDS

    def read(self) -> Iterable[Record]:
        """The boards that the run covers."""
        return self.account.boards


class ListsStream(WholeStream):
    """Lists of the boards, archived ones too."""

    name = "lists"
    schema = schemas.LISTS

    def read(self) -> Iterator[Record]:
        """The lists, board by board."""
        paths = [f"/boards/{board['id']}/lists?filter=all" for board in self.account.boards]
        for answer in self.account.client.get_many(paths):
            if not isinstance(answer, RecordRefused):
                yield from answer
            elif not isinstance(answer, NotFound):  # that board was deleted a moment ago
                raise answer


class CardsStream(WholeStream):
    """Cards of the boards, archived ones too."""

    name = "cards"
    schema = schemas.CARDS

    def read(self) -> Iterator[Record]:
        """The cards, board by board."""
        boards = [board["id"] for board in self.account.boards]
        client = self.account.client
        pages = client.get_many(map(first_cards_path, boards), at_once=5)
        for board, page in zip(boards, pages, strict=True):
            yield from cards_of(client, board, page)
