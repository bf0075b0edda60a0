"""Comments: the only actions that can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms
from sandbox.trello import journal
from sandbox.trello.errors import invalid_value, unauthorized
from sandbox.trello.feeds import shown, visible
from sandbox.trello.permissions import find_board, find_card, is_admin_of
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    import msgspec

    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_LONGEST = 16_384


@routes.add("POST", "/cards/{id}/actions/comments", "text")
def add_comment(call: Call) -> msgspec.Raw:
    """Write a comment as the token's member, now: neither can be chosen."""
    card = find_card(call, call.path["id"], write=True)
    board = find_board(call, card["idBoard"])
    in_list = call.store.get("list", card["idList"])
    organization = call.store.get("organization", board["idOrganization"] or "")
    data = {"text": _text(call), "textData": {"emoji": {}}}
    data.update(journal.place(card, in_list, board, organization))
    moment = now_ms()
    action = journal.record(call.store, "commentCard", call.caller, data, at=moment)
    card["badges"]["comments"] += 1
    journal.touch(call.store, card, board, moment)
    return shown(call, action)


@routes.add("PUT", "/actions/{id}", "text")
def edit_comment(call: Call) -> msgspec.Raw:
    """Change a comment's text; only its author may. The id and the date stay."""
    return _edit(call, call.path["id"])


@routes.add("PUT", "/cards/{id}/actions/{idAction}/comments", "text")
def edit_card_comment(call: Call) -> msgspec.Raw:
    """Change a comment's text, by the address under its card."""
    find_card(call, call.path["id"])
    return _edit(call, call.path["idAction"])


@routes.add("DELETE", "/actions/{id}")
def delete_comment(call: Call) -> Record:
    """Delete a comment; its author or an admin of the board may."""
    return _delete(call, call.path["id"])


@routes.add("DELETE", "/cards/{id}/actions/{idAction}/comments")
def delete_card_comment(call: Call) -> Record:
    """Delete a comment, by the address under its card."""
    find_card(call, call.path["id"])
    return _delete(call, call.path["idAction"])


def _edit(call: Call, action_id: str) -> msgspec.Raw:
    action = _comment(call, action_id)
    if action["idMemberCreator"] != call.caller:
        raise unauthorized("action")
    action["data"]["text"] = _text(call)
    action["data"]["dateLastEdited"] = iso(now_ms())
    journal.update(call.store, action)
    if call.world.switches.comment_edit_touches_card:
        _touch(call, action)
    return shown(call, action)


def _delete(call: Call, action_id: str) -> Record:
    action = _comment(call, action_id)
    board = find_board(call, action["data"]["board"]["id"])
    if action["idMemberCreator"] != call.caller and not is_admin_of(call, board):
        raise unauthorized("action")
    call.store.write("DELETE FROM actions WHERE id = ?", (action_id,))
    card = call.store.get("card", action["data"]["card"]["id"])
    if card is not None:
        card["badges"]["comments"] -= 1
        call.store.put("card", card)
    if call.world.switches.comment_delete_touches_card:
        _touch(call, action)
    return {"_value": None}


def _comment(call: Call, action_id: str) -> Record:
    action = visible(call, action_id)
    if action["type"] not in {"commentCard", "copyCommentCard"}:
        raise unauthorized("action")
    return action


def _touch(call: Call, action: Record) -> None:
    data = action["data"]
    card = call.store.get("card", data["card"]["id"])
    journal.touch(call.store, card, call.store.get("board", data["board"]["id"]))


def _text(call: Call) -> str:
    text = call.text("text").strip()
    if not 1 <= len(text) <= _LONGEST:
        raise invalid_value("text")
    return text
