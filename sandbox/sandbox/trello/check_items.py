"""The items of checklists."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms, parse
from sandbox.trello.card_deeds import done
from sandbox.trello.errors import invalid_value, not_found
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_card, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_GAP = 16_384
_STATES = ("complete", "incomplete")


@routes.add("GET", "/checklists/{id}/checkItems", "fields")
def checklist_items(call: Call) -> list[Record]:
    """Show the items of a checklist."""
    checklist = find_on_board(call, "checklist", call.path["id"])
    return [call.chosen(each, None) for each in checklist["checkItems"]]


@routes.add("POST", "/checklists/{id}/checkItems", "name", "checked", "due", "idMember")
def add_item(call: Call) -> Record:
    """Add an item to a checklist; no feed tells of it."""
    checklist = find_on_board(call, "checklist", call.path["id"], write=True)
    items = checklist["checkItems"]
    position = (items[-1]["pos"] if items else 0) + _GAP
    name = call.required("name").strip()
    item = item_record(new_id(now_ms()), name, checklist["id"], position)
    item["state"] = "complete" if call.flag("checked", default=False) else "incomplete"
    _set(call, item)
    items.append(item)
    call.store.put("checklist", checklist)
    done(call, find_card(call, checklist["idCard"]))
    return item


@routes.add(
    "PUT", "/cards/{id}/checkItem/{idCheckItem}", "name", "state", "due", "dueReminder", "idMember"
)
def change_item(call: Call) -> Record:
    """Change an item; feeds tell of a new state only."""
    card = find_card(call, call.path["id"], write=True)
    checklist, item = _found(call, call.store.aliased("checklist", card["id"]))
    before = item["state"]
    if call.has("name"):
        item["name"] = call.required("name").strip()
    if call.has("state"):
        item["state"] = _state(call)
    _set(call, item)
    call.store.put("checklist", checklist)
    told = {
        "checklist": {key: checklist[key] for key in ("id", "name")},
        "checkItem": {key: item[key] for key in ("id", "name", "state")},
    }
    done(call, card, None if before == item["state"] else "updateCheckItemStateOnCard", told)
    return item


@routes.add("DELETE", "/cards/{id}/checkItem/{idCheckItem}")
def delete_card_item(call: Call) -> Record:
    """Delete an item; no feed tells of it."""
    card = find_card(call, call.path["id"], write=True)
    return _delete(call, card, call.store.aliased("checklist", card["id"]))


@routes.add("DELETE", "/checklists/{id}/checkItems/{idCheckItem}")
def delete_item(call: Call) -> Record:
    """Delete an item, by the address under its checklist."""
    checklist = find_on_board(call, "checklist", call.path["id"], write=True)
    return _delete(call, find_card(call, checklist["idCard"]), [checklist])


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


def _found(call: Call, checklists: list[Record]) -> tuple[Record, Record]:
    """Return the item that the path names, with its checklist."""
    for checklist in checklists:
        for item in checklist["checkItems"]:
            if item["id"] == call.path["idCheckItem"]:
                return checklist, item
    raise not_found()


def _delete(call: Call, card: Record, checklists: list[Record]) -> Record:
    checklist, item = _found(call, checklists)
    checklist["checkItems"].remove(item)
    call.store.put("checklist", checklist)
    done(call, card)
    return {"limits": {}}


def _set(call: Call, item: Record) -> None:
    """Set what a new item and a changed one take alike."""
    if call.has("due"):
        item["due"] = _moment(call)
    for name in ("dueReminder", "idMember"):
        if call.has(name):
            item[name] = call.optional(name)


def _state(call: Call) -> str:
    # Older clients send a truth value.
    state = {"true": "complete", "false": "incomplete"}.get(call.text("state"), call.text("state"))
    if state not in _STATES:
        raise invalid_value("state")
    return state


def _moment(call: Call) -> str | None:
    text = call.optional("due")
    try:
        return None if text is None else iso(parse(text, timezone.utc))
    except ValueError as error:
        raise invalid_value("due") from error
