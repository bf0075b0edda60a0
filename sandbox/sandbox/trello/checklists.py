"""Checklists of cards, with their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.trello.permissions import find_board, find_card, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

SHOWN = ("fields", "checkItems", "checkItem_fields")


@routes.add("GET", "/boards/{id}/checklists", *SHOWN)
def board_checklists(call: Call) -> list[Record]:
    """Show the checklists of all cards of a board."""
    board = find_board(call, call.path["id"])
    return [_shown(call, each) for each in call.store.children("checklist", board["id"])]


@routes.add("GET", "/cards/{id}/checklists", *SHOWN)
def card_checklists(call: Call) -> list[Record]:
    """Show the checklists of a card."""
    card = find_card(call, call.path["id"])
    return [_shown(call, each) for each in call.store.aliased("checklist", card["id"])]


@routes.add("GET", "/checklists/{id}", *SHOWN)
def show_checklist(call: Call) -> Record:
    """Show a checklist."""
    return _shown(call, find_on_board(call, "checklist", call.path["id"]))


def checklist_record(record_id: str, name: str, card: Record, position: float) -> Record:
    """Return a whole checklist without items."""
    return {
        "id": record_id,
        "name": name,
        "idBoard": card["idBoard"],
        "idCard": card["id"],
        "pos": position,
        "checkItems": [],
    }


def item_record(record_id: str, name: str, checklist: str, position: float) -> Record:
    """Return a whole item of a checklist."""
    return {
        "id": record_id,
        "name": name,
        "nameData": {"emoji": {}},
        "pos": position,
        "state": "incomplete",
        "due": None,
        "dueReminder": None,
        "idMember": None,
        "idChecklist": checklist,
    }


def _shown(call: Call, checklist: Record) -> Record:
    """Return a checklist with its items, as far as both are asked for."""
    items = checklist["checkItems"]
    body = dict(call.chosen(checklist, None))
    if call.text("checkItems") == "none":
        body.pop("checkItems", None)
    else:
        body["checkItems"] = [
            {**call.chosen(each, None, "checkItem_fields"), "idChecklist": checklist["id"]}
            for each in items
        ]
    return body
