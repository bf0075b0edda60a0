"""What Trello answers when it refuses a request by a fault: the bodies that have been seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.statuses import phrase
from sandbox.trello.errors import TrelloError, invalid_id, invalid_value, not_found, unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.faults import Asked, Fault

_KIND = re.compile(r"/trello/1/(\w+?)s?(/|$)")
_CARDS = re.compile(r"/cards/?$")
_OF_QUOTA = {
    "token": "API_TOKEN_LIMIT_EXCEEDED",
    "key": "API_KEY_LIMIT_EXCEEDED",
    "database": "API_TOKEN_DB_LIMIT_EXCEEDED",
}


def refusal(fault: Fault, asked: Asked) -> TrelloError:
    """Return the answer to a request that meets a fault."""
    usual = _BY_STATUS.get(fault.status, _other)(fault, asked)
    if fault.message is None:
        return usual
    if isinstance(usual.body, str):
        return TrelloError(fault.status, fault.message)
    return TrelloError(fault.status, {**usual.body, "message": fault.message})


def limit_exceeded(quota: str) -> TrelloError:
    """A quota is used up: ``token``, ``key``, ``database`` or ``member``."""
    if quota == "member":
        told = {"message": "Exceeded rate limit to /1/member", "error": "RATE_LIMIT_EXCEEDED"}
        return TrelloError(429, told)
    return TrelloError(429, {"error": _OF_QUOTA[quota], "message": "Rate limit exceeded"})


def _bad_request(fault: Fault, _: Asked) -> TrelloError:
    return invalid_value(fault.property) if fault.property else invalid_id()


def _unauthorized(_: Fault, asked: Asked) -> TrelloError:
    kind = _KIND.match(asked.path)
    return unauthorized(kind[1] if kind else "resource")


def _forbidden(_: Fault, asked: Asked) -> TrelloError:
    many_cards = asked.method == "GET" and _CARDS.search(asked.path)
    return TrelloError(403, "API_TOO_MANY_CARDS_REQUESTED" if many_cards else "Too many checklists")


def _other(fault: Fault, _: Asked) -> TrelloError:
    return TrelloError(fault.status, phrase(fault.status))


_BY_STATUS: dict[int, Callable[[Fault, Asked], TrelloError]] = {
    400: _bad_request,
    401: _unauthorized,
    403: _forbidden,
    404: lambda _fault, _asked: not_found(),
    429: lambda fault, _: limit_exceeded(fault.quota),
}
