"""Checklists of cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello.card_deeds import done
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_board, find_card, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_GAP = 16_384
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


@routes.add("POST", "/checklists", "idCard", "name")
def create_checklist(call: Call) -> Record:
    """Add a checklist to a card."""
    return _create(call, call.required("idCard"))


@routes.add("POST", "/cards/{id}/checklists", "name")
def create_card_checklist(call: Call) -> Record:
    """Add a checklist, by the address under its card."""
    return _create(call, call.path["id"])


@routes.add("PUT", "/checklists/{id}", "name")
def change_checklist(call: Call) -> Record:
    """Rename a checklist."""
    checklist, card = _with_card(call)
    before, checklist["name"] = checklist["name"], call.required("name").strip()
    call.store.put("checklist", checklist)
    done(call, card, "updateChecklist", {**_told(checklist), "old": {"name": before}})
    return checklist


@routes.add("DELETE", "/checklists/{id}")
def delete_checklist(call: Call) -> Record:
    """Remove a checklist with its items."""
    checklist, card = _with_card(call)
    call.store.delete("checklist", checklist["id"])
    done(call, card, "removeChecklistFromCard", _told(checklist))
    return {"limits": {}}


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


def _create(call: Call, card_name: str) -> Record:
    card = find_card(call, card_name, write=True)
    siblings = call.store.aliased("checklist", card["id"])
    position = (siblings[-1]["pos"] if siblings else 0) + _GAP
    name = call.text("name").strip() or "Checklist"
    checklist = checklist_record(new_id(now_ms()), name, card, position)
    call.store.put("checklist", checklist)
    done(call, card, "addChecklistToCard", _told(checklist))
    return checklist


def _with_card(call: Call) -> tuple[Record, Record]:
    checklist = find_on_board(call, "checklist", call.path["id"], write=True)
    return checklist, find_card(call, checklist["idCard"])


def _told(checklist: Record) -> Record:
    return {"checklist": {key: checklist[key] for key in ("id", "name")}}
