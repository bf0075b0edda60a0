"""Moments and ids of the seed, counted from fixed days."""

from __future__ import annotations

START = 1_704_096_000_000  # 2024-01-01T08:00:00Z, two years before the reference date
REFERENCE = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def seed_id(milliseconds: int, number: int) -> str:
    """Return the id of a seeded Trello record: its second, then a number."""
    return f"{milliseconds // 1000:08x}5eed5eed5e{number:06x}"
