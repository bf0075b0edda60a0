"""How many records a run may create, known before the first one is."""

from __future__ import annotations

from singer_rest import StopRun

__all__ = ["Creations"]


class Creations:
    """Puts creations off to the end of the input where their number is limited.

    Args:
        most: `max_creates`; None for no limit.
    """

    def __init__(self, most: int | None) -> None:
        self.allowed = most is None
        self._most = most
        self._wanted: set[tuple[str, str]] = set()

    def put_off(self, stream: str, source_id: str) -> bool:
        """Whether a record has to wait until all that want to be created are counted."""
        if self.allowed:
            return False
        self._wanted.add((stream, source_id))
        return True

    def count_anew(self) -> None:
        """Forget who wanted to be created so far: all of them are about to be looked at again."""
        self._wanted.clear()

    def decide(self) -> None:
        """Allow the creations.

        Raises:
            StopRun: when they are more than the limit.
        """
        if self._most is not None and len(self._wanted) > self._most:
            raise StopRun(
                f"{len(self._wanted)} records would be created, and max_creates is {self._most}: "
                "nothing was created; look at the stream maps and filters, or raise max_creates"
            )
        self.allowed = True
        self._wanted.clear()
