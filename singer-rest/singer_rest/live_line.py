"""One line on a terminal that is written anew while others scroll by above it."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LiveLine", "terminal_of_a_person"]

EVERY = 0.2  # seconds
COLUMNS = 80  # where a terminal doesn't tell
TO_BEGIN = "\r"
ERASE = "\x1b[K"  # from the cursor to the end of the line
DUMB = frozenset({"", "dumb", "unknown"})


def terminal_of_a_person() -> TextIO | None:
    """Standard error, if it is a terminal that can write a line anew; else None.

    Also None where standard output is a terminal: there the person looks at the messages.
    """
    if os.environ.get("TERM", "") in DUMB:
        return None
    try:
        return sys.stderr if sys.stderr.isatty() and not sys.stdout.isatty() else None
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed
        return None


class LiveLine:
    """Shows a text on a terminal until it is closed, anew five times a second.

    The lines of log handlers that write to the same terminal appear above it. Other programs may
    write there, too, such as the target at the other end of the pipe: the cursor rests at the
    line's begin, so that theirs take its place. What can't be written is left out, for good.

    Args:
        terminal: where to write.
        text: gives the text; called by a thread of the line's own.
        every: seconds from one writing to the next, and before the first.
    """

    def __init__(self, terminal: TextIO, text: Callable[[], str], *, every: float = EVERY) -> None:
        self._terminal = terminal
        self._text = text
        self._every = every
        self._writing = threading.RLock()  # a signal may find it held by the very same thread
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, name="live line", daemon=True)
        self._handlers: list[logging.StreamHandler[Any]] = []

    def open(self) -> None:
        """Show it from now on."""
        above = AboveTheLine(self, self._terminal)
        for handler in handlers_of(self._terminal):
            handler.setStream(above)
            self._handlers.append(handler)
        atexit.register(self.close)
        self._thread.start()

    def close(self) -> None:
        """Take it away; the log goes on as before."""
        atexit.unregister(self.close)
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._writing:
            self._put(TO_BEGIN + ERASE)
        # Not while writing: a handler that another thread holds may wait for just that.
        while self._handlers:
            self._handlers.pop().setStream(self._terminal)

    def write_above(self, text: str) -> int:
        """Write whole lines in its place, and itself below them."""
        if self._closed.is_set():
            return self._terminal.write(text)
        with self._writing:
            self._put(TO_BEGIN + ERASE)
            written = self._terminal.write(text)
            self._draw()
        return written

    def _keep_drawing(self) -> None:
        while not self._closed.wait(self._every):
            with self._writing:
                self._draw()

    def _draw(self) -> None:
        text = self._text()[: columns_of(self._terminal) - 1]
        self._put(TO_BEGIN + text + ERASE + TO_BEGIN)

    def _put(self, text: str) -> None:
        try:
            self._terminal.write(text)
            self._terminal.flush()
        except (OSError, ValueError):
            self._closed.set()


class AboveTheLine:
    """What a log handler writes to instead of the terminal, as long as there is a live line."""

    def __init__(self, line: LiveLine, terminal: TextIO) -> None:
        self._line = line
        self._terminal = terminal

    def write(self, text: str) -> int:
        """Write whole lines above the live line."""
        return self._line.write_above(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else is as with the terminal."""
        return getattr(self._terminal, name)


def handlers_of(terminal: TextIO) -> Iterator[logging.StreamHandler[Any]]:
    """The log handlers that write to the terminal, each once."""
    loggers = [logging.root, *list(logging.root.manager.loggerDict.values())]
    handlers = [each for logger in loggers for each in getattr(logger, "handlers", ())]
    for handler in dict.fromkeys(handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is terminal:
            yield handler


def columns_of(terminal: TextIO) -> int:
    """How many characters fit on a line."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS
