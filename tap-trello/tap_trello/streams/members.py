"""The people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from tap_trello import schemas
from tap_trello.records import member_record
from tap_trello.sight import BOARDS, ORGANIZATIONS
from tap_trello.streams.base import WholeStream
from tap_trello.streams.placewise import PlacewiseStream
from tap_trello.streams.steps import Page
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_trello.marks import Mark, Place
    from tap_trello.streams.base import Record
    from tap_trello.tap import TapTrello

__all__ = ["MembersStream", "TokenMemberStream"]


class TokenMemberStream(WholeStream):
    """The owner of the token, alone, with what only they see of themselves."""

    name = "token_member"
    kinds_of_places = ()
    schema = schemas.MEMBERS

    def read(self) -> Iterable[Record]:
        """The one record."""
        own = self.account.own_member
        return self.copies([member_record(own, own["id"])])


class MembersStream(PlacewiseStream):
    """Everybody in the workspaces and boards, invited people included, each once."""

    name = "members"
    kinds_of_places = (ORGANIZATIONS, BOARDS)
    schema = schemas.MEMBERS
    added = ("tokenOwner",)
    optional_at = (ORGANIZATIONS,)

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._given: set[str] = set()

    def first_path(self, place: Place) -> str:
        """The address of a place's members."""
        return f"/{place.kind}/{place.id}/members?fields={self.fields.parameter}"

    def pages(self, place: Place, answer: Any, before: Mark) -> Iterator[Page]:
        """All members of a place on one page; none to be given if all are as before."""
        del place
        if isinstance(answer, RecordRefused):
            raise answer
        own = self.account.own_id
        members = [member_record(member, own) for member in answer]
        yield Page.of_all(members, before)

    def known_before(self, before: Mark, ids: Sequence[str]) -> list[str]:
        """Those of a place's members who belonged to it before.

        Their ids tell when they made an account, and not when they joined. A single one who joined
        can be told all the same.
        """
        known = list(super().known_before(before, ids))
        now = Tally.of_all(known)
        joined = next((each for each in known if now == before.records + Tally.of(each)), None)
        return [each for each in known if each != joined]

    def begin_sweep(self, *, anew: bool = False) -> int:
        """Begin to read everything: also whom this run has given already."""
        self._given.clear()
        return super().begin_sweep(anew=anew)

    def beside_places(self) -> Iterable[Record]:
        """The own member, if it belongs to nothing."""
        own = self.account.own_member
        return () if own["id"] in self._given else [member_record(own, own["id"])]

    def unseen(self, records: Sequence[Record]) -> Iterator[Record]:
        """The members that were not given with another place."""
        for record in records:
            if record["id"] not in self._given:
                self._given.add(record["id"])
                yield record
