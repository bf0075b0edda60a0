"""How far a long read is: a live line for a person at a terminal, else a line in the log."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from singer_rest.live_line import LiveLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

    from typing_extensions import Self

__all__ = ["Progress"]

EVERY = 30.0  # seconds between two lines in the log


class Progress:
    """How far the read of one stream is, in parts (pages, boards) and records.

    A live line on a terminal says::

        actions  12 of 40 boards  34,000 records  1m20s

    and the log, where there is no terminal, at most every 30 seconds::

        actions: 12 of 40 boards, 34,000 records so far

    Most streams have theirs from `WatchedStream`, which opens and closes it and counts the records.
    What is left to tell are the parts, from any thread::

        self.progress.begin("boards", total=len(boards))
        for board in boards:
            yield from self.records_of(board)
            self.progress.advance()

    Args:
        name: name of the stream.
        log: writes to the stream's log, called like `logging.Logger.info`.
        terminal: the terminal of a person, or None for the log.
        every: seconds between two lines in the log.
        clock: monotonic time in seconds.
    """

    def __init__(
        self,
        name: str,
        log: Callable[..., object],
        *,
        terminal: TextIO | None = None,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._log = log
        self._terminal = terminal
        self._every = every
        self._clock = clock
        self._telling = threading.Lock()
        self._line: LiveLine | None = None
        self._total: int | None = None
        self._start_over()

    def __enter__(self) -> Self:
        """Begin at nothing, and show it."""
        self._start_over()
        if self._terminal is not None:
            self._line = LiveLine(self._terminal, self._live_text)
            self._line.open()
        else:
            self._due = self._began + self._every
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show it no more."""
        self._due = float("inf")
        if self._line is not None:
            self._line.close()
            self._line = None

    def begin(self, unit: str, total: int | None = None) -> None:
        """Begin to read the parts; they are read again if it is called again.

        Args:
            unit: what a part is, in the plural.
            total: how many there are, if that is known already.
        """
        with self._telling:
            self._unit, self._total, self._done = unit, total, 0
            self._readings += 1

    def expect(self, total: int | None) -> None:
        """Correct how many parts there are; None if nobody knows."""
        self._total = total

    def advance(self, parts: int = 1) -> None:
        """So many further parts are read. Any thread may say so."""
        self._add(parts=parts)

    def count(self, records: int = 1) -> None:
        """So many further records are read. Any thread may say so."""
        self._add(records=records)

    def __str__(self) -> str:
        """How far it is, e.g. "12 of 40 boards, 34,000 records"."""
        return ", ".join(self._facts())

    def _start_over(self) -> None:
        self._began = self._clock()
        self._due = float("inf")
        self._records = self._done = self._readings = 0
        self._unit = ""
        self._total = None

    def _facts(self) -> list[str]:
        facts = ["read again"] if self._readings > 1 else []
        done, total = self._done, self._total
        if total is not None and max(total, done) > 1:
            facts.append(f"{done:,} of {max(total, done):,} {self._unit}")
        elif done > 1:
            facts.append(f"{done:,} {self._unit}")
        return [*facts, f"{self._records:,} record{'' if self._records == 1 else 's'}"]

    def _live_text(self) -> str:
        return "  ".join([self._name, *self._facts(), in_words(self._clock() - self._began)])

    def _add(self, *, parts: int = 0, records: int = 0) -> None:
        with self._telling:
            self._done += parts
            self._records += records
            now = self._clock()
            if now < self._due:
                return
            self._due = now + self._every
            told = str(self)
        self._log("%s: %s so far", self._name, told, extra=self._fields())

    def _fields(self) -> dict[str, object]:
        """The same for a structured log, which has a place for the stream's name."""
        parts = {"unit": self._unit, "done": self._done, "total": self._total}
        progress = {"records": self._records, **(parts if self._unit else {})}
        return {"stream_name": self._name, "progress": progress}


def in_words(seconds: float) -> str:
    """A duration as a person writes it: 45s, 1m20s, 2h05m."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
