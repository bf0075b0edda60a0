"""Boards and their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms
from sandbox.trello import journal
from sandbox.trello.card_parts import drop
from sandbox.trello.errors import TrelloError, invalid_value, unauthorized
from sandbox.trello.labels import add_default_labels
from sandbox.trello.memberships import join
from sandbox.trello.object_ids import new_id, second_of, short_link
from sandbox.trello.permissions import find_board, find_list, find_organization, is_admin_of
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_FILTERS: dict[str, Callable[[Record], bool]] = {
    "all": lambda _: True,
    "members": lambda _: True,
    "none": lambda _: False,
    "open": lambda board: not board["closed"],
    "closed": lambda board: bool(board["closed"]),
    "organization": lambda board: bool(board["prefs"]["permissionLevel"] == "org"),
    "public": lambda board: bool(board["prefs"]["permissionLevel"] == "public"),
    "starred": lambda board: bool(board["starred"]),
}
_FREE_BOARDS = 10
_GAP = 65_536
_DEFAULT_LISTS = ("To Do", "Doing", "Done")


@routes.add("GET", "/boards/{id}", "fields")
def show_board(call: Call) -> Record:
    """Show a board."""
    return call.chosen(find_board(call, call.path["id"]), None)


@routes.add("POST", "/boards", "name", "desc", "idOrganization", "defaultLists", "defaultLabels")
def create_board(call: Call) -> Record:
    """Create a board in a workspace; the caller administers it."""
    moment = now_ms()
    name = call.required("name").strip()
    workspace = None
    if call.optional("idOrganization"):
        workspace = find_organization(call, call.text("idOrganization"))
        if len(call.store.children("board", workspace["id"])) >= _FREE_BOARDS:
            raise TrelloError(403, "Workspace has reached its limit of 10 boards")
    board = board_record(new_id(moment), name, workspace["id"] if workspace else None)
    board["desc"] = call.text("desc")
    call.store.put("board", board)
    join(call.store, "board", board["id"], call.caller, "admin")
    data = journal.place(board=board, organization=workspace)
    journal.record(call.store, "createBoard", call.caller, data, at=moment)
    if workspace is not None:
        journal.record(call.store, "addToOrganizationBoard", call.caller, data, at=moment)
    if call.flag("defaultLists", default=True):
        for list_name in _DEFAULT_LISTS:
            _add_list(call, board, list_name)
    if call.flag("defaultLabels", default=True):
        add_default_labels(call.store, board)
    return board


@routes.add("PUT", "/boards/{id}", "name", "desc", "closed")
def change_board(call: Call) -> Record:
    """Change a board."""
    board = find_board(call, call.path["id"], write=True)
    before = dict(board)
    if call.has("name"):
        board["name"] = call.required("name").strip()
    if call.has("desc"):
        board["desc"] = call.text("desc")
    if call.has("closed"):
        board["closed"] = call.flag("closed", default=False)
    old = {name: value for name, value in before.items() if board[name] != value}
    if old:
        data = {**journal.place(board=board), "old": old}
        journal.record(call.store, "updateBoard", call.caller, data)
        journal.touch(call.store, None, board)
    return board


@routes.add("DELETE", "/boards/{id}")
def delete_board(call: Call) -> Record:
    """Delete a board with everything on it; no feed tells of it."""
    board = find_board(call, call.path["id"], write=True)
    if not is_admin_of(call, board):
        raise unauthorized("board")
    drop(call.store, "SELECT id FROM records WHERE kind = 'card' AND parent = ?", (board["id"],))
    for statement in (
        "DELETE FROM records WHERE kind IN ('list', 'card', 'label', 'customField') AND parent = ?",
        "DELETE FROM actions WHERE board = ?",
        "DELETE FROM memberships WHERE kind = 'board' AND owner = ?",
        "DELETE FROM records WHERE kind = 'board' AND id = ?",
    ):
        call.store.write(statement, (board["id"],))
    return {"_value": None}


@routes.add("GET", "/boards/{id}/lists", "filter", "fields")
def board_lists(call: Call) -> list[Record]:
    """Show the lists of a board, open ones by default."""
    return _lists(call, call.text("filter") or "open")


@routes.add("GET", "/boards/{id}/lists/{filter}", "fields")
def filtered_board_lists(call: Call) -> list[Record]:
    """Show the lists of a board that a filter lets through."""
    return _lists(call, call.path["filter"])


@routes.add("GET", "/lists/{id}", "fields")
def show_list(call: Call) -> Record:
    """Show a list."""
    return call.chosen(find_list(call, call.path["id"]), None)


@routes.add("POST", "/lists", "name", "idBoard")
def create_list(call: Call) -> Record:
    """Create a list at the end of a board."""
    board = find_board(call, call.required("idBoard"), write=True)
    return _add_list(call, board, call.required("name").strip())


@routes.add("POST", "/boards/{id}/lists", "name")
def create_board_list(call: Call) -> Record:
    """Create a list, by the address under its board."""
    board = find_board(call, call.path["id"], write=True)
    return _add_list(call, board, call.required("name").strip())


@routes.add("PUT", "/lists/{id}", "name", "closed")
def change_list(call: Call) -> Record:
    """Change a list."""
    found = find_list(call, call.path["id"], write=True)
    before = dict(found)
    if call.has("name"):
        found["name"] = call.required("name").strip()
    if call.has("closed"):
        found["closed"] = call.flag("closed", default=False)
    old = {name: value for name, value in before.items() if found[name] != value}
    if old:
        call.store.put("list", found)
        board = find_board(call, found["idBoard"])
        data = {**journal.place(in_list=found, board=board), "old": old}
        journal.record(call.store, "updateList", call.caller, data)
        journal.touch(call.store, None, board)
    return found


def board_record(record_id: str, name: str, workspace: str | None) -> Record:
    """Return a whole board."""
    link = short_link(record_id)
    return {
        "id": record_id,
        "name": name,
        "desc": "",
        "descData": None,
        "closed": False,
        "idOrganization": workspace,
        "idEnterprise": None,
        "idMemberCreator": None,
        "enterpriseOwned": False,
        "pinned": False,
        "starred": False,
        "subscribed": False,
        "idTags": [],
        "premiumFeatures": [],
        "shortLink": link,
        "shortUrl": f"https://trello.com/b/{link}",
        "url": f"https://trello.com/b/{link}",
        "prefs": {"permissionLevel": "org" if workspace else "private", "comments": "members"},
        "labelNames": {},
        "dateLastActivity": iso(second_of(record_id)),
        "dateLastView": None,
        "dateClosed": None,
        "datePluginDisable": None,
        "creationMethod": None,
        "idBoardSource": None,
        "templateGallery": None,
        "ixUpdate": "1",
        "limits": {},
    }


def list_record(record_id: str, name: str, board: str, position: float) -> Record:
    """Return a whole list."""
    return {
        "id": record_id,
        "name": name,
        "closed": False,
        "idBoard": board,
        "pos": position,
        "subscribed": False,
        "softLimit": None,
        "color": None,
        "type": None,
        "datasource": {"filter": False},
    }


def shown(call: Call, boards: list[Record], default: str) -> list[Record]:
    """Return the boards that any word of the parameter ``filter`` lets through."""
    wanted = (call.text("filter") or default).split(",")
    if not set(wanted) <= set(_FILTERS):
        raise invalid_value("filter")
    return [
        call.chosen(board, None)
        for board in boards
        if any(_FILTERS[each](board) for each in wanted)
    ]


def _lists(call: Call, wanted: str) -> list[Record]:
    if wanted not in {"all", "open", "closed", "none"}:
        raise invalid_value("filter")
    lists = call.store.children("list", find_board(call, call.path["id"])["id"])
    return [
        call.chosen(each, None)
        for each in lists
        if wanted == "all" or wanted == ("closed" if each["closed"] else "open")
    ]


def _add_list(call: Call, board: Record, name: str) -> Record:
    moment = now_ms()
    siblings = call.store.children("list", board["id"])
    position = (siblings[-1]["pos"] if siblings else 0) + _GAP
    created = list_record(new_id(moment), name, board["id"], position)
    call.store.put("list", created)
    data = journal.place(in_list=created, board=board)
    journal.record(call.store, "createList", call.caller, data, at=moment)
    journal.touch(call.store, None, board, moment)
    return created
