"""A source record that has no partner yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from linked_target.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.records import Record
    from linked_target.store.link import Link

__all__ = ["Newcomer"]


@dataclass(frozen=True)
class Newcomer:
    """A record that needs a partner, with what is known of it.

    Attributes:
        source_id: the record's id.
        record: the record as it arrived.
        values: its properties in the destination's terms, references translated.
        pending: references whose partner is unknown, in the source's terms.
        link: the row of the record, if it has one: unmatched, an intent, or paired by hand.
    """

    source_id: str
    record: Record
    values: Mapping[str, Any]
    pending: Mapping[str, Any]
    link: Link | None

    @cached_property
    def stated(self) -> dict[str, Any]:
        """The values that say something."""
        return {name: value for name, value in self.values.items() if not is_empty(value)}
