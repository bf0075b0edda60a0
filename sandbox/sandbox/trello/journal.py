"""Actions: what Trello writes down by itself whenever something happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms
from sandbox.store import encode
from sandbox.trello.object_ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.store import Record, Store

INSERT = "INSERT INTO actions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def row_of(action: Record, at: int, workspace: str | None = None) -> Sequence[object]:
    """Return an action as a row of the table ``actions``.

    Args:
        action: the whole action.
        at: its date in milliseconds since 1970.
        workspace: the one of its board, where the action does not name it.
    """
    parents = [id_in(action["data"], kind) for kind in ("board", "list", "card")]
    named = id_in(action["data"], "organization") or workspace
    creator = action["idMemberCreator"] or ""
    return (action["id"], at, action["type"], *parents, named, creator, encode(action))


def id_in(data: Record, kind: str) -> str | None:
    """Return the id of a place that an action's data names; it may be null there."""
    return (data.get(kind) or {}).get("id")


def workspace_of(store: Store, data: Record) -> str | None:
    """Return the id of the workspace that the board of an action's data belongs to."""
    board = id_in(data, "board")
    found = store.value("SELECT parent FROM records WHERE kind = 'board' AND id = ?", (board,))
    return found or None


def record(
    store: Store,
    kind: str,
    creator: str,
    data: Record,
    *,
    at: int | None = None,
    created: int | None = None,
) -> Record:
    """Write an action.

    Args:
        store: the state.
        kind: the type, such as ``createCard``.
        creator: the id of the member who did it.
        data: what it was done to.
        at: its date in milliseconds since 1970; now by default.
        created: the moment in its id; the date by default.
    """
    moment = now_ms() if at is None else at
    action = {
        "id": new_id(moment if created is None else created),
        "idMemberCreator": creator,
        "type": kind,
        "date": iso(moment),
        "data": data,
        "appCreator": None,
        "limits": {},
    }
    store.write(INSERT, row_of(action, moment, workspace_of(store, data)))
    return action


def update(store: Store, action: Record) -> None:
    """Write an action's changed body; its date and creator never change."""
    sql = "UPDATE actions SET body = ? WHERE id = ?"
    store.write(sql, (encode(action), action["id"]))


def get(store: Store, action_id: str) -> Record | None:
    """Return an action by its id."""
    found = store.bodies("SELECT body FROM actions WHERE id = ?", (action_id,))
    return found[0] if found else None


def touch(store: Store, card: Record | None, board: Record | None, at: int | None = None) -> None:
    """Raise ``dateLastActivity`` of a card, a board or both."""
    moment = iso(now_ms() if at is None else at)
    for kind, body in (("card", card), ("board", board)):
        if body is not None:
            body["dateLastActivity"] = moment
            store.put(kind, body)


def place(
    card: Record | None = None,
    in_list: Record | None = None,
    board: Record | None = None,
    organization: Record | None = None,
) -> Record:
    """Return the part of an action's data that says where it happened."""
    data: Record = {}
    if card is not None:
        data["card"] = {key: card[key] for key in ("id", "name", "idShort", "shortLink")}
    if in_list is not None:
        data["list"] = {key: in_list[key] for key in ("id", "name")}
    if board is not None:
        data["board"] = {key: board[key] for key in ("id", "name", "shortLink")}
    if organization is not None:
        data["organization"] = {"id": organization["id"], "name": organization["displayName"]}
    return data
