"""Quotas in fixed windows: per token, per key, and per token for single members."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.trello.refusals import limit_exceeded

if TYPE_CHECKING:
    from sandbox.switches import Switches

_MEMBER_ROUTE = re.compile(r"/members/[^/]+/?|/search(/members)?/?")


@dataclass
class Windows:
    """Requests of the current window, by what they count against."""

    _counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, name: str, length_ms: int) -> int:
        """Return how many requests the current window has seen."""
        window, seen = self._counts.get(name, (-1, 0))
        return seen if window == _window(length_ms) else 0

    def add(self, name: str, length_ms: int) -> None:
        """Count one request."""
        self._counts[name] = (_window(length_ms), self.count(name, length_ms) + 1)

    def clear(self) -> None:
        """Forget all requests."""
        self._counts.clear()


def _window(length_ms: int) -> int:
    return time.monotonic_ns() // (length_ms * 1_000_000)


def admit(windows: Windows, switches: Switches, token: str, path: str) -> None:
    """Count a request against its quotas.

    Raises:
        TrelloError: 429, a quota is used up.
    """
    if not switches.quotas:
        return
    length = switches.window_ms
    if windows.count("429", length) >= switches.block_after_429:
        raise limit_exceeded("key")
    if windows.count("key", length) >= switches.key_limit:
        windows.add("429", length)
        raise limit_exceeded("key")
    if windows.count(f"token {token}", length) >= switches.token_limit:
        windows.add("429", length)
        raise limit_exceeded("token")
    windows.add("key", length)
    windows.add(f"token {token}", length)
    admit_member(windows, switches, token, path)


def admit_member(windows: Windows, switches: Switches, token: str, path: str) -> None:
    """Count a request for a single member; nested routes don't count."""
    if not switches.quotas or _MEMBER_ROUTE.fullmatch(path) is None:
        return
    length = switches.member_window_ms
    if windows.count(f"member {token}", length) >= switches.member_limit:
        windows.add("429", switches.window_ms)
        raise limit_exceeded("member")
    windows.add(f"member {token}", length)


def headers(windows: Windows, switches: Switches, token: str) -> list[tuple[bytes, bytes]]:
    """Return the headers that tell what is left."""
    if not (switches.quotas and switches.quota_headers):
        return []
    rows = (
        ("api-token", f"token {token}", switches.token_limit),
        ("api-key", "key", switches.key_limit),
    )
    answer = []
    for name, counted, limit in rows:
        left = max(0, limit - windows.count(counted, switches.window_ms))
        values = (("interval-ms", switches.window_ms), ("max", limit), ("remaining", left))
        for suffix, value in values:
            answer.append((f"x-rate-limit-{name}-{suffix}".encode(), str(value).encode()))
    return answer
