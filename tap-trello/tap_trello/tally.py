"""Sets of ids as a number and a digest: enough to see that one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Tally"]

BITS = 64
NUMBER, DIGEST = "number", "digest"


@dataclass(frozen=True)
class Tally:
    """A set of ids, whatever their order; what moves from one tally to another changes no sum.

    Attributes:
        number: how many ids it holds.
        digest: sum of the ids' hashes, of 64 bits.
    """

    number: int = 0
    digest: int = 0

    @classmethod
    def of(cls, record_id: str) -> Tally:
        """The set of one id."""
        digest = blake2b(record_id.encode(), digest_size=BITS // 8)
        return cls(1, int(digest.hexdigest(), 16))

    @classmethod
    def of_all(cls, record_ids: Iterable[str]) -> Tally:
        """The set of these ids."""
        return sum(map(cls.of, record_ids), cls())

    @classmethod
    def of_state(cls, kept: Mapping[str, Any] | None) -> Tally | None:
        """What `as_state` has written; None if nothing has."""
        return cls(int(kept[NUMBER]), int(kept[DIGEST], 16)) if kept else None

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        return {NUMBER: self.number, DIGEST: f"{self.digest:016x}"}

    def __add__(self, other: Tally) -> Tally:
        """Both sets together; they must have nothing in common."""
        return Tally(self.number + other.number, (self.digest + other.digest) % (1 << BITS))
