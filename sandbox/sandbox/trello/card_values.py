"""Reading and checking the new value of a card's property."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any

from sandbox.clock import iso, parse
from sandbox.trello.errors import invalid_value
from sandbox.trello.labels import checked
from sandbox.trello.permissions import find_card, find_list, role

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.store import Record
    from sandbox.trello.routing import Call


def read_value(call: Call, name: str, board: Record) -> Any:
    """Return the value of a parameter for a card on a board.

    Raises:
        TrelloError: 400, the property can't take it.
    """
    return _READERS.get(name, _text)(call, name, board)


def _text(call: Call, name: str, _: Record) -> str:
    return call.required(name).strip() if name == "name" else call.text(name)


def _flag(call: Call, name: str, _: Record) -> bool:
    return call.flag(name, default=False)


def _moment(call: Call, name: str, _: Record) -> str | None:
    text = call.optional(name)
    try:
        return None if text is None else iso(parse(text, timezone.utc))
    except ValueError as error:
        raise invalid_value(name) from error


def _members(call: Call, name: str, board: Record) -> list[str]:
    members = [each for each in call.text(name).split(",") if each]
    if not all(role(call.store, "board", board["id"], each) for each in members):
        raise invalid_value(name)
    return members


def _labels(call: Call, name: str, board: Record) -> list[str]:
    labels = [each for each in call.text(name).split(",") if each]
    return checked(call, labels, board["id"], name)


def _list(call: Call, name: str, board: Record) -> str:
    found = find_list(call, call.required(name), write=True)
    if found["idBoard"] != board["id"]:
        raise invalid_value(name)
    return str(found["id"])


def _cover(call: Call, name: str, _: Record) -> str | None:
    wanted = call.optional(name)
    attachments = call.store.children("attachment", find_card(call, call.path["id"])["id"])
    if wanted and all(each["id"] != wanted for each in attachments):
        raise invalid_value(name)
    return wanted


_READERS: dict[str, Callable[[Call, str, Record], Any]] = {
    "closed": _flag,
    "dueComplete": _flag,
    "due": _moment,
    "start": _moment,
    "idMembers": _members,
    "idLabels": _labels,
    "idList": _list,
    "idAttachmentCover": _cover,
}
