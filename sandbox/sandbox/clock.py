"""Times as both APIs write them: UTC, milliseconds, ``Z``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<offset>Z|z|[+-]\d{2}:?\d{2})?)?",
)


def now_ms() -> int:
    """Return the current time in milliseconds since 1970."""
    return to_ms(datetime.now(timezone.utc))


def to_ms(moment: datetime) -> int:
    """Return an aware moment in milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def iso(milliseconds: int) -> str:
    """Write milliseconds since 1970 as ``2026-01-01T12:00:00.000Z``."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def parse(text: str, zone: tzinfo = OSLO) -> int:
    """Read an ISO 8601 time as milliseconds since 1970.

    Args:
        text: a date or a time, with an offset or without.
        zone: what a time without an offset is in.

    Raises:
        ValueError: the text is no ISO 8601 date or time.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an ISO 8601 time: {text[:40]!r}")
    clock = match["time"] or "00:00:00"
    fraction = (match["fraction"] or "0").ljust(6, "0")[:6]
    naive = datetime.fromisoformat(f"{match['day']}T{clock}").replace(microsecond=int(fraction))
    return to_ms(naive.replace(tzinfo=_zone(match["offset"]) or zone))


def oslo_local(text: str) -> str:
    """Rewrite a time in Oslo's local time without an offset."""
    moment = (_EPOCH + timedelta(milliseconds=parse(text))).astimezone(OSLO)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def _zone(offset: str | None) -> tzinfo | None:
    if offset is None:
        return None
    if offset in {"Z", "z"}:
        return timezone.utc
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
