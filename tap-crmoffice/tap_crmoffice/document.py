"""Fetching the tenant's own OpenAPI document.

Its address may be anybody's: the access token goes to the API's own host only, and only if that
asks for it. Redirects are not followed.
"""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from singer_rest import SettingError, retry_after
from singer_rest.address import checked_address
from singer_rest.attempts import Attempts, TryAgainError
from singer_rest.sessions import ThreadSessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["checked_document_url", "document_at"]

ATTEMPTS = 3
BACKOFF = 0.5  # seconds before the second attempt
LARGEST = 20 * 2**20  # bytes
LONGEST = 60.0  # seconds for the whole document
TIMEOUT = 20.0  # seconds for the connection and for each read
CHUNK = 2**16  # bytes
PORTS = {"http": 80, "https": 443}
WANTS_SIGN_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def checked_document_url(url: str) -> str:
    """Return the address, which may have a query.

    Raises:
        SettingError: unless it is https, or http to this machine.
    """
    try:
        checked_address(url.partition("#")[0].partition("?")[0])
    except SettingError as error:
        raise SettingError(f"setting 'openapi_url' is wrong: {error}") from None
    return url


def document_at(
    url: str,
    api_url: str,
    sign_in: Callable[[], Mapping[str, str]],
    *,
    largest: int = LARGEST,
    longest: float = LONGEST,
    backoff: float = BACKOFF,
) -> Any:
    """What the JSON at an address holds.

    Args:
        url: the document's address.
        api_url: the API's address; to its host, and to no other, the sign-in may be sent.
        sign_in: gives the headers that sign a request.
        largest: bytes that the document may have.
        longest: seconds that it may take.
        backoff: seconds before the second attempt when it failed in passing.

    Raises:
        SettingError: it can't be fetched or read, and why.
    """
    session = ThreadSessions(checked_document_url(url), "crmoffice-singer/0.1").current()
    may_sign = origin_of(url) == origin_of(api_url)
    download = Download(session, url, largest, longest)

    def once() -> bytes:
        status, content = download.get({})
        if status in WANTS_SIGN_IN and may_sign:
            status, content = download.get(sign_in())
        if status in WANTS_SIGN_IN and not may_sign:
            raise unreadable(url, f"the answer is {status}, and only the API's host gets the token")
        if status != HTTPStatus.OK:
            raise unreadable(url, f"the answer is {status}")
        return content

    try:
        return json.loads(Attempts(ATTEMPTS, backoff, lambda: float("-inf")).make(once))
    except TryAgainError as last:
        raise last.error from None
    except (ValueError, RecursionError):
        raise unreadable(url, "it is no JSON") from None
    finally:
        session.close()


class Download:
    """Bounded downloads of one address.

    Args:
        session: sends the requests.
        url: the address.
        largest: bytes that an answer may have.
        longest: seconds that it may take.
    """

    def __init__(self, session: requests.Session, url: str, largest: int, longest: float) -> None:
        self._session = session
        self._url = url
        self._largest = largest
        self._longest = longest

    def get(self, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer; the body of 200 only.

        Raises:
            SettingError: it is too large or takes too long.
            TryAgainError: there was no answer, or one of a server that fails in passing.
        """
        until = time.monotonic() + self._longest
        try:
            with self._session.get(
                self._url,
                headers={"Accept": "application/json", **headers},
                timeout=min(TIMEOUT, self._longest),
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                if status == HTTPStatus.TOO_MANY_REQUESTS or status >= requests.codes.server_error:
                    error = unreadable(self._url, f"the answer is {status}")
                    raise TryAgainError(error, retry_after(response), status)
                body = self._body(response, until) if status == HTTPStatus.OK else b""
                return status, body
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            reason = unreadable(self._url, f"there is no answer ({type(error).__name__})")
            raise TryAgainError(reason) from None

    def _body(self, response: requests.Response, until: float) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._largest:
                raise unreadable(self._url, f"it has more than {self._largest} bytes")
            if time.monotonic() > until:
                raise unreadable(self._url, f"it takes longer than {self._longest:.0f} seconds")
        return bytes(body)


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def unreadable(url: str, reason: str) -> SettingError:
    """The error that a document can't be read; without the address's query, which may be secret."""
    parts = urlsplit(url)
    return SettingError(
        f"the OpenAPI document at {parts.netloc}{parts.path} can't be read: {reason}; "
        "check the setting openapi_url, or leave it out"
    )
