"""Finding a record by what a path names it, for a caller who may see or change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.trello.errors import TrelloError, invalid_id, not_found, unauthorized
from sandbox.trello.object_ids import is_id

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

_SHORT_LINK = 8


def role(store: Store, kind: str, owner: str, member: str) -> str | None:
    """Return ``admin``, ``normal`` or None: a member's role in a workspace or board."""
    sql = "SELECT type FROM memberships WHERE kind = ? AND owner = ? AND member = ?"
    found = store.value(sql, (kind, owner, member))
    return None if found is None else str(found)


def find_member(call: Call, name: str) -> Record:
    """Return a member by id, username or ``me``."""
    if name == "me":
        name = call.caller
    member = call.store.get("member", name) if is_id(name) else call.store.named("member", name)
    if member is None:
        raise TrelloError(404, "model not found")
    return member


def find_organization(call: Call, name: str, *, admin: bool = False) -> Record:
    """Return a workspace by id or short name; its members see it, its admins change it."""
    kind = "organization"
    found = call.store.get(kind, name) if is_id(name) else call.store.named(kind, name)
    if found is None:
        raise TrelloError(404, "model not found")
    held = role(call.store, kind, found["id"], call.caller)
    if held is None or (admin and held != "admin"):
        raise unauthorized(kind)
    return found


def find_board(call: Call, name: str, *, write: bool = False, asked: str = "board") -> Record:
    """Return a board by id or short link.

    Its members see and change it; members of its workspace see it.
    ``asked`` is the word in the message of a refusal.
    """
    board = _by_id_or_link(call.store, "board", name)
    if role(call.store, "board", board["id"], call.caller):
        return board
    workspace = board["idOrganization"]
    if write or not workspace or not role(call.store, "organization", workspace, call.caller):
        raise unauthorized(asked)
    return board


def find_list(call: Call, name: str, *, write: bool = False) -> Record:
    """Return a list by id."""
    if not is_id(name):
        raise invalid_id()
    found = call.store.get("list", name)
    if found is None:
        raise not_found()
    find_board(call, found["idBoard"], write=write, asked="list")
    return found


def find_card(call: Call, name: str, *, write: bool = False) -> Record:
    """Return a card by id or short link."""
    card = _by_id_or_link(call.store, "card", name)
    find_board(call, card["idBoard"], write=write, asked="card")
    return card


def find_on_board(call: Call, kind: str, name: str, *, write: bool = False) -> Record:
    """Return a label, checklist or custom field by id."""
    if not is_id(name):
        raise invalid_id()
    found = call.store.get(kind, name)
    if found is None:
        raise not_found()
    board = found["idModel"] if kind == "customField" else found["idBoard"]
    find_board(call, board, write=write, asked=kind)
    return found


def is_admin_of(call: Call, board: Record) -> bool:
    """Say whether the caller administers a board, or the workspace it belongs to."""
    workspace = board["idOrganization"] or ""
    return "admin" in {
        role(call.store, "board", board["id"], call.caller),
        role(call.store, "organization", workspace, call.caller),
    }


def _by_id_or_link(store: Store, kind: str, name: str) -> Record:
    if is_id(name):
        found = store.get(kind, name)
    elif len(name) == _SHORT_LINK and name.isalnum():
        found = store.named(kind, name)
    else:
        raise invalid_id()
    if found is None:
        raise not_found()
    return found
