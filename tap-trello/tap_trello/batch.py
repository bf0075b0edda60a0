"""`/batch`: up to ten GETs that count as one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from singer_rest import NotFound, RecordRefused
from singer_rest.answers import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["MOST_ROUTES", "answer_of", "batches_of", "urls_parameter"]

MOST_ROUTES = 10
LONGEST_QUERY = 1800  # characters; longer query strings get cut near 2,000
PASSING = frozenset({429, 449})
NOT_FOUND, SERVER_ERROR = 404, 500


def batches_of(paths: Iterable[str], most: int = MOST_ROUTES) -> Iterator[list[str]]:
    """Cut paths into batches of at most `most`, none with too long a query string."""
    batch: list[str] = []
    for path in paths:
        if batch and (len(batch) >= most or query_length([*batch, path]) > LONGEST_QUERY):
            yield batch
            batch = []
        batch.append(path)
    if batch:
        yield batch


def urls_parameter(paths: Sequence[str]) -> str:
    """The value of `urls`: a comma separates routes, so one inside a route is encoded."""
    return ",".join(path.replace(",", "%2C") for path in paths)


def query_length(paths: Sequence[str]) -> int:
    """Characters of the query string that asks for these paths."""
    return len(quote(urls_parameter(paths), safe=""))


def answer_of(item: Any, path: str) -> Any:
    """What one item of a batch's answer says.

    Returns:
        The JSON of a success; a RecordRefused or NotFound (not raised) for a refusal; None for
        anything else, e.g. a passing error: ask for the path alone, then.
    """
    if not isinstance(item, dict):
        return None
    if "200" in item:
        return item["200"]
    status = item.get("statusCode")
    if not isinstance(status, int) or status in PASSING or status >= SERVER_ERROR:
        return None
    route = path.partition("?")[0]
    words = one_line(str(item.get("message") or item.get("name")))
    message = f"Trello answers {status} to GET {route}: {words}"
    return NotFound(message) if status == NOT_FOUND else RecordRefused(message, status=status)
