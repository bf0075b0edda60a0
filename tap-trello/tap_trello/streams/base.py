"""The streams that are read as a whole: they have no feed of changes, and are small."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import NotFound, PlainStreamErrors, RecordRefused
from singer_rest.versions import VersionedStream
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_trello import schemas
from tap_trello.cards import cards_of, first_cards_path
from tap_trello.sight import BOARDS, ORGANIZATIONS
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_trello.account import Account
    from tap_trello.sight import Sight
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

PLACES, RECORDS = "places", "records"  # in the state


class TrelloStream(PlainStreamErrors, VersionedStream, ABC):
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

    @property
    def sight(self) -> Sight:
        """What became of places that earlier runs have read."""
        return self._trello_tap.sight

    def doubt_about_places(self, known: Mapping[str, Collection[str]]) -> str | None:
        """Why records in the known places may be neither read nor deleted; None if there are none.

        Args:
            known: ids of the places that earlier runs have read, by kind.
        """
        hidden = self.sight.hidden(known)
        if hidden is None:
            return None
        return (
            f"{hidden} was read before and is out of sight now (access lost, or left out by the "
            "settings), which deletes nothing; a run without state begins anew"
        )


class WholeStream(TrelloStream, ABC):
    """A stream that every run reads from beginning to end."""

    kinds_of_places: ClassVar[tuple[str, ...]] = (BOARDS,)
    """Where its records lie: if such a place is out of sight, they are, too."""

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self.vanished: list[str] = []
        """Places that vanished while they were read."""

    @abstractmethod
    def read(self) -> Iterable[Record]:
        """Every record."""

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Every record, as a copy that the SDK may prune."""
        del context
        if self.tells_deletions:
            yield from self._read_versioned()
        else:
            yield from map(copy.deepcopy, self.read())

    def _read_versioned(self) -> Iterator[Record]:
        """Every record, with a new version; at the end tell that all others are gone."""
        version = self.carry_new()
        number = 0
        for record in self.read():
            number += 1
            yield copy.deepcopy(record)
        known: dict[str, list[str]] = self.stream_state.get(PLACES, {})
        doubt = self.doubt_about_places(known)
        if self.vanished:
            doubt = f"board {self.vanished[0]} vanished while it was read"
        told = self.end_full_read(version, number=number, doubt=doubt)
        self.stream_state[PLACES] = {
            kind: sorted(self.sight.covered(kind).union([] if told else known.get(kind, [])))
            for kind in self.kinds_of_places
        }


class BoardwiseStream(WholeStream, ABC):
    """A stream that is read board by board.

    A record that is moved meanwhile, to a board that was read already, is missed. So unless just
    the records of the last run come again, they are read once more.
    """

    @abstractmethod
    def read_boards(self) -> Iterator[Record]:
        """Every record, board by board."""

    def read(self) -> Iterator[Record]:
        """Every record once."""
        seen: set[str] = set()
        yield from self._unseen(seen)
        if not self.tells_deletions:
            return
        if sum(map(Tally.of, seen), Tally()) != Tally.of_state(self.stream_state.get(RECORDS)):
            yield from self._unseen(seen)
        self.stream_state[RECORDS] = sum(map(Tally.of, seen), Tally()).as_state()

    def _unseen(self, seen: set[str]) -> Iterator[Record]:
        for record in self.read_boards():
            if record["id"] not in seen:
                seen.add(record["id"])
                yield record


class OrganizationsStream(WholeStream):
    """Workspaces, which the API calls organizations."""

    name = "organizations"
    kinds_of_places = (ORGANIZATIONS,)
    schema = schemas.ORGANIZATIONS

    def read(self) -> Iterable[Record]:
        """The workspaces that the run covers."""
        return self.account.organizations


class MembersStream(WholeStream):
    """Everybody in the workspaces and boards, invited people included."""

    name = "members"
    kinds_of_places = (ORGANIZATIONS, BOARDS)
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


class ListsStream(BoardwiseStream):
    """Lists of the boards, archived ones too."""

    name = "lists"
    schema = schemas.LISTS

    def read_boards(self) -> Iterator[Record]:
        """The lists, board by board."""
        boards = [board["id"] for board in self.account.boards]
        answers = self.account.client.get_many(f"/boards/{id_}/lists?filter=all" for id_ in boards)
        for board, answer in zip(boards, answers, strict=True):
            if isinstance(answer, NotFound):
                self.vanished.append(board)
            elif isinstance(answer, RecordRefused):
                raise answer
            else:
                yield from answer


class CardsStream(BoardwiseStream):
    """Cards of the boards, archived ones too."""

    name = "cards"
    schema = schemas.CARDS

    def read_boards(self) -> Iterator[Record]:
        """The cards, board by board."""
        boards = [board["id"] for board in self.account.boards]
        pages = self.account.client.get_many(map(first_cards_path, boards), at_once=5)
        for board, page in zip(boards, pages, strict=True):
            yield from self._cards_of(board, page)

    def _cards_of(self, board: str, page: Any) -> Iterator[Record]:
        try:
            yield from cards_of(self.account.client, board, page)
        except NotFound:
            self.vanished.append(board)
