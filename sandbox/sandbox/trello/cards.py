"""Cards: the parents of comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.clock import iso, now_ms
from sandbox.trello import journal
from sandbox.trello.card_copies import copy_comments, copy_parts
from sandbox.trello.card_moves import move
from sandbox.trello.card_parts import ASKED, drop, with_parts
from sandbox.trello.card_values import read_value
from sandbox.trello.labels import wear
from sandbox.trello.members import profile
from sandbox.trello.object_ids import new_id, second_of, short_link
from sandbox.trello.permissions import find_board, find_card, find_list
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_GAP = 65_536
_CHANGEABLE = (
    *("name", "desc", "closed", "idList", "due", "dueComplete", "start", "idMembers", "idLabels"),
    "idAttachmentCover",
)
# What Trello keeps out of every feed.
_UNTOLD = ("idLabels", "idAttachmentCover")


@routes.add("GET", "/cards/{id}", "fields", *ASKED)
def show_card(call: Call) -> msgspec.Raw:
    """Show a card."""
    card = find_card(call, call.path["id"])
    body = msgspec.json.encode(call.chosen(card, None))
    return with_parts(call, [(card["id"], body)])[0]


@routes.add("GET", "/cards/{id}/members", "fields")
def card_members(call: Call) -> list[Record]:
    """Show the members of a card."""
    card = find_card(call, call.path["id"])
    members = [call.store.get("member", each) for each in card["idMembers"]]
    return [
        call.chosen(profile(call, each), ("id", "fullName", "username"))
        for each in members
        if each is not None
    ]


@routes.add(
    "POST",
    "/cards",
    *("name", "desc", "idList", "due", "start", "dueComplete", "idMembers", "idLabels"),
    *("idCardSource", "keepFromSource"),
)
def create_card(call: Call) -> Record:
    """Create a card, or copy one with what ``keepFromSource`` names."""
    in_list = find_list(call, call.required("idList"), write=True)
    board = find_board(call, in_list["idBoard"])
    source = find_card(call, call.text("idCardSource")) if call.optional("idCardSource") else None
    moment = now_ms()
    number, position = _next_numbers(call, board["id"])
    card = card_record(new_id(moment), call.text("name").strip(), in_list, number, position)
    if source is not None:
        card.update({name: source[name] for name in ("desc", "due", "start")})
        card["name"] = card["name"] or source["name"]
    for name in ("desc", "due", "start", "dueComplete", "idMembers"):
        if call.has(name):
            card[name] = read_value(call, name, board)
    if call.has("idLabels"):
        wear(call.store, card, read_value(call, "idLabels", board))
    call.store.put("card", card)
    data = journal.place(card, in_list, board, _workspace(call, board))
    if source is None:
        journal.record(call.store, "createCard", call.caller, data, at=moment)
    else:
        data["cardSource"] = journal.place(source)["card"]
        journal.record(call.store, "copyCard", call.caller, data, at=moment)
        kept = set(call.text("keepFromSource").split(","))
        copy_parts(call, source, card, kept)
        if kept & {"all", "comments"}:
            copy_comments(call.store, source, card, data)
    journal.touch(call.store, card, board, moment)
    return card


@routes.add("PUT", "/cards/{id}", "idBoard", *_CHANGEABLE)
def change_card(call: Call) -> Record:
    """Change a card; each kind of change is an ``updateCard`` of its own."""
    card = find_card(call, call.path["id"], write=True)
    board = find_board(call, card["idBoard"])
    target = (
        find_board(call, call.required("idBoard"), write=True) if call.has("idBoard") else board
    )
    if target["id"] != board["id"]:
        number, position = _next_numbers(call, target["id"])
        move(call, card, target)
        board = target
        card.update(idShort=number, pos=position, url=f"{card['shortUrl']}/{number}")
        call.store.put("card", card)
    changes = {name: read_value(call, name, board) for name in _CHANGEABLE if call.has(name)}
    for name, value in changes.items():
        if card[name] != value:
            _change(call, card, board, name, value)
    return card


@routes.add("DELETE", "/cards/{id}")
def delete_card(call: Call) -> Record:
    """Delete a card and its comments."""
    card = find_card(call, call.path["id"], write=True)
    board = find_board(call, card["idBoard"])
    call.store.write("DELETE FROM actions WHERE card = ?", (card["id"],))
    drop(call.store, "?", (card["id"],))
    wear(call.store, card, [])
    call.store.delete("card", card["id"])
    data = journal.place(card, None, board)
    data["card"].pop("name")
    journal.record(call.store, "deleteCard", call.caller, data)
    journal.touch(call.store, None, board)
    return {"limits": {}}


def card_record(
    record_id: str,
    name: str,
    in_list: Record,
    number: int,
    position: float,
) -> Record:
    """Return a whole card; ``number`` is its short id on the board."""
    link = short_link(record_id)
    return {
        "id": record_id,
        "name": name,
        "desc": "",
        "descData": None,
        "closed": False,
        "subscribed": False,
        "isTemplate": False,
        "cardRole": None,
        "email": None,
        "idBoard": in_list["idBoard"],
        "idList": in_list["id"],
        "idMembers": [],
        "idMembersVoted": [],
        "idLabels": [],
        "labels": [],
        "idChecklists": [],
        "idAttachmentCover": None,
        "manualCoverAttachment": False,
        "cover": {"color": None, "idAttachment": None, "size": "normal", "brightness": "dark"},
        "idShort": number,
        "shortLink": link,
        "shortUrl": f"https://trello.com/c/{link}",
        "url": f"https://trello.com/c/{link}/{number}",
        "pos": position,
        "due": None,
        "dueComplete": False,
        "dueReminder": None,
        "start": None,
        "badges": {"comments": 0, "attachments": 0, "checkItems": 0, "checkItemsChecked": 0},
        "checkItemStates": [],
        "creationMethod": None,
        "mirrorSourceId": None,
        "address": None,
        "locationName": None,
        "limits": {},
        "dateLastActivity": iso(second_of(record_id)),
    }


def _next_numbers(call: Call, board: str) -> tuple[int, float]:
    sql = (
        "SELECT coalesce(max(json_extract(body, '$.idShort')), 0), coalesce(max(number), 0)"
        " FROM records WHERE kind = 'card' AND parent = ?"
    )
    number, position = call.store.rows(sql, (board,))[0]
    return number + 1, position + _GAP


def _workspace(call: Call, board: Record) -> Record | None:
    return call.store.get("organization", board["idOrganization"] or "")


def _change(call: Call, card: Record, board: Record, name: str, value: Any) -> None:
    before = card[name]
    if name == "idLabels":
        wear(call.store, card, value)
    card[name] = value
    if name in _UNTOLD:
        journal.touch(call.store, card, board)
        return
    if name == "idMembers":
        _record_people(call, card, board, set(before))
        journal.touch(call.store, card, board)
        return
    in_list = call.store.get("list", card["idList"])
    data = journal.place(card, in_list, board, _workspace(call, board))
    data["card"][name] = value
    data["old"] = {name: before}
    if name == "idList":
        data["listBefore"] = journal.place(in_list=call.store.get("list", before))["list"]
        data["listAfter"] = data["list"]
    moment = now_ms()
    journal.record(call.store, "updateCard", call.caller, data, at=moment)
    journal.touch(call.store, card, board, moment)


def _record_people(call: Call, card: Record, board: Record, before: set[str]) -> None:
    after = set(card["idMembers"])
    steps = (("addMemberToCard", after - before), ("removeMemberFromCard", before - after))
    for kind, members in steps:
        for member in sorted(members):
            data = {**journal.place(card, None, board), "idMember": member}
            journal.record(call.store, kind, call.caller, data)
