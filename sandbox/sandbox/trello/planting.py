"""Actions of any type, date and author, as no request could write them: for tests."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.clock import iso, now_ms, parse
from sandbox.trello import journal
from sandbox.trello.object_ids import is_id, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.store import Record, Store

_PLACES = ("card", "list", "board", "organization")
_COMMENTS = ("commentCard", "copyCommentCard")


class Wish(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An action to plant.

    Args:
        type: any text, so a type that nobody has heard of, too.
        card: the id of a card; its list, board and workspace go into the data as well.
        list: the id of a list, likewise.
        board: the id of a board, likewise.
        organization: the id of a workspace.
        date: ISO 8601 to the millisecond; now by default.
        created: the moment in the id; the date by default.
        data: what the data say besides the place; it wins over it.
        appCreator: null or an object such as ``{"id": ..., "name": ...}``.
        creator: a member's username or id; an unknown id is an account that is gone, and the
            action then shows no ``memberCreator``.
        more: further properties of the action, such as ``display``.
        touch: whether ``dateLastActivity`` of the card and the board rises to the date.
    """

    type: str = "commentCard"
    card: str | None = None
    list: str | None = None
    board: str | None = None
    organization: str | None = None
    date: str | None = None
    created: str | None = None
    data: dict[str, Any] = {}
    appCreator: dict[str, Any] | None = None  # noqa: N815 - as the API writes it
    creator: str | None = "crmsync"
    more: dict[str, Any] = {}
    touch: bool = True


def plant(store: Store, wishes: Sequence[Wish]) -> list[str]:
    """Write actions and return their ids.

    Raises:
        ValueError: a wish names a place or a username that does not exist, or a wrong date.
    """
    ground = _Ground(store)
    planted = [(wish, *_action(ground, wish)) for wish in wishes]
    store.write_many(
        journal.INSERT,
        [
            journal.row_of(action, at, ground.workspace_of_board(action["data"]))
            for _, action, at in planted
        ],
    )
    ground.leave_traces(planted)
    return [action["id"] for _, action, _ in planted]


class _Ground:
    """The places that actions are planted at, each looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Record] = {}
        self._creators: dict[str, str] = {}

    def find(self, kind: str, record_id: str) -> Record:
        key = (kind, record_id)
        if key not in self._known:
            found = self._store.get(kind, record_id)
            if found is None:
                raise ValueError(f"no such {kind}: {record_id}")
            self._known[key] = found
        return self._known[key]

    def creator(self, name: str) -> str:
        """Return the id of a member; an id may be of nobody."""
        if is_id(name):
            return name
        if name not in self._creators:
            member = self._store.named("member", name)
            if member is None:
                raise ValueError(f"no such member: {name}")
            self._creators[name] = member["id"]
        return self._creators[name]

    def place(self, wish: Wish) -> Record:
        """Return the part of the data that says where it happened, from the inside out."""
        ids = {kind: getattr(wish, kind) for kind in _PLACES}
        found: dict[str, Record] = {}
        above = (("list", "idList"), ("board", "idBoard"), ("organization", "idOrganization"))
        for kind in _PLACES:
            if ids[kind]:
                found[kind] = self.find(kind, ids[kind])
                for outer, name in above:
                    ids[outer] = ids[outer] or found[kind].get(name)
        return journal.place(
            found.get("card"), found.get("list"), found.get("board"), found.get("organization")
        )

    def workspace_of_board(self, data: Record) -> str | None:
        board = journal.id_in(data, "board")
        known = self._known.get(("board", board or ""))
        return known["idOrganization"] if known else journal.workspace_of(self._store, data)

    def leave_traces(self, planted: Iterable[tuple[Wish, Record, int]]) -> None:
        """Raise the last activity of cards and boards, and the number of comments."""
        changed: dict[tuple[str, str], Record] = {}
        for wish, action, _ in planted:
            for kind in ("card", "board"):
                place = journal.id_in(action["data"], kind)
                record = self._known.get((kind, place or ""))
                if record is None:
                    continue
                if wish.touch and action["date"] > record["dateLastActivity"]:
                    record["dateLastActivity"] = action["date"]
                if kind == "card" and action["type"] in _COMMENTS:
                    record["badges"]["comments"] += 1
                changed[kind, record["id"]] = record
        for (kind, _), record in changed.items():
            self._store.put(kind, record)


def _action(ground: _Ground, wish: Wish) -> tuple[Record, int]:
    at = now_ms() if wish.date is None else parse(wish.date, timezone.utc)
    created = at if wish.created is None else parse(wish.created, timezone.utc)
    action = {
        "id": new_id(created),
        "idMemberCreator": None if wish.creator is None else ground.creator(wish.creator),
        "type": wish.type,
        "date": iso(at),
        "data": {**ground.place(wish), **wish.data},
        "appCreator": wish.appCreator,
        "limits": {},
        **wish.more,
    }
    return action, at
