"""Whether the long tests run at their full length (`make soak`), or as far as each change needs."""

from __future__ import annotations

import os
from typing import TypeVar

Value = TypeVar("Value")

SOAK = bool(os.environ.get("SOAK"))


def at_length(usually: Value, soak: Value) -> Value:
    """The one or the other."""
    return soak if SOAK else usually
