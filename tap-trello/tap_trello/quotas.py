"""Trello's quotas: per key, per token, and a narrow one for single members and the search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import requests
from singer_rest import Pacer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Quotas"]

KEY_LIMIT, TOKEN_LIMIT, MEMBER_LIMIT = 300, 100, 100  # requests
WINDOW, MEMBER_WINDOW = 10.0, 900.0  # seconds
MEMBER_PAUSE = 180.0  # seconds; five pauses of a request's attempts outlast the window
MEMBER_ROUTE = re.compile(r"/members/[^/]+|/search(/members)?")  # nested routes don't count


class Quotas:
    """The pacers of one token.

    Args:
        key: pacer of the API key, when several tokens share one.
    """

    def __init__(self, key: Pacer | None = None) -> None:
        self.key = key or Pacer(KEY_LIMIT, WINDOW)
        self.token = Pacer(TOKEN_LIMIT, WINDOW)
        self.member = Pacer(MEMBER_LIMIT, MEMBER_WINDOW)

    def pacers(self, path: str) -> list[Pacer]:
        """The pacers that a request for `path` has to pass."""
        route = path.partition("?")[0].rstrip("/")
        narrow = [self.member] if MEMBER_ROUTE.fullmatch(route) else []
        return [*narrow, self.key, self.token]

    def observe(self, response: requests.Response) -> None:
        """Correct the own counts by what an answer tells of them, and pause after a 429."""
        follow(self.key, "x-rate-limit-api-key", response.headers)
        follow(self.token, "x-rate-limit-api-token", response.headers)
        if response.status_code == requests.codes.too_many_requests:
            self._pause(response)

    def _pause(self, response: requests.Response) -> None:
        if "retry-after" in response.headers:
            return  # the client itself waits as long as it says
        if "API_KEY" in response.text:
            self.key.block(self.key.window)
        elif "API_TOKEN" in response.text:
            self.token.block(self.token.window)
        else:
            self.member.block(min(self.member.window, MEMBER_PAUSE))


def follow(pacer: Pacer, prefix: str, headers: Mapping[str, str]) -> None:
    """Take over limit, window and what is left from an answer's rate headers, if it has them."""
    limit, window, remaining = (
        number(headers.get(f"{prefix}-{name}")) for name in ("max", "interval-ms", "remaining")
    )
    if limit:
        pacer.limit = limit
    if window:
        pacer.window = window / 1000
    if remaining is not None:
        pacer.observe(remaining)


def number(text: str | None) -> int | None:
    """A header's whole number, or None."""
    return int(text) if text and text.strip().isdigit() else None
