"""Moments as Trello writes them: UTC, milliseconds, `Z`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

__all__ = ["CLOCKS_DIFFER", "ONE_MILLISECOND", "instant_of", "made_at", "trello_time"]

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
CLOCKS_DIFFER = timedelta(seconds=10)
"""By how much the clocks of Trello's servers may differ."""
ONE_MILLISECOND = timedelta(milliseconds=1)


def instant_of(text: str) -> datetime:
    """Read an ISO 8601 time with an offset or `Z`.

    Raises:
        ValueError: when it is none, has no offset, or lies outside the years 1 to 9999 in UTC.
    """
    text = text.strip()
    if text[-1:] in {"Z", "z"}:
        text = text[:-1] + "+00:00"
    instant = datetime.fromisoformat(_with_known_fraction(text))
    if instant.tzinfo is None:
        raise ValueError(f"'{text}' has no offset from UTC")
    try:
        instant.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"'{text}' lies outside the years that a time can have") from None
    return instant


def trello_time(instant: datetime) -> str:
    """Write an aware time as Trello does, e.g. `2026-01-31T08:00:00.000Z`.

    Fractions of a millisecond are cut off: Trello keeps none.
    """
    utc = instant.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _with_known_fraction(text: str) -> str:
    """Give the seconds' fraction six digits: Python 3.10 reads three or six only."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    offset = tail.lstrip("0123456789")
    digits = tail[: len(tail) - len(offset)]
    return f"{head}.{digits[:6].ljust(6, '0')}{offset}"


def made_at(object_id: str) -> datetime | None:
    """The second in which something with this id was made; None if it is no id of Trello's.

    The first four bytes of an id are seconds since 1970.
    """
    if not OBJECT_ID.fullmatch(object_id):
        return None
    return datetime.fromtimestamp(int(object_id[:8], 16), tz=timezone.utc)
