"""What an answer, or its absence, says."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import requests

__all__ = ["kind_of", "never_connected", "retry_after", "words_of"]

MESSAGE_LENGTH = 500  # characters of an error's body that are worth repeating


def words_of(response: requests.Response) -> str:
    """An error answer's own words on one line: of problem+json, {message}, or plain text."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = response.text
    if isinstance(body, dict):
        body = _words_of_json(body)
    text = " ".join(str(body).split())
    return text[:MESSAGE_LENGTH] or response.reason or str(response.status_code)


def _words_of_json(body: dict[str, Any]) -> str:
    for key in ("detail", "title", "message", "error_description", "error"):
        if body.get(key):
            words = str(body[key])
            break
    else:
        words = str(body)
    errors = body.get("errors")
    if isinstance(errors, dict):
        words += ": " + "; ".join(f"{name}: {_joined(texts)}" for name, texts in errors.items())
    return words


def _joined(texts: Any) -> str:
    return ", ".join(map(str, texts)) if isinstance(texts, list) else str(texts)


def retry_after(response: requests.Response) -> float | None:
    """Seconds of the answer's Retry-After header (a number or a date), or None."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        if value.strip().isdecimal():
            return float(value)
        then = parsedate_to_datetime(value)
        now = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max((then - now).total_seconds(), 0.0)


def never_connected(error: requests.RequestException) -> bool:
    """Whether the error proves that the request was not even sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def kind_of(error: Exception) -> str:
    """A short name of a network error; its own text may be long and name the whole request."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason or error).__name__
