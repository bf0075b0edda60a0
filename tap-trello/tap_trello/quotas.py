"""Trello's quotas: per key, per token, and a narrow one for single members and the search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_rest import Pacer, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

__all__ = ["Quotas"]

KEY_LIMIT, TOKEN_LIMIT, MEMBER_LIMIT = 300, 100, 100  # requests
WINDOW, MEMBER_WINDOW = 10.0, 900.0  # seconds
MEMBER_PAUSE = 180.0  # seconds; five pauses of a request's attempts outlast the window
LONGEST_PAUSE = 960.0  # seconds
MEMBER_ROUTE = re.compile(r"/members/[^/]+|/search(/members)?")  # nested routes don't count
# What the body of a 429 says, and which quota is used up then.
KEY_USED_UP, TOKEN_USED_UP, MEMBER_USED_UP = "API_KEY", "API_TOKEN", "RATE_LIMIT_EXCEEDED"


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
        """The pacers that a request for `path` has to pass, the one that all share last.

        So a request that waits for its own token's quota takes no room from other tokens.
        """
        route = path.partition("?")[0].rstrip("/")
        narrow = [self.member] if MEMBER_ROUTE.fullmatch(route) else []
        return [*narrow, self.token, self.key]

    def observe(self, response: requests.Response, sent: float) -> None:
        """Correct the own counts by what an answer tells of them.

        Args:
            response: the answer.
            sent: when its request was sent, in the pacers' time.
        """
        follow(self.key, "x-rate-limit-api-key", response.headers, sent)
        follow(self.token, "x-rate-limit-api-token", response.headers, sent)

    def hold_up(self, path: str, response: requests.Response, briefly: float) -> None:
        """Let nothing through that a 429 would refuse too, until its window must be over.

        Args:
            path: the path that was refused.
            response: the answer; without a `Retry-After` its body says which quota is used up.
            briefly: seconds to pause where it does not say so.
        """
        used_up = self._used_up(path, response.text)
        pacer = used_up or self.token
        told = retry_after(response)
        if told is not None:
            pacer.block(min(told, LONGEST_PAUSE))
        elif used_up is None:
            pacer.block(briefly)
        else:
            pacer.block(min(pacer.window, MEMBER_PAUSE))

    def _used_up(self, path: str, words: str) -> Pacer | None:
        if KEY_USED_UP in words:
            return self.key
        if TOKEN_USED_UP in words:
            return self.token
        return self.member if MEMBER_USED_UP in words and self.member in self.pacers(path) else None


def follow(pacer: Pacer, prefix: str, headers: Mapping[str, str], sent: float) -> None:
    """Take over limit, window and what is left from an answer's rate headers, if it has them."""
    limit, window, remaining = (
        number(headers.get(f"{prefix}-{name}")) for name in ("max", "interval-ms", "remaining")
    )
    if limit:
        pacer.limit = limit
    if window:
        pacer.window = window / 1000
    if remaining is not None:
        pacer.observe(remaining, sent)


def number(text: str | None) -> int | None:
    """A header's whole number, or None."""
    return int(text) if text and text.strip().isdigit() else None
