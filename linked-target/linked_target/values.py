"""Comparing values by what they mean, not by how they are written."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Kind", "has_scheme", "is_empty", "match_value", "parse_instant", "same_value"]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MILLISECOND = timedelta(milliseconds=1)


class Kind(str, enum.Enum):
    """How values of a property compare."""

    TEXT = "text"
    INSTANT = "instant"
    ID = "id"
    EMAIL = "email"
    WEBSITE = "website"


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, or text of white space only."""
    return value is None or (isinstance(value, str) and not value.strip())


def same_value(kind: Kind, one: Any, other: Any) -> bool:
    """Whether two values of a property mean the same.

    Instants compare by their millisecond (Trello keeps no more and cuts the rest), ids as text,
    texts without the white space at their ends, e-mail addresses without regard to case, and
    websites without the scheme where one of them names none (`www.acme.example`). Empty values are
    equal.
    """
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    if kind is Kind.WEBSITE and has_scheme(one) != has_scheme(other):
        return _without_scheme(one) == _without_scheme(other)
    return bool(_plain(kind, one) == _plain(kind, other))


def has_scheme(website: Any) -> bool:
    """Whether an address begins with a scheme like `https://`."""
    return "://" in str(website)


def match_value(kind: Kind, value: Any) -> str | None:
    """The form in which values are compared when a partner is looked for; None if empty.

    Wider than `same_value`: case never matters, and of a website neither do the scheme, a leading
    `www.` or a trailing slash.
    """
    if is_empty(value):
        return None
    if kind is Kind.WEBSITE:
        return _plain_website(str(value))
    return str(_plain(kind, value)).casefold()


def parse_instant(value: Any) -> datetime | None:
    """An ISO 8601 time as an aware datetime, UTC where it names no offset; None if invalid."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    try:
        instant = datetime.fromisoformat(_with_six_digits(text))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _with_six_digits(text: str) -> str:
    """Python 3.10 reads fractions of a second of three or six digits only."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits) :]}"


def _plain(kind: Kind, value: Any) -> Any:
    if kind is Kind.INSTANT:
        instant = parse_instant(value)
        return str(value).strip() if instant is None else (instant - EPOCH) // MILLISECOND
    if isinstance(value, (dict, list, bool)):
        return value
    text = str(value).replace("\r\n", "\n").strip()
    return text.casefold() if kind is Kind.EMAIL else text


def _without_scheme(website: Any) -> str:
    return str(website).strip().rpartition("://")[2].rstrip("/")


def _plain_website(value: str) -> str:
    address = value.strip().casefold()
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
    except ValueError:  # no address at all, e.g. "[none]"
        return address
    rest = urlunsplit(("", "", parts.path.rstrip("/"), parts.query, parts.fragment))
    return parts.netloc.removeprefix("www.") + rest
