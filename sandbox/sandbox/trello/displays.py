"""What an action shows besides its data, where ``display``, ``entities`` or ``reactions`` asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.store import Record

_KEYS = {
    "commentCard": "action_comment_on_card",
    "copyCommentCard": "action_comment_on_card",
    "createCard": "action_create_card",
    "copyCard": "action_copy_card",
}
_PLACES = ("card", "list", "board", "organization")


def _display(action: Record) -> Record:
    """Return the key of a sentence, and what is to be put into it."""
    kind = action["type"]
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
    entities = {each["type"]: each for each in _entities(action)}
    return {"translationKey": _KEYS.get(kind, f"action_{snake}"), "entities": entities}


def _entities(action: Record) -> list[Record]:
    """Return who did it, to what, and the text of a comment."""
    data = action["data"]
    found: list[Record] = [{"type": "memberCreator", "id": action["idMemberCreator"]}]
    found += [
        {"type": kind, "id": data[kind]["id"], "text": data[kind].get("name", "")}
        for kind in _PLACES
        if kind in data
    ]
    if "text" in data:
        found.append({"type": "comment", "text": data["text"]})
    return found


# Nobody reacts to anything in the sandbox.
FURTHER: dict[str, Callable[[Record], Any]] = {
    "display": _display,
    "entities": _entities,
    "reactions": lambda _: [],
}
