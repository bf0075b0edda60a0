"""The footer of a comment: it carries what Trello keeps no place for.

It stands at the very end of the comment, after an empty line and a rule:

    Called about the offer.

    ---
    Starts: 2026-03-02T10:00:00+01:00
    Owner: @kari
    CRMOffice activity: 4711

A missing line, or one without a readable value, has no opinion. Anything but such lines after the
rule, or not one readable line, means that there is no footer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tap_trello.instants import instant_of

__all__ = ["Footer", "parse", "render", "trimmed"]

RULE = "---"
# Trello's editor may write a rule in another way, and escape or end lines with a backslash.
ANY_RULE = re.compile(r"-{3,}|\*{3,}|_{3,}")
STARTS = re.compile(r"starts\b\s*:?(.*)", re.IGNORECASE)
OWNER = re.compile(r"owner\b\s*:?(.*)", re.IGNORECASE)
RECORD = re.compile(r"([^:]*\S)\s+activity\s*:(.*)", re.IGNORECASE)
USERNAME = re.compile(r"@?([^\s@]+)")
WHITE_ENDS = re.compile(r"^[\s\ufeff]+|[\s\ufeff]+\Z")


@dataclass(frozen=True)
class Footer:
    """What a footer states; None where it has no opinion.

    Attributes:
        starts: ISO 8601 time with an offset or `Z`, as it is written.
        owner: username of the owner, without `@`.
        record: id of the record that the comment stands for; without a backslash.
        label: name of the system that the record is from, without a colon; "Source" if not given.
    """

    starts: str | None = None
    owner: str | None = None
    record: str | None = None
    label: str | None = None


def trimmed(text: str) -> str:
    """A text as Trello keeps it: no white space at its ends; lines end with a line feed."""
    return WHITE_ENDS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def render(text: str, footer: Footer) -> str:
    """The comment of a text and a footer.

    `parse` gives both back, the text trimmed. A footer without any opinion leaves no trace.
    """
    lines = []
    if footer.starts is not None:
        lines.append(f"Starts: {footer.starts}")
    if footer.owner is not None:
        lines.append(f"Owner: @{footer.owner}")
    if footer.record is not None:
        lines.append(f"{footer.label or 'Source'} activity: {footer.record}")
    body = trimmed(text)
    if not lines:
        return body
    return "\n".join([*([body, ""] if body else []), RULE, *lines])


def parse(comment: str) -> tuple[str, Footer | None]:
    """Split a comment into its text, trimmed, and its footer, if it ends with one."""
    whole = trimmed(comment)
    lines = whole.split("\n")
    for index in range(len(lines) - 1, -1, -1):
        line = unescaped(lines[index])
        if ANY_RULE.fullmatch(line):
            footer = footer_of(lines[index + 1 :])
            return (whole, None) if footer is None else (trimmed("\n".join(lines[:index])), footer)
        if line and not is_footer_line(line):
            break
    return whole, None


def footer_of(lines: list[str]) -> Footer | None:
    """The footer of the lines after a rule; None if not one of them can be read."""
    starts = owner = record = label = None
    for line in map(unescaped, lines):
        if found := RECORD.fullmatch(line):
            if record is None and (value := found[2].strip()):
                record, label = value, found[1].strip()
        elif found := STARTS.fullmatch(line):
            starts = starts or readable_time(found[1])
        elif found := OWNER.fullmatch(line):
            owner = owner or readable_username(found[1])
    footer = Footer(starts, owner, record, label)
    return None if footer == Footer() else footer


def is_footer_line(line: str) -> bool:
    """Whether a line belongs to a footer, readable or not."""
    return any(pattern.fullmatch(line) for pattern in (RECORD, STARTS, OWNER))


def unescaped(line: str) -> str:
    """A line without the backslashes and spaces that Markdown editors add."""
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", line.strip().removesuffix("\\")).strip()


def readable_time(text: str) -> str | None:
    """The time as it is written, or None if it is none."""
    text = text.strip()
    try:
        instant_of(text)
    except ValueError:
        return None
    return text


def readable_username(text: str) -> str | None:
    """The username of a mention, or None if it is none."""
    found = USERNAME.fullmatch(text.strip())
    return found[1] if found else None
