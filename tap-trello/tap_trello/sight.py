"""What became of workspaces and boards that earlier runs have read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tap_trello.account import Account

__all__ = ["BOARDS", "ORGANIZATIONS", "Sight", "in_words"]

ORGANIZATIONS, BOARDS = "organizations", "boards"


def in_words(kind: str) -> str:
    """What people call a kind of place."""
    return "workspace" if kind == ORGANIZATIONS else "board"


class Sight:
    """Tells places that were deleted from those that are merely out of sight.

    A place is a workspace or a board. One that a run does not cover any more is asked for by
    itself: only if there is none (404), it was deleted; so is an archived board if these are not
    wanted. Else the member has lost access, or the settings leave it out, and what lies in it is
    not deleted.

    Args:
        account: what the run covers.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._deleted: dict[str, bool] = {}

    def covered(self, kind: str) -> set[str]:
        """Ids of the workspaces or boards that the run covers."""
        account = self._account
        places = account.organizations if kind == ORGANIZATIONS else account.boards
        return {place["id"] for place in places}

    def hidden(self, known: Mapping[str, Collection[str]]) -> str | None:
        """One of the known places that is out of sight, in words; None if there is none.

        Args:
            known: ids by kind of place.
        """
        for kind, ids in known.items():
            place = self._first_hidden(kind, sorted(set(ids) - self.covered(kind)))
            if place is not None:
                return f"{in_words(kind)} {place}"
        return None

    def _first_hidden(self, kind: str, missing: Sequence[str]) -> str | None:
        for place in missing:
            if self._deleted.get(place) is False:
                return place
        unknown = [place for place in missing if place not in self._deleted]
        fields = "closed" if kind == BOARDS else "id"
        answers = self._account.client.get_many(
            f"/{kind}/{place}?fields={fields}" for place in unknown
        )
        for place, answer in zip(unknown, answers, strict=False):
            self._deleted[place] = isinstance(answer, NotFound) or self._is_archived(answer)
            if not self._deleted[place]:
                return place  # one is enough, and the others would cost requests
        return None

    def _is_archived(self, answer: Any) -> bool:
        """Whether a place is one that the settings count as gone."""
        is_wanted = self._account.include_archived
        return not is_wanted and isinstance(answer, dict) and bool(answer.get("closed"))
