"""Labels: a board has them, its cards wear them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_board, find_on_board
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

routes = Routes()

COLORS = ("green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black")
# A new board has one label without a name in each of these colours.
DEFAULT_COLORS = COLORS[:6]
_MOST = 1000
_ON_CARD = ("id", "idBoard", "name", "color")


@routes.add("GET", "/boards/{id}/labels", "fields", "limit")
def board_labels(call: Call) -> list[Record]:
    """Show the labels of a board, fifty of them unless ``limit`` asks for more."""
    labels = call.store.children("label", find_board(call, call.path["id"])["id"])
    return [call.chosen(each, None) for each in labels[: call.number("limit", 50, 0, _MOST)]]


@routes.add("GET", "/labels/{id}", "fields")
def show_label(call: Call) -> Record:
    """Show a label."""
    return call.chosen(find_on_board(call, "label", call.path["id"]), None)


def label_record(record_id: str, board: str, name: str, color: str | None) -> Record:
    """Return a whole label; ``uses`` is the number of cards that wear it."""
    return {"id": record_id, "idBoard": board, "name": name, "color": color, "uses": 0}


def add_default_labels(store: Store, board: Record) -> None:
    """Give a new board its labels; no action tells of them."""
    for color in DEFAULT_COLORS:
        store.put("label", label_record(new_id(now_ms()), board["id"], "", color))


def wear(store: Store, card: Record, label_ids: list[str]) -> None:
    """Let a card wear just these labels of its board, and count their uses anew."""
    before, card["idLabels"] = card["idLabels"], label_ids
    worn = []
    for label_id in dict.fromkeys([*label_ids, *before]):
        label = store.get("label", label_id)
        if label is None:
            continue
        step = (label_id in label_ids) - (label_id in before)
        if step:
            store.put("label", {**label, "uses": label["uses"] + step})
        if label_id in label_ids:
            worn.append({name: label[name] for name in _ON_CARD})
    card["labels"] = worn
