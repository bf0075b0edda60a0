"""The text of a comment that stands for a record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linked_target import parse_instant
from singer_rest import RecordRefused
from tap_trello.footer import Footer, render, trimmed
from tap_trello.instants import instant_of, trello_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from linked_target import Record

__all__ = ["LONGEST_TEXT", "changed_comment", "comment_of", "footer_in", "label_of", "new_comment"]

NO_TEXT = "(no subject)"
LONGEST_TEXT = 16_384  # characters, the footer included
LABELS = {"crmoffice": "CRMOffice"}


def label_of(source: str) -> str:
    """The name by which people know a source system."""
    return LABELS.get(source, source.replace(":", " ").strip())


def new_comment(text: str | None, footer: Footer) -> str:
    """The comment of a new record; one without a text needs one nonetheless.

    Raises:
        RecordRefused: when it is longer than Trello allows.
    """
    return checked(render(trimmed(text or "") or NO_TEXT, footer))


def comment_of(record: Record) -> str:
    """The comment that a record was read from, as this module would write it."""
    return render(record["data"].get("text") or "", footer_in(record))


def changed_comment(
    record: Record, changes: Mapping[str, Any], username_of: Callable[[str], str]
) -> str:
    """The comment after changes; lines of the footer that don't change stay as they are.

    Args:
        record: the comment as it was read.
        changes: value by property name; None takes a line away.
        username_of: gives a member's username.

    Raises:
        RecordRefused: when it gets longer than Trello allows, or a start can't be read.
    """
    footer = footer_in(record)
    if "date" in changes:
        footer = replace(footer, starts=starts_of(changes["date"]))
    if "memberCreator__id" in changes:
        owner = changes["memberCreator__id"]
        footer = replace(footer, owner=username_of(owner) if owner else None)
    text = changes.get("data__text", record["data"].get("text"))
    return new_comment(text, footer)


def footer_in(record: Record) -> Footer:
    """The footer that a record was read with; an empty one if it had none."""
    return Footer(**(record.get("footer") or {}))


def starts_of(value: Any) -> str | None:
    """A start as the footer states it: as it came, if it has an offset; else in UTC.

    Raises:
        RecordRefused: when it is no time.
    """
    if value is None:
        return None
    text = str(value).strip()
    instant = parse_instant(text)
    if instant is None:
        raise RecordRefused(f"'{text}' is no ISO 8601 time")
    try:
        instant_of(text)
    except ValueError:
        return trello_time(instant)
    return text


def checked(comment: str) -> str:
    """The comment, if Trello would take it."""
    if len(comment) > LONGEST_TEXT:
        raise RecordRefused(
            f"the comment would have {len(comment)} characters, footer included; "
            f"Trello takes {LONGEST_TEXT}"
        )
    return comment
