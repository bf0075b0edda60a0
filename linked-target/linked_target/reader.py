"""Reading Singer messages fast, and telling a broken line without showing it."""

from __future__ import annotations

import sys
from typing import IO, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

__all__ = ["MessageReader"]

KINDS: dict[str, tuple[type, str]] = {
    "stream": (str, "text"),
    "record": (dict, "object"),
    "schema": (dict, "object"),
}
"""What parts of a message have to be, whatever its type."""


class MessageReader(GenericSingerReader[str]):
    """Decodes messages with msgspec."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = msgspec.json.Decoder()
        self._lines = 0

    @property
    def default_input(self) -> IO[str]:
        """Standard input."""
        return sys.stdin

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """The message of a line.

        Raises:
            InvalidInputLine: with the line's number, not its content, which may be private.
        """
        self._lines += 1
        try:
            message = self._decoder.decode(line)
        except msgspec.DecodeError as error:
            raise InvalidInputLine(f"input line {self._lines} is not JSON: {error}") from None
        if not isinstance(message, dict):
            raise InvalidInputLine(f"input line {self._lines} is not a Singer message")
        for name, (kind, in_words) in KINDS.items():
            if name in message and not isinstance(message[name], kind):
                raise InvalidInputLine(
                    f"input line {self._lines} is not a Singer message: '{name}' is no {in_words}"
                )
        return message
