"""Cards that move to another board, with what hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.store import encode
from sandbox.trello import journal
from sandbox.trello.card_deeds import whereabouts
from sandbox.trello.errors import invalid_value
from sandbox.trello.labels import like, wear
from sandbox.trello.permissions import find_board, find_list, role

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call


def move(call: Call, card: Record, target: Record) -> None:
    """Move a card to another board, into ``idList`` or its first open list.

    Its comments go along and keep their ids and dates. Labels are matched by name and colour and
    made where the board lacks them; people who aren't on the board and values of custom fields
    stay behind.
    """
    source = find_board(call, card["idBoard"])
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
    wear(call.store, card, [like(call.store, each, target) for each in worn])
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
