"""Custom fields: what a board's cards may carry besides Trello's own properties."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

import msgspec

from sandbox.clock import now_ms
from sandbox.trello import journal
from sandbox.trello.errors import invalid_value
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_board, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_GAP = 16_384
KINDS = ("checkbox", "date", "list", "number", "text")


class _Option(msgspec.Struct):
    """An option as it is sent."""

    value: dict[Literal["text"], str]
    color: str | None = None


@routes.add("GET", "/boards/{id}/customFields")
def board_custom_fields(call: Call) -> list[Record]:
    """Show the custom fields of a board."""
    return call.store.children("customField", find_board(call, call.path["id"])["id"])


@routes.add("GET", "/customFields/{id}")
def show_custom_field(call: Call) -> Record:
    """Show a custom field."""
    return find_on_board(call, "customField", call.path["id"])


@routes.add(
    "POST",
    "/customFields",
    *("idModel", "modelType", "name", "type", "pos", "options", "display_cardFront"),
)
def create_custom_field(call: Call) -> Record:
    """Create a custom field on a board."""
    board = find_board(call, call.required("idModel"), write=True)
    kind = call.required("type")
    if call.text("modelType") != "board":
        raise invalid_value("modelType")
    if kind not in KINDS:
        raise invalid_value("type")
    siblings = call.store.children("customField", board["id"])
    position = (siblings[-1]["pos"] if siblings else 0) + _GAP
    name = call.required("name").strip()
    field = custom_field_record(new_id(now_ms()), board["id"], name, kind, position)
    field["display"]["cardFront"] = call.flag("display_cardFront", default=True)
    if kind == "list":
        field["options"] = _options(call, field["id"])
    call.store.put("customField", field)
    _tell(call, "createCustomField", field)
    return field


@routes.add("PUT", "/customFields/{id}", "name")
def change_custom_field(call: Call) -> Record:
    """Rename a custom field."""
    field = find_on_board(call, "customField", call.path["id"], write=True)
    before, field["name"] = field["name"], call.required("name").strip()
    call.store.put("customField", field)
    _tell(call, "updateCustomField", field, old={"name": before})
    return field


@routes.add("DELETE", "/customFields/{id}")
def delete_custom_field(call: Call) -> Record:
    """Delete a custom field with its values on the cards."""
    field = find_on_board(call, "customField", call.path["id"], write=True)
    sql = "DELETE FROM records WHERE kind = 'customFieldItem' AND alias = ?"
    call.store.write(sql, (field["id"],))
    call.store.delete("customField", field["id"])
    _tell(call, "deleteCustomField", field)
    return {"limits": {}}


def custom_field_record(
    record_id: str, board: str, name: str, kind: str, position: float
) -> Record:
    """Return a whole custom field; one of the type ``list`` has options."""
    record: Record = {
        "id": record_id,
        "idModel": board,
        "modelType": "board",
        "fieldGroup": hashlib.sha256(f"{board} {name} {kind}".encode()).hexdigest(),
        "name": name,
        "pos": position,
        "type": kind,
        "display": {"cardFront": True},
        "isSuggestedField": False,
    }
    if kind == "list":
        record["options"] = []
    return record


def option_record(
    record_id: str, field: str, text: str, position: float, color: str = "none"
) -> Record:
    """Return an option of a custom field."""
    return {
        "id": record_id,
        "idCustomField": field,
        "value": {"text": text},
        "color": color,
        "pos": position,
    }


def _options(call: Call, field: str) -> list[Record]:
    """Read the options of a list: ``[{"value": {"text": "High"}, "color": "red"}]``."""
    sent = call.params.get("options") or []
    try:
        wanted = msgspec.convert(sent, list[_Option])
    except msgspec.ValidationError as error:
        raise invalid_value("options") from error
    return [
        option_record(
            new_id(now_ms()), field, each.value["text"], _GAP * (number + 1), each.color or "none"
        )
        for number, each in enumerate(wanted)
    ]


def _tell(call: Call, kind: str, field: Record, **more: Record) -> None:
    board = find_board(call, field["idModel"])
    told = {key: field[key] for key in ("id", "name", "type")}
    data = {**journal.place(board=board), "customField": told, **more}
    moment = now_ms()
    journal.record(call.store, kind, call.caller, data, at=moment)
    journal.touch(call.store, None, board, moment)
