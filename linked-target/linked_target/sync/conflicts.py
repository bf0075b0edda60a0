"""Telling conflicts: both values are shown, so that nothing vanishes silently."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linked_target.sync.direction import StreamLink
    from linked_target.sync.merge import Conflict

__all__ = ["tell_conflicts"]

UNDECIDED = "a person is to decide, see: links conflicts"

logger = logging.getLogger(__name__)


def tell_conflicts(
    between: StreamLink, source_id: str, destination_id: str | None, conflicts: Iterable[Conflict]
) -> None:
    """Log the two values of each conflict, and which side wins."""
    direction = between.direction
    for conflict in conflicts:
        winner = direction.source if conflict.source_wins else direction.destination
        verdict = UNDECIDED if conflict.source_wins is None else f"{winner} wins"
        logger.warning(
            "conflict in %s %s, %s: %s has %r, %s has %r; %s",
            between.pair.source,
            source_id,
            conflict.name,
            direction.source,
            conflict.source_value,
            direction.destination,
            conflict.destination_value,
            verdict,
        )
        values = {conflict.name: (conflict.source_value, conflict.destination_value)}
        direction.journal.note(
            "conflict",
            between.pair,
            source_id,
            destination_id,
            changes=values,
            detail=verdict,
        )
