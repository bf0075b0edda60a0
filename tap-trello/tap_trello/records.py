"""From an answer of the API to the tap's record.

The target keeps what it wrote in the same shape, so that it is recognised when it is read back.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tap_trello.footer import parse
from tap_trello.instants import instant_of, trello_time

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_trello.directory import Directory
    from tap_trello.footer import Footer

__all__ = [
    "COMMENTS",
    "TEXT",
    "action_record",
    "data_of",
    "effective_action",
    "is_comment",
    "member_record",
]

Record = dict[str, Any]

TEXT = "data.text"
COMMENTS = ("commentCard", "copyCommentCard")
# How Trello's own page draws an action; only some routes answer with it, feeds do not.
DRAWING = frozenset({"display", "entities", "reactions"})
# What a feed tells of an action's author.
AUTHOR = (
    "id",
    "username",
    "activityBlocked",
    "avatarHash",
    "avatarUrl",
    "fullName",
    "idMemberReferrer",
    "initials",
    "nonPublic",
    "nonPublicAvailable",
)


def data_of(action: Record) -> Record:
    """What an action was done to; empty where Trello does not tell."""
    return action.get("data") or {}


def is_comment(action: Record) -> bool:
    """Whether an action is a comment, written or copied."""
    return action["type"] in COMMENTS


def member_record(raw: Record, own_id: str) -> Record:
    """The record of a member: as it was answered, and whether it is the token's own member."""
    return {**raw, "tokenOwner": raw["id"] == own_id}


def action_record(raw: Record) -> Record:
    """The record of an action as Trello tells it, whichever route answered."""
    return {name: value for name, value in raw.items() if name not in DRAWING}


def effective_action(raw: Record, trusted: Collection[str], directory: Directory) -> Record:
    """The record of an action as its footer tells it.

    A comment of a trusted author has the start of its footer as `date`, the owner as
    `memberCreator` and the text without the footer as `data.text`; who really wrote it stays in
    `idMemberCreator`. `footer` holds what the footer states (null without one). `unstated` lists
    the properties whose value Trello supplied and nobody stated. Other actions stay as they are.

    A footer that names a record was mostly written by the target, as a member whose token is not
    known (any more). Then the text is listed as unstated, too: it is the text of a new comment, but
    no edit of a known one, or the footer would become part of the partner's text.

    Args:
        raw: the API's answer.
        trusted: ids of the members whose footers count.
        directory: finds the owner by username.
    """
    record = action_record(raw)
    if not is_comment(raw):
        return record
    text, footer = data_of(raw).get("text") or "", None
    bare, found = parse(text)
    is_trusted = raw.get("idMemberCreator") in trusted
    if is_trusted:
        text, footer = bare, found
    owner = _owner(record, footer, directory)
    starts = None if footer is None else footer.starts
    record["data"] = {**data_of(raw), "text": text}
    record["date"] = raw["date"] if starts is None else trello_time(instant_of(starts))
    record["memberCreator"] = raw.get("memberCreator") if owner is None else owner
    record["footer"] = None if footer is None else asdict(footer)
    stated = {"date": starts, "memberCreator": owner}
    record["unstated"] = [name for name, value in stated.items() if value is None]
    if not is_trusted and found is not None and found.record is not None:
        record["unstated"].append(TEXT)
    return record


def _owner(record: Record, footer: Footer | None, directory: Directory) -> Record | None:
    """The owner that a footer states, in the shape of an author; None if it can't be told."""
    if footer is None or footer.owner is None:
        return None
    author = record.get("memberCreator") or {}
    if (author.get("username") or "").lower() == footer.owner.lower():
        return dict(author)
    member = directory.by_username(footer.owner)
    return None if member is None else {name: member.get(name) for name in AUTHOR}
