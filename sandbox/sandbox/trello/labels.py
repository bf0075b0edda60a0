"""Labels: a board has them, its cards wear them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello import journal
from sandbox.trello.card_deeds import done
from sandbox.trello.errors import TrelloError, invalid_value
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_board, find_card, find_on_board
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


@routes.add("POST", "/labels", "name", "color", "idBoard")
def create_label(call: Call) -> Record:
    """Create a label on a board."""
    return _create(call, call.required("idBoard"))


@routes.add("POST", "/boards/{id}/labels", "name", "color")
def create_board_label(call: Call) -> Record:
    """Create a label, by the address under its board."""
    return _create(call, call.path["id"])


@routes.add("PUT", "/labels/{id}", "name", "color")
def change_label(call: Call) -> Record:
    """Change a label, also where cards wear it."""
    label = find_on_board(call, "label", call.path["id"], write=True)
    if call.has("name"):
        label["name"] = call.text("name").strip()
    if call.has("color"):
        label["color"] = _color(call)
    call.store.put("label", label)
    _dress(call, label, {name: label[name] for name in _ON_CARD})
    return label


@routes.add("DELETE", "/labels/{id}")
def delete_label(call: Call) -> Record:
    """Delete a label, and take it off the cards."""
    label = find_on_board(call, "label", call.path["id"], write=True)
    _dress(call, label, None)
    call.store.delete("label", label["id"])
    return {"limits": {}}


@routes.add("POST", "/cards/{id}/idLabels", "value")
def put_label_on(call: Call) -> list[str]:
    """Put a label on a card; no feed tells of it."""
    card = find_card(call, call.path["id"], write=True)
    label_id = call.required("value")
    if label_id in card["idLabels"]:
        raise TrelloError(400, "that label is already on the card")
    wear(call.store, card, checked(call, [*card["idLabels"], label_id], card["idBoard"], "value"))
    done(call, card)
    return list(card["idLabels"])


@routes.add("DELETE", "/cards/{id}/idLabels/{idLabel}")
def take_label_off(call: Call) -> Record:
    """Take a label off a card; no feed tells of it."""
    card = find_card(call, call.path["id"], write=True)
    label_id = call.path["idLabel"]
    if label_id not in card["idLabels"]:
        raise TrelloError(400, "that label is not on the card")
    wear(call.store, card, [each for each in card["idLabels"] if each != label_id])
    done(call, card)
    return {"_value": None}


def label_record(record_id: str, board: str, name: str, color: str | None) -> Record:
    """Return a whole label; ``uses`` is the number of cards that wear it."""
    return {"id": record_id, "idBoard": board, "name": name, "color": color, "uses": 0}


def add_default_labels(store: Store, board: Record) -> None:
    """Give a new board its labels; no action tells of them."""
    for color in DEFAULT_COLORS:
        store.put("label", label_record(new_id(now_ms()), board["id"], "", color))


def checked(call: Call, label_ids: list[str], board: str, name: str) -> list[str]:
    """Return the ids of labels, each once, if all are the board's (400 otherwise)."""
    found = [call.store.get("label", each) for each in label_ids]
    if not all(each is not None and each["idBoard"] == board for each in found):
        raise invalid_value(name)
    return list(dict.fromkeys(label_ids))


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


def like(store: Store, label: Record, target: Record) -> str:
    """Return the id of a board's label that looks like another board's; it is made if need be."""
    for each in store.children("label", target["id"]):
        if (each["name"], each["color"]) == (label["name"], label["color"]):
            return str(each["id"])
    made = label_record(new_id(now_ms()), target["id"], label["name"], label["color"])
    store.put("label", made)
    return str(made["id"])


def _create(call: Call, board_name: str) -> Record:
    board = find_board(call, board_name, write=True)
    name, color = call.text("name").strip(), _color(call)
    if not name and color is None:
        raise invalid_value("name")
    label = label_record(new_id(now_ms()), board["id"], name, color)
    call.store.put("label", label)
    _touch(call, board)
    return label


def _color(call: Call) -> str | None:
    color = call.optional("color")
    stem = (color or "").removesuffix("_dark").removesuffix("_light")
    if color is not None and stem not in COLORS:
        raise invalid_value("color")
    return color


def _dress(call: Call, label: Record, shown: Record | None) -> None:
    """Let the cards that wear a label show its new face, or none."""
    sql = (
        "SELECT body FROM records INDEXED BY cards_of_board"
        " WHERE kind = 'card' AND parent = ? AND instr(body, ?)"
    )
    touched = call.world.switches.label_edit_touches_board
    for card in call.store.bodies(sql, (label["idBoard"], label["id"])):
        faces = [shown if each["id"] == label["id"] else each for each in card["labels"]]
        card["labels"] = [each for each in faces if each is not None]
        card["idLabels"] = [each["id"] for each in card["labels"]]
        if touched:
            journal.touch(call.store, card, None)
        else:
            call.store.put("card", card)
    _touch(call, find_board(call, label["idBoard"]))


def _touch(call: Call, board: Record) -> None:
    if call.world.switches.label_edit_touches_board:
        journal.touch(call.store, None, board)
