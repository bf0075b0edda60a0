"""The words of a status."""

from __future__ import annotations

from http import HTTPStatus

_UNREGISTERED = {449: "Retry With"}  # Microsoft's, which Trello sends as well


def phrase(status: int) -> str:
    """Return a status in words, also one that no standard knows."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _UNREGISTERED.get(status, "Error")
