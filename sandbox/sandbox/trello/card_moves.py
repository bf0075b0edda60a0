"""Cards that move to another board, with what hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.store import encode
from sandbox.trello import journal
from sandbox.trello.card_deeds import whereabouts
from sandbox.trello.errors import invalid_value
from sandbox.trello.labels import label_record, wear
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import find_board, find_list, role

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call


def move(call: Call, card: Record) -> Record:
    """Move a card to the board ``idBoard``, into ``idList`` or its first list; return the board.

    Its comments go along and keep their ids and dates. Labels are matched by name and colour and
    made where the board lacks them; people who aren't on the board and values of custom fields
    stay behind.
    """
    source = find_board(call, card["idBoard"])
    target = find_board(call, call.required("idBoard"), write=True)
    in_list = _list_of(call, target)
    moment = now_ms()
    left = {**whereabouts(call, card), "boardTarget": {"id": target["id"]}}
    journal.record(call.store, "moveCardFromBoard", call.caller, left, at=moment)
    worn = card["labels"]
    wear(call.store, card, [])
    card.update(idBoard=target["id"], idList=in_list["id"])
    card["idMembers"] = [
        each for each in card["idMembers"] if role(call.store, "board", target["id"], each)
    ]
    wear(call.store, card, [_like(call, each, target) for each in worn])
    for checklist in call.store.aliased("checklist", card["id"]):
        call.store.put("checklist", {**checklist, "idBoard": target["id"]})
    sql = "DELETE FROM records WHERE kind = 'customFieldItem' AND parent = ?"
    call.store.write(sql, (card["id"],))
    place = whereabouts(call, card)
    _take_comments_along(call, card, place)
    arrived = {**place, "boardSource": {"id": source["id"], "name": source["name"]}}
    journal.record(call.store, "moveCardToBoard", call.caller, arrived, at=moment)
    journal.touch(call.store, None, source, moment)
    journal.touch(call.store, card, target, moment)
    return target


def _list_of(call: Call, target: Record) -> Record:
    if call.optional("idList"):
        in_list = find_list(call, call.text("idList"), write=True)
        if in_list["idBoard"] != target["id"]:
            raise invalid_value("idList")
        return in_list
    lists = [each for each in call.store.children("list", target["id"]) if not each["closed"]]
    if not lists:
        raise invalid_value("idBoard")
    return lists[0]


def _like(call: Call, label: Record, target: Record) -> str:
    """Return the id of a board's label with the name and colour of another board's."""
    for each in call.store.children("label", target["id"]):
        if (each["name"], each["color"]) == (label["name"], label["color"]):
            return str(each["id"])
    made = label_record(new_id(now_ms()), target["id"], label["name"], label["color"])
    call.store.put("label", made)
    return str(made["id"])


def _take_comments_along(call: Call, card: Record, place: Record) -> None:
    workspace = place["organization"]["id"] if "organization" in place else None
    sql = "SELECT body FROM actions WHERE card = ? AND type IN ('commentCard', 'copyCommentCard')"
    for action in call.store.bodies(sql, (card["id"],)):
        action["data"].pop("organization", None)
        action["data"].update(place)
        call.store.write(
            "UPDATE actions SET board = ?, list = ?, organization = ?, body = ? WHERE id = ?",
            (card["idBoard"], card["idList"], workspace, encode(action), action["id"]),
        )
