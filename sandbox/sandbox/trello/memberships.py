"""Who belongs to which workspace and board, in which role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello.errors import TrelloError, invalid_value
from sandbox.trello.object_ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

ROLES = ("admin", "normal", "observer")
FREE_SEATS = 10
# Boards say ``admins`` where workspaces say ``admin``; each takes both here.
_FILTERS: dict[str, Callable[[Record, str], bool]] = {
    "all": lambda _membership, _caller: True,
    "none": lambda _membership, _caller: False,
    "active": lambda membership, _: not membership["deactivated"],
    "deactivated": lambda membership, _: bool(membership["deactivated"]),
    "admin": lambda membership, _: bool(membership["memberType"] == "admin"),
    "admins": lambda membership, _: bool(membership["memberType"] == "admin"),
    "normal": lambda membership, _: bool(membership["memberType"] == "normal"),
    "me": lambda membership, caller: bool(membership["idMember"] == caller),
}


def join(store: Store, kind: str, owner: str, member: str, held: str) -> None:
    """Make somebody a member, or change the role of one."""
    sql = "SELECT id FROM memberships WHERE kind = ? AND owner = ? AND member = ?"
    known = store.value(sql, (kind, owner, member))
    store.write(
        "INSERT OR REPLACE INTO memberships VALUES (?, ?, ?, ?, ?)",
        (kind, owner, member, known or new_id(now_ms()), held),
    )


def leave(store: Store, kind: str, owner: str, member: str) -> bool:
    """End a membership; say whether there was one."""
    sql = "DELETE FROM memberships WHERE kind = ? AND owner = ? AND member = ?"
    return store.write(sql, (kind, owner, member)) > 0


def set_deactivated(store: Store, workspace: str, member: str, *, off: bool) -> None:
    """Say whether a member of a workspace is deactivated there, and so on its boards."""
    sql = "DELETE FROM deactivations WHERE organization = ? AND member = ?"
    if off:
        sql = "INSERT OR IGNORE INTO deactivations VALUES (?, ?)"
    store.write(sql, (workspace, member))


def take_seat(store: Store, workspace: str) -> None:
    """Refuse an eleventh collaborator: a free workspace holds ten, pending ones included."""
    sql = "SELECT count(*) FROM memberships WHERE kind = 'organization' AND owner = ?"
    if store.value(sql, (workspace,)) >= FREE_SEATS:
        raise TrelloError(403, "Workspace has reached its limit of 10 collaborators")


def asked_role(call: Call) -> str:
    """Return the role in the parameter ``type``."""
    held = call.text("type") or "normal"
    if held not in ROLES:
        raise invalid_value("type")
    return held


def listed(store: Store, kind: str, owner: str) -> list[Record]:
    """Return the memberships of a workspace or board."""
    sql = (
        "SELECT memberships.id, memberships.member, memberships.type, records.body,"
        " EXISTS (SELECT 1 FROM deactivations WHERE member = memberships.member"
        " AND organization = coalesce((SELECT parent FROM records boards"
        " WHERE kind = 'board' AND boards.id = memberships.owner), memberships.owner))"
        " FROM memberships LEFT JOIN records"
        " ON records.kind = 'member' AND records.id = memberships.member"
        " WHERE memberships.kind = ? AND memberships.owner = ? ORDER BY memberships.id"
    )
    return [
        {
            "id": membership,
            "idMember": member,
            "memberType": held,
            "unconfirmed": '"memberType":"ghost"' in (body or ""),
            "deactivated": bool(deactivated),
        }
        for membership, member, held, body, deactivated in store.rows(sql, (kind, owner))
    ]


def filtered(call: Call, memberships: list[Record]) -> list[Record]:
    """Return the memberships that the parameter ``filter`` asks for, all by default."""
    wanted = call.text("filter") or "all"
    if wanted not in _FILTERS:
        raise invalid_value("filter")
    lets_through = _FILTERS[wanted]
    return [each for each in memberships if lets_through(each, call.caller)]
