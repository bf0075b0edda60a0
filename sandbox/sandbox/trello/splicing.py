"""JSON objects cut down and added to without reading what is inside their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_OUTERMOST = msgspec.json.Decoder(dict[str, msgspec.Raw])


def cut(text: str, names: set[str] | None) -> bytes:
    """Return an object with some of its properties; None means all."""
    if names is None:
        return text.encode()
    whole = _OUTERMOST.decode(text)
    return msgspec.json.encode({key: whole[key] for key in whole if key in names})


def spliced(body: bytes, added: Iterable[tuple[str, bytes]]) -> msgspec.Raw:
    """Return an object that is not empty with further properties, given by name and JSON."""
    further = b"".join(b',"%b":%b' % (name.encode(), value) for name, value in added)
    return msgspec.Raw(b"%b%b}" % (body[:-1], further))
