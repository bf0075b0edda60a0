"""Values of custom fields on cards."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms, parse
from sandbox.trello.card_deeds import done
from sandbox.trello.errors import TrelloError, invalid_id, invalid_value
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_card, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_VALUE_NAMES = {"checkbox": "checked", "date": "date", "number": "number", "text": "text"}


@routes.add("GET", "/cards/{id}/customFieldItems")
def card_items(call: Call) -> list[Record]:
    """Show the values of a card's custom fields; a field without a value has none."""
    return call.store.children("customFieldItem", find_card(call, call.path["id"])["id"])


@routes.add("PUT", "/cards/{idCard}/customField/{idCustomField}/item", "value", "idValue")
def set_item(call: Call) -> Record:
    """Give a card a value of a custom field, or with an empty one take it away."""
    card = find_card(call, call.path["idCard"], write=True)
    field = find_on_board(call, "customField", call.path["idCustomField"])
    if field["idModel"] != card["idBoard"]:
        raise invalid_id()
    value, option = _sent(call, field)
    items = call.store.children("customFieldItem", card["id"])
    known = next((each for each in items if each["idCustomField"] == field["id"]), None)
    item = item_record(
        known["id"] if known else new_id(now_ms()), card["id"], field["id"], value, option
    )
    if value is None and option is None:
        call.store.delete("customFieldItem", item["id"])
    else:
        call.store.put("customFieldItem", item)
    told = {
        "customField": {key: field[key] for key in ("id", "name", "type")},
        "customFieldItem": item,
        "old": {key: known[key] if known else None for key in ("value", "idValue")},
    }
    done(call, card, "updateCustomFieldItem", told)
    return item


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


def _sent(call: Call, field: Record) -> tuple[dict[str, str] | None, str | None]:
    """Read a value, as Trello keeps it: a text under the name of its type, or an option's id."""
    if field["type"] == "list":
        option = call.optional("idValue")
        if option is not None and option not in {each["id"] for each in field["options"]}:
            raise invalid_value("idValue")
        return None, option
    sent = call.params.get("value")
    if sent in ("", None, {}):
        return None, None
    name = _VALUE_NAMES[field["type"]]
    value = sent.get(name) if isinstance(sent, dict) else None
    if value is None:
        raise _invalid()
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return ({name: _read(name, text)} if text else None), None


def _read(name: str, text: str) -> str:
    try:
        if name == "date":
            return iso(parse(text, timezone.utc))
        if name == "number":
            float(text)
    except ValueError as error:
        raise _invalid() from error
    if name == "checked" and text not in {"true", "false"}:
        raise _invalid()
    return text


def _invalid() -> TrelloError:
    return TrelloError(400, "Invalid custom field item value.")
