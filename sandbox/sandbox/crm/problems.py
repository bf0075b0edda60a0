"""Errors as ``application/problem+json``."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from sandbox.statuses import phrase


class ProblemError(Exception):
    """An answer that is no success.

    Args:
        status: the HTTP status.
        detail: what is wrong, in one sentence.
        errors: messages per property.
        headers: further headers, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    def response(self) -> Response:
        """Return the answer."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": phrase(self.status),
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return Response(
            msgspec.json.encode(body),
            status_code=self.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


def unauthorized(reason: str) -> ProblemError:
    """The access token is missing, unknown or expired."""
    headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{reason}"'}
    return ProblemError(401, reason, headers=headers)


def missing(resource: str, record_id: str) -> ProblemError:
    """There is no such record."""
    return ProblemError(404, f"No record {record_id[:40]!r} in {resource}.")


def invalid(errors: dict[str, list[str]], status: int = 422) -> ProblemError:
    """A record breaks the rules."""
    return ProblemError(status, "One or more properties are invalid.", errors)
