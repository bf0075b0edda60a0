"""Naming where a request went, without telling which record it was about."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Answered", "endpoint_of"]

ID = "{id}"
COLLECTION = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")


@dataclass(frozen=True)
class Answered:
    """A request that was answered, with whatever status.

    Attributes:
        endpoint: the path with a placeholder for each id, e.g. "/boards/{id}/actions".
        status: the HTTP status.
        seconds: from sending the request to the end of its answer.
    """

    endpoint: str
    status: int
    seconds: float


def endpoint_of(path: str) -> str:
    """A path without its query, and with `{id}` for whatever may be an id, a name or a token.

    Paths alternate between a collection and one of it, so every second segment is taken for an id:
    "/members/anna/boards" is "/members/{id}/boards". So is a collection that is not a plain word.
    """
    segments = re.split(r"[?#]", path, maxsplit=1)[0].strip("/").split("/")
    return "/" + "/".join(
        segment if index % 2 == 0 and COLLECTION.fullmatch(segment) else ID if segment else ""
        for index, segment in enumerate(segments)
    )
