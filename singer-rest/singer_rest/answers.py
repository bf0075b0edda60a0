"""What an answer, or its absence, says."""

from __future__ import annotations

import html
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from singer_rest.surrogates import mended

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "is_too_much",
    "json_of",
    "kind_of",
    "never_connected",
    "one_line",
    "retry_after",
    "words_of",
]

LONGEST_BODY = 20_000  # bytes of an error's body that are looked at
MESSAGE_LENGTH = 500  # characters of an error's body that are worth repeating
WORDS = ("detail", "title", "message", "error_description", "error", "name")
CODE = "error"  # beside a message: a short name of the error
CUT = "..."

PAGE = re.compile(r"\s*(?:<!--|<!doctype|<\?xml|<html|<head|<body)", re.IGNORECASE)
INVISIBLE = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
TITLE = re.compile(r"<title[^>]*>(.*?)(?:</title|\Z)", re.IGNORECASE | re.DOTALL)
BODY = re.compile(r"<body[^>]*>(.*)", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[^>]*(?:>|\Z)")


def words_of(response: requests.Response) -> str:
    """An error answer's own words: of problem+json, {message}, plain text, or a page.

    It may be long and have several lines: see `one_line`. Bytes that are no UTF-8 become `\ufffd`.
    """
    text = response.content[:LONGEST_BODY].decode("utf-8-sig", errors="replace")
    if PAGE.match(text):
        words = _words_of_page(text)
    else:
        try:
            words = _words_of_json(response.json())
        except (ValueError, RecursionError):
            words = text
    return words if words.strip() else response.reason or str(response.status_code)


def one_line(text: str, longest: int = MESSAGE_LENGTH) -> str:
    """A text on one line, without characters that don't print, and cut if it is too long."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return plain if len(plain) <= longest else plain[: longest - len(CUT)] + CUT


def _words_of_page(page: str) -> str:
    """The title and the text of an HTML page, as a proxy or a load balancer answers it."""
    visible = INVISIBLE.sub(" ", page)
    title = TITLE.search(visible)
    body = BODY.search(visible)
    told = [title[1] if title else "", body[1] if body else TITLE.sub(" ", visible)]
    words = [" ".join(html.unescape(TAG.sub(" ", part)).split()) for part in told]
    return ": ".join(dict.fromkeys(part for part in words if part))


def _words_of_json(body: Any) -> str:
    if not isinstance(body, dict):
        return body if isinstance(body, str) else "" if body is None else str(body)
    words = next((str(body[key]) for key in WORDS if body.get(key)), "")
    code = body.get(CODE)
    if isinstance(code, str) and code.strip() and code != words:
        words = f"{words} ({code})"
    errors = "; ".join(_details(body.get("errors")))
    return ": ".join(part for part in (words, errors) if part) or str(body)


def _details(errors: Any) -> Iterable[str]:
    """The messages under `errors`: by property, or a list of texts or objects."""
    if isinstance(errors, dict):
        return [f"{name}: {_joined(texts)}" for name, texts in errors.items()]
    if isinstance(errors, list):
        return [_words_of_json(each) for each in errors]
    return [str(errors)] if errors else []


def _joined(texts: Any) -> str:
    return ", ".join(map(_words_of_json, texts)) if isinstance(texts, list) else str(texts)


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


def is_too_much(response: requests.Response) -> bool:
    """Whether the API asks for fewer requests: by 429, or 503 with a Retry-After."""
    status = response.status_code
    unavailable = status == requests.codes.service_unavailable
    return status == requests.codes.too_many_requests or (
        unavailable and retry_after(response) is not None
    )


def json_of(response: requests.Response) -> Any:
    """The JSON of an answer, read fast and without a copy of its text where it is plain UTF-8.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Other encodings, or halves of characters.
        return mended(response.json(), response.content)
