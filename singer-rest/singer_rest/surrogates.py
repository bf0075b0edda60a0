"""Halves of characters in JSON, as JavaScript may write them where it cuts a text.

Python takes them for text, but nothing can write them as UTF-8 again.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["mended"]

ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
HALF = re.compile("[\ud800-\udfff]")
UNKNOWN = "\ufffd"


def mended(value: Any, source: bytes) -> Any:
    """The value of a JSON text, with the sign U+FFFD in place of each half of a character.

    Args:
        value: what was decoded.
        source: the text; without a certain escape there can't be any.
    """
    return without_halves(value) if ESCAPED.search(source) else value


def without_halves(value: Any) -> Any:
    """The same for a value whatever its source; names of properties are mended, too."""
    if isinstance(value, str):
        return HALF.sub(UNKNOWN, value)
    if isinstance(value, list):
        return [without_halves(each) for each in value]
    if isinstance(value, dict):
        return {without_halves(name): without_halves(each) for name, each in value.items()}
    return value
