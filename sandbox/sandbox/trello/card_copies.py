"""Copies of cards, with as much of what hangs on them as ``keepFromSource`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import clock
from sandbox.clock import now_ms
from sandbox.trello import journal
from sandbox.trello.card_parts import recount
from sandbox.trello.labels import like, wear
from sandbox.trello.object_ids import new_id
from sandbox.trello.permissions import role

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call


def copy_comments(store: Store, source: Record, copy: Record, place: Record) -> None:
    """Repeat a card's comments on its copy as ``copyCommentCard``.

    Each keeps its author, text and date; only its id is of now, so that a bookmark
    of dates never sees it.
    """
    sql = (
        "SELECT body FROM actions WHERE card = ? AND type IN ('commentCard', 'copyCommentCard')"
        " ORDER BY at, id"
    )
    for comment in store.bodies(sql, (source["id"],)):
        data = {**place, "text": comment["data"]["text"], "textData": {"emoji": {}}}
        journal.record(
            store,
            "copyCommentCard",
            comment["idMemberCreator"],
            data,
            at=clock.parse(comment["date"]),
            created=now_ms(),
        )
        copy["badges"]["comments"] += 1


def copy_parts(call: Call, source: Record, copy: Record, kept: set[str]) -> None:
    """Repeat a card's labels, people, attachments, checklists and values of custom fields."""

    def keeps(name: str) -> bool:
        return bool(kept & {"all", name})

    store, same_board = call.store, source["idBoard"] == copy["idBoard"]
    if keeps("labels"):
        board = {"id": copy["idBoard"]}
        wear(store, copy, [like(store, each, board) for each in source["labels"]])
    if keeps("members"):
        copy["idMembers"] = [
            each for each in source["idMembers"] if role(store, "board", copy["idBoard"], each)
        ]
    if keeps("attachments"):
        for each in store.children("attachment", source["id"]):
            store.put("attachment", {**each, "id": new_id(now_ms())}, parent=copy["id"])
    if keeps("checklists"):
        for each in store.aliased("checklist", source["id"]):
            _copy_checklist(store, each, copy)
    if keeps("customFields") and same_board:
        for each in store.children("customFieldItem", source["id"]):
            item = {**each, "id": new_id(now_ms()), "idModel": copy["id"]}
            store.put("customFieldItem", item)
    recount(store, copy)


def _copy_checklist(store: Store, checklist: Record, copy: Record) -> None:
    fresh = new_id(now_ms())
    items = [
        {**each, "id": new_id(now_ms()), "idChecklist": fresh} for each in checklist["checkItems"]
    ]
    place = {"idCard": copy["id"], "idBoard": copy["idBoard"]}
    store.put("checklist", {**checklist, "id": fresh, **place, "checkItems": items})
