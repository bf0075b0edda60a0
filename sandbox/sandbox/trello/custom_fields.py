"""Custom fields: what a board's cards may carry besides Trello's own properties."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sandbox.trello.permissions import find_board, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

KINDS = ("checkbox", "date", "list", "number", "text")


@routes.add("GET", "/boards/{id}/customFields")
def board_custom_fields(call: Call) -> list[Record]:
    """Show the custom fields of a board."""
    return call.store.children("customField", find_board(call, call.path["id"])["id"])


@routes.add("GET", "/customFields/{id}")
def show_custom_field(call: Call) -> Record:
    """Show a custom field."""
    return find_on_board(call, "customField", call.path["id"])


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
