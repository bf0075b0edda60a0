"""24-hex ids whose first 4 bytes are the second of creation."""

from __future__ import annotations

import re
import secrets
import string
from itertools import count

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_LETTERS = string.ascii_letters + string.digits
_process = secrets.token_hex(5)
_counter = count(secrets.randbelow(0x400000))


def new_id(milliseconds: int) -> str:
    """Return a fresh id of a moment given in milliseconds since 1970."""
    return f"{milliseconds // 1000:08x}{_process}{next(_counter) % 0x1000000:06x}"


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id."""
    return _OBJECT_ID.fullmatch(text) is not None


def second_of(object_id: str) -> int:
    """Return the second of creation in milliseconds since 1970."""
    return int(object_id[:8], 16) * 1000


def short_link(object_id: str) -> str:
    """Return the eight letters of an id's address, the same ones each time."""
    number = int(object_id, 16) * 0x9E3779B97F4A7C15
    letters = []
    for _ in range(8):
        number, digit = divmod(number >> 3, len(_LETTERS))
        letters.append(_LETTERS[digit])
    return "".join(letters)
