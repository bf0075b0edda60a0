"""A terminal of which a test knows what a person sees on it."""

from __future__ import annotations

import codecs
import os
import pty
import re
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Screen"]

PATIENCE = 20  # seconds
CODES = re.compile(r"\x1b\[K|[\r\n]|[^\r\n\x1b]+|.", re.DOTALL)


class Screen:
    """A pseudo-terminal: programs write to `end`, the screen shows what comes out of it.

    It knows what moves the cursor to the begin of a line or a new one, and what erases the rest of
    a line. Anything else that is not plain text is kept as it is, for the test to stumble upon.
    """

    def __init__(self) -> None:
        self._master, self.end = pty.openpty()
        self._changed = threading.Condition()
        self._rows = [""]
        self._column = 0
        self._pending = ""
        self.raw = ""
        """Everything that was written."""
        self.seen: list[str] = []
        """Everything that stood on the last line at some time."""
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until everything that was written has arrived."""
        os.close(self.end)
        self._reader.join(PATIENCE)
        os.close(self._master)

    @property
    def rows(self) -> list[str]:
        """What a person sees now; the last row is the one the cursor is on."""
        with self._changed:
            return list(self._rows)

    def shows(self, pattern: str) -> bool:
        """Whether the last row comes to show this while the test waits."""
        with self._changed:
            return self._changed.wait_for(
                lambda: any(re.search(pattern, row) for row in self.seen), PATIENCE
            )

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        while True:
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:  # Linux says so at the end
                return
            if not chunk:  # and macOS so
                return
            with self._changed:
                text = decoder.decode(chunk)
                self.raw += text
                self._show(self._pending + text)
                self._changed.notify_all()

    def _show(self, text: str) -> None:
        whole = text if "\x1b" not in text[-2:] else text[: text.rindex("\x1b")]
        self._pending = text[len(whole) :]
        for code in CODES.findall(whole):
            if code == "\r":
                self._column = 0
            elif code == "\n":
                self._rows.append("")
                self._column = 0
            elif code == "\x1b[K":
                self._rows[-1] = self._rows[-1][: self._column]
            else:
                row = self._rows[-1].ljust(self._column)
                self._rows[-1] = row[: self._column] + code + row[self._column + len(code) :]
                self._column += len(code)
            self.seen.append(self._rows[-1])
