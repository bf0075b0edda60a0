"""Timestamps of CRMOffice: text with an offset, or local time of the office without one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# The SDK gives Python 3.10 the `fromisoformat` of later versions ("Z", any number of digits).
import singer_sdk  # noqa: F401

from tap_crmoffice.contract import TIMEZONE

__all__ = ["bookmark_of", "instant", "with_offset"]

OFFICE = ZoneInfo(TIMEZONE)
FIRST_YEAR = 1900  # before it, "0001-01-01T00:00:00" stands for no value, and Oslo had no zone
DATE_LENGTH = 10  # characters of a date without a time


def with_offset(text: str) -> str:
    """Return the timestamp with the office's offset if it has none; other texts unchanged.

    A local time that occurs twice, at the end of summer time, is taken as the first of the two.
    """
    moment = _parsed(text)
    if moment is None or moment.tzinfo is not None or len(text) <= DATE_LENGTH:
        return text
    offset = moment.replace(tzinfo=OFFICE).utcoffset() or timedelta()
    return f"{text}{datetime.min.replace(tzinfo=timezone(offset)).isoformat()[-6:]}"


def instant(text: object, *, latest: bool = False) -> datetime | None:
    """The point in time of a timestamp, in UTC, or None where it is none.

    Args:
        text: ISO 8601, with an offset or as the office's local time.
        latest: take a local time that occurs twice as the second of the two.
    """
    moment = _parsed(text) if isinstance(text, str) else None
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=OFFICE, fold=int(latest))
    return moment.astimezone(timezone.utc)


def bookmark_of(moment: datetime) -> str:
    """A text whose alphabetical order is the order in time, as the SDK compares bookmarks."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")


def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year >= FIRST_YEAR else None
