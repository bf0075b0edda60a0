"""What was asked of each system: counts by method, and the last requests."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import Any, Literal
from urllib.parse import parse_qsl

System = Literal["trello", "crmoffice"]

_SECRET = re.compile(r"(/tokens/)[^/]+")
_SIGN_IN = frozenset({"key", "token"})  # Trello takes them as parameters, too
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_KEPT = 2000
_TOO_MANY = 429


def is_sign_in(path: str) -> bool:
    """Say whether a request is part of a sign-in."""
    return "/connect/" in path


def is_write(method: str, path: str) -> bool:
    """Say whether a request changes records; a sign-in does not."""
    return method in _WRITES and not is_sign_in(path)


class Traffic:
    """Counts of requests; sign-ins count as ``token``, never as a write."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._log: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.reset()

    def reset(self) -> None:
        """Start counting from zero."""
        self._counts = {"trello": Counter(), "crmoffice": Counter()}
        self._log.clear()

    def add(
        self, system: System, method: str, path: str, status: int | None, query: str = ""
    ) -> None:
        """Count a request; its status is None where it got no answer."""
        counts = self._counts[system]
        if is_sign_in(path):
            counts["token"] += 1
        else:
            counts[method] += 1
            counts["writes"] += is_write(method, path)
        counts["429"] += status == _TOO_MANY
        self._log.append(
            {
                "system": system,
                "method": method,
                "path": _SECRET.sub(r"\1***", path),
                "query": {
                    name: _SECRET.sub(r"\1***", value)
                    for name, value in parse_qsl(query)
                    if name not in _SIGN_IN
                },
                "status": status,
            }
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counts of both systems."""
        names = (*_METHODS, "writes", "429", "token")
        return {
            system: {name: counts[name] for name in names}
            for system, counts in self._counts.items()
        }

    def log(self) -> list[dict[str, Any]]:
        """Return the last requests, oldest first, without any secret."""
        return list(self._log)
