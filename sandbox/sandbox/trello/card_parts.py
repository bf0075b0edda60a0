"""What hangs on cards: attachments, values of custom fields, checklists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.store import encode
from sandbox.trello.splicing import cut, spliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

ASKED = (
    *("attachments", "attachment_fields", "customFieldItems"),
    *("checklists", "checklist_fields"),
)
# By the name of the array on a card: kind, the column that holds the card, what asks for it,
# and the parameter that chooses its fields.
_PARTS = {
    "attachments": ("attachment", "parent", "true", "attachment_fields"),
    "checklists": ("checklist", "alias", "all", "checklist_fields"),
    "customFieldItems": ("customFieldItem", "parent", "true", ""),
}


def with_parts(call: Call, cards: Sequence[tuple[str, bytes]]) -> list[msgspec.Raw]:
    """Return cards, given by id and JSON, with the arrays of their parts that are asked for."""
    arrays: list[tuple[str, dict[str, list[bytes]]]] = []
    for name, (kind, column, asking, fields) in _PARTS.items():
        if call.text(name).lower() == asking:
            ids = [card for card, _ in cards]
            arrays.append((name, _found(call.store, kind, column, ids, call.names(None, fields))))
    return [
        spliced(body, [(name, b"[%b]" % b",".join(found.get(card, ()))) for name, found in arrays])
        for card, body in cards
    ]


def recount(store: Store, card: Record) -> None:
    """Bring what a card tells of its parts up to date; the caller writes the card."""
    checklists = store.aliased("checklist", card["id"])
    items = [item for checklist in checklists for item in checklist["checkItems"]]
    card["idChecklists"] = [each["id"] for each in checklists]
    card["badges"].update(
        attachments=len(store.children("attachment", card["id"])),
        checkItems=len(items),
        checkItemsChecked=sum(item["state"] == "complete" for item in items),
    )


def drop(store: Store, cards: str, values: Sequence[Any]) -> None:
    """Delete all that hangs on cards; ``cards`` is a query of their ids."""
    for kind, column, *_ in _PARTS.values():
        sql = f"DELETE FROM records WHERE kind = ? AND {column} IN ({cards})"  # noqa: S608 - built of constants
        store.write(sql, (kind, *values))


def _found(
    store: Store, kind: str, column: str, cards: list[str], names: set[str] | None
) -> dict[str, list[bytes]]:
    """Return the parts of cards by card, as JSON."""
    sql = (
        f"SELECT {column}, body FROM records WHERE kind = ?"  # noqa: S608 - built of constants
        f" AND {column} IN (SELECT value FROM json_each(?)) ORDER BY number, id"
    )
    found: dict[str, list[bytes]] = {}
    for card, text in store.rows(sql, (kind, encode(cards))):
        found.setdefault(card, []).append(cut(text, names))
    return found
