"""Which of a row of records are special."""

from __future__ import annotations


def falls(index: int, every: int, at: int) -> bool:
    """Say whether a record is the one at a place in each group of ``every``."""
    return index % every == at
