"""What Trello would answer to writing a comment, made up without asking it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tap_trello.directory import Directory
from tap_trello.instants import trello_time
from tap_trello.records import effective_action

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from linked_target import Record

__all__ = ["drafted_comment", "drafted_edit"]

OF_FOOTERS = frozenset({"footer", "unstated"})  # what reading a comment's footer adds to it
SECONDS = 8  # hexadecimal digits of an id that tell when it was made


def drafted_comment(
    comment_id: str, text: str, card: str, author: Record, owner: Record | None
) -> Record:
    """A new comment, as it would be read.

    Args:
        comment_id: its made-up id.
        text: the comment, footer included.
        card: id of its card.
        author: the member as whom it would be written.
        owner: the member whom its footer names.
    """
    raw = {
        "id": comment_id,
        "idMemberCreator": author["id"],
        "memberCreator": author,
        "type": "commentCard",
        "date": trello_time(datetime.now(timezone.utc)),
        "data": {"text": text, "card": {"id": card}},
    }
    return as_read(raw, {author["id"]}, [author, owner or author])


def drafted_edit(
    record: Record, text: str, author: Record, owner: Record | None, trusted: Collection[str]
) -> Record:
    """A comment with another text, as it would be read.

    Args:
        record: the comment as it was read.
        text: the new comment, footer included.
        author: the member who wrote it.
        owner: the member whom the new footer names, if it names another one.
        trusted: ids of the members whose footers count.
    """
    now = trello_time(datetime.now(timezone.utc))
    raw = {
        **{name: value for name, value in record.items() if name not in OF_FOOTERS},
        "memberCreator": author,
        "date": made_at(record) or now,
        "data": {**record["data"], "text": text, "dateLastEdited": now},
    }
    shown = record.get("memberCreator") or author
    return as_read(raw, trusted, [shown, owner or author])


def as_read(raw: Record, trusted: Collection[str], members: Sequence[Record]) -> Record:
    """The record of a comment whose footer may name one of these members."""
    known = Directory(tuple)
    for member in members:
        known.add(member)
    return effective_action(raw, trusted, known)


def made_at(record: Record) -> str | None:
    """When an action was made, by its id, to the second; None if it is no real one."""
    try:
        seconds = int(record["id"][:SECONDS], 16)
    except ValueError:
        return None
    return trello_time(datetime.fromtimestamp(seconds, timezone.utc))
