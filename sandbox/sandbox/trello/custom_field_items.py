"""Values of custom fields on cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.trello.permissions import find_card
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()


@routes.add("GET", "/cards/{id}/customFieldItems")
def card_items(call: Call) -> list[Record]:
    """Show the values of a card's custom fields; a field without a value has none."""
    return call.store.children("customFieldItem", find_card(call, call.path["id"])["id"])


def item_record(
    record_id: str,
    card: str,
    field: str,
    value: dict[str, str] | None = None,
    option: str | None = None,
) -> Record:
    """Return a whole value: of its type as a text, or an option of a list."""
    return {
        "id": record_id,
        "idValue": option,
        "idCustomField": field,
        "idModel": card,
        "modelType": "card",
        "value": value,
    }
