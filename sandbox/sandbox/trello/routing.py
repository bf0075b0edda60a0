"""Which function answers which path, and what it gets to see of the request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox.trello.errors import invalid_value, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.store import Record, Store
    from sandbox.trello.tokens import Token
    from sandbox.world import World

    Handler = Callable[["Call"], Any]

_TRUE = {"true", "1", "yes"}
_FALSE = {"false", "0", "no", ""}


@dataclass(frozen=True)
class Call:
    """One request as its handler sees it: only declared parameters, of known callers."""

    world: World
    token: Token
    path: dict[str, str]
    params: dict[str, Any]

    @property
    def store(self) -> Store:
        """The state."""
        return self.world.store

    @property
    def caller(self) -> str:
        """The id of the member behind the token."""
        return self.token.member

    def has(self, name: str) -> bool:
        """Say whether a parameter was sent, be it empty."""
        return name in self.params

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        value = self.params.get(name, default)
        if value is None:
            return default
        if isinstance(value, list):
            return ",".join(map(str, value))
        return str(value).lower() if isinstance(value, bool) else str(value)

    def optional(self, name: str) -> str | None:
        """Return a parameter as text, None where it is null, "null" or empty."""
        value = self.text(name)
        return None if value in {"", "null"} else value

    def required(self, name: str) -> str:
        """Return a parameter that must be there and not be empty."""
        value = self.text(name)
        if not value.strip():
            raise invalid_value(name)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a parameter as a truth value."""
        value = self.text(name, str(default)).lower()
        if value not in _TRUE | _FALSE:
            raise invalid_value(name)
        return value in _TRUE

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a parameter as a number between two bounds, both included."""
        text = self.text(name, str(default))
        if not text.isdecimal() or not low <= int(text) <= high:
            raise invalid_value(name)
        return int(text)

    def chosen(
        self, record: Record, default: tuple[str, ...] | None, name: str = "fields"
    ) -> Record:
        """Return the fields of a record that were asked for; the id is always among them.

        Args:
            record: the whole record.
            default: the fields without the parameter; None means all.
            name: the parameter that lists fields.
        """
        names = self.names(default, name)
        return (
            record
            if names is None
            else {key: value for key, value in record.items() if key in names}
        )

    def names(self, default: tuple[str, ...] | None, name: str = "fields") -> set[str] | None:
        """Return the names of the fields that were asked for, None for all of them."""
        wanted = self.text(name)
        if wanted == "all" or (not wanted and default is None):
            return None
        return {"id", *(wanted.split(",") if wanted else default or ())}


@dataclass(frozen=True)
class Endpoint:
    """A method and a path with its declared parameters."""

    method: str
    path: str
    params: frozenset[str]
    handler: Handler

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path between slashes."""
        return tuple(self.path.strip("/").split("/"))


@dataclass
class Routes:
    """The endpoints of one module."""

    endpoints: list[Endpoint] = field(default_factory=list)

    def add(self, method: str, path: str, *params: str) -> Callable[[Handler], Handler]:
        """Declare an endpoint; its function gets only the parameters named here."""

        def keep(handler: Handler) -> Handler:
            self.endpoints.append(Endpoint(method, path, frozenset(params), handler))
            return handler

        return keep


class Router:
    """Finds the endpoint of a path; words win over placeholders."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = sorted(endpoints, key=lambda each: each.path.count("{"))
        self._candidates: dict[tuple[str, int], list[Endpoint]] = {}
        for endpoint in self.endpoints:
            key = (endpoint.method, len(endpoint.segments))
            self._candidates.setdefault(key, []).append(endpoint)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """Return an endpoint and the values of its placeholders.

        Raises:
            TrelloError: 404, no endpoint has this path.
        """
        segments = [unquote(part) for part in path.strip("/").split("/")]
        for endpoint in self._candidates.get((method, len(segments)), ()):
            values = _match(endpoint.segments, segments)
            if values is not None:
                return endpoint, values
        raise not_found()


def _match(template: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    values = {}
    for pattern, segment in zip(template, segments, strict=True):
        if pattern.startswith("{"):
            values[pattern[1:-1]] = segment
        elif pattern != segment:
            return None
    return values
