"""JSON objects cut down and added to without reading what is inside their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.store import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

_OUTERMOST = msgspec.json.Decoder(dict[str, msgspec.Raw])


def cut(text: str, names: set[str] | None) -> str:
    """Return an object with some of its properties; None means all."""
    if names is None:
        return text
    return encode({key: value for key, value in _OUTERMOST.decode(text).items() if key in names})


def spliced(text: str, added: Iterable[tuple[str, str]]) -> msgspec.Raw:
    """Return an object that is not empty with further properties, given by name and JSON."""
    further = "".join(f',"{name}":{value}' for name, value in added)
    return msgspec.Raw(f"{text[:-1]}{further}}}".encode())
