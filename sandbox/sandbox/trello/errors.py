"""Trello's errors: mostly a plain text, sometimes JSON."""

from __future__ import annotations


class TrelloError(Exception):
    """An answer that is no success.

    Args:
        status: the HTTP status.
        body: a text is sent as ``text/plain``, a dictionary as JSON.
    """

    def __init__(self, status: int, body: str | dict[str, str]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    @property
    def message(self) -> str:
        """The text of the error."""
        return self.body if isinstance(self.body, str) else self.body["message"]


def not_found() -> TrelloError:
    """The record or the route does not exist."""
    return TrelloError(404, "The requested resource was not found.")


def invalid_id() -> TrelloError:
    """The text can't be an id at all."""
    return TrelloError(400, "invalid id")


def invalid_value(name: str) -> TrelloError:
    """A parameter's value is refused."""
    return TrelloError(400, f"invalid value for {name}")


def unauthorized(kind: str) -> TrelloError:
    """The member behind the token may not do this."""
    return TrelloError(401, f"unauthorized {kind} permission requested")
