"""Trello's errors: mostly a plain text, sometimes JSON."""

from __future__ import annotations

import msgspec

from sandbox.statuses import phrase

JSON = b"application/json; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"

Content = tuple[bytes, bytes]


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

    def content(self, *, as_json: bool = False) -> Content:
        """Return the body and its media type; ``as_json`` makes JSON of a plain text, too."""
        if isinstance(self.body, str) and not as_json:
            return self.body.encode(), TEXT
        body = self.body
        if isinstance(body, str):
            body = {"message": body, "error": phrase(self.status).upper().replace(" ", "_")}
        return msgspec.json.encode(body), JSON


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
