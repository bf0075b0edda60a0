"""How many records to ask Trello for at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from singer_rest import RecordRefused

__all__ = ["LARGEST_PAGE", "PROBE", "smaller"]

LARGEST_PAGE, SMALLEST_PAGE = 1000, 10
PROBE = 30  # on the first page of a board that may be large: ten such pages are in memory at once
FORBIDDEN = 403  # e.g. "API_TOO_MANY_CARDS_REQUESTED"


def smaller(limit: int, refusal: RecordRefused) -> int | None:
    """The next smaller page, if it was its size that Trello refused; else None."""
    if refusal.status != FORBIDDEN or limit <= SMALLEST_PAGE:
        return None
    return max(limit // 2, SMALLEST_PAGE)
