"""Ten GETs in one request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from sandbox.trello.errors import TrelloError, invalid_value, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10
_NAMES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    429: "TooManyRequestsError",
}
_VERSION = re.compile(r"/\d+/|/batch\b")


def urls_of(query: str, params: dict[str, Any]) -> list[str]:
    """Return the routes of a batch.

    A comma separates routes, so a comma inside one must be encoded once more
    than the query itself is.

    Raises:
        TrelloError: 400, no route or more than ten.
    """
    raw = str(params.get("urls") or "")
    urls = [url for url in raw.split(",") if url]
    if not 1 <= len(urls) <= _MOST or not query:
        raise invalid_value("urls")
    return urls


def answers(urls: list[str], run: Callable[[str, dict[str, Any]], Any]) -> list[dict[str, Any]]:
    """Run each route and return its answer or its error, in order."""
    return [_answer(url, run) for url in urls]


def _answer(url: str, run: Callable[[str, dict[str, Any]], Any]) -> dict[str, Any]:
    path, _, query = url.partition("?")
    if not path.startswith("/") or _VERSION.match(path):
        return _failure(not_found())
    try:
        return {"200": run(unquote(path), dict(parse_qsl(query, keep_blank_values=True)))}
    except TrelloError as error:
        return _failure(error)


def _failure(error: TrelloError) -> dict[str, Any]:
    return {"name": _name(error.status), "message": error.message, "statusCode": error.status}


def _name(status: int) -> str:
    return _NAMES.get(status, "Error")
