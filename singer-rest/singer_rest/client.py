"""A REST client that retries what may be repeated and names each error by what to do next."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import tenacity

from singer_rest.address import LOOPBACK_HOSTS, checked_address
from singer_rest.answers import kind_of, never_connected, retry_after, words_of
from singer_rest.errors import (
    NotFound,
    OutcomeUnknown,
    PluginError,
    RecordRefused,
    SettingError,
    StopRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_rest.pacer import Pacer

__all__ = ["RestClient"]

TOO_MANY_REQUESTS = 429
LONGEST_WAIT = 60.0  # seconds between two attempts, unless Retry-After asks for more
LONGEST_RETRY_AFTER = 960.0  # seconds; the longest documented window is 900 s

logger = logging.getLogger(__name__)


class _TryAgainError(Exception):
    """The request may be sent again, after `wait` seconds if the server said so."""

    def __init__(self, error: PluginError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class RestClient:
    """One API: its address, its sign-in, its pace.

    Subclasses say how a request is signed (`headers`), what a refused sign-in means
    (`renew_sign_in`, `is_sign_in_refused`) and which pacer a request belongs to (`pacers`).

    Args:
        base_url: address below which all paths lie; https, or http on this machine only.
        name: the API's name for messages, e.g. "Trello".
        attempts: how often a request is sent at most.
        timeout: seconds to wait for the connection and for each read.
        user_agent: value of the User-Agent header.
        backoff: seconds before the second attempt when the server names none; then doubled.

    Raises:
        SettingError: when `base_url` is no address, or plain http to another machine.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        attempts: int = 6,
        timeout: float = 60.0,
        user_agent: str = "singer-rest",
        backoff: float = 0.5,
    ) -> None:
        self.base_url = checked_address(base_url)
        self.name = name
        self.attempts = attempts
        self.timeout = timeout
        self.backoff = backoff
        self.requests_sent = 0
        self.session = requests.Session()
        self.session.auth = unchanged  # else a ~/.netrc would replace the sign-in header
        # A company's proxy and certificates count, but not on the way to this machine.
        self.session.trust_env = urlsplit(self.base_url).hostname not in LOOPBACK_HOSTS
        self.session.headers["User-Agent"] = user_agent

    def headers(self) -> Mapping[str, str]:
        """Headers that sign a request."""
        return {}

    def secrets(self) -> Iterable[str]:
        """Texts that no message may repeat, e.g. a token that is part of a path."""
        return ()

    def renew_sign_in(self) -> bool:
        """Try to get a new sign-in after a refusal; return whether there is one."""
        return False

    def is_sign_in_refused(self, response: requests.Response) -> bool:
        """Whether this answer says that the sign-in as a whole is not accepted."""
        return bool(response.status_code == requests.codes.unauthorized)

    def pacers(self, path: str) -> Iterable[Pacer]:
        """The pacers that a request for `path` has to pass."""
        del path
        return ()

    def observe(self, response: requests.Response) -> None:
        """See every answer, e.g. to read the quota that is left."""

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON of a GET; it is repeated on passing errors."""
        return self.request("GET", path, params=params, repeatable=True)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Any:
        """Send one request and return the JSON of its answer (None for an empty one).

        Args:
            method: HTTP method.
            path: path below the base address, with a leading slash.
            params: query parameters; None values are left out.
            json: JSON body.
            form: form body, instead of a JSON one.
            headers: further headers; they win over `headers()`.
            repeatable: whether sending it twice does no harm. If not, only an answer that proves
                that nothing was done (429, no connection) leads to another attempt.

        Raises:
            NotFound: 404.
            RecordRefused: another 4xx; its message is the API's own words.
            OutcomeUnknown: not repeatable, and the answer was lost or a server error.
            SettingError: the sign-in holds characters that no header can carry.
            StopRun: sign-in refused, a redirect, or still no success after all attempts.
        """
        request = requests.Request(
            method, self.base_url + path, params=params, json=json, data=form, headers=headers
        )
        renewed = False

        def once() -> Any:
            nonlocal renewed
            response = self._send(request, path, repeatable=repeatable)
            if self.is_sign_in_refused(response):
                if not renewed and self.renew_sign_in():
                    renewed = True
                    response = self._send(request, path, repeatable=repeatable)
                if self.is_sign_in_refused(response):
                    raise StopRun(
                        f"{self.name} refuses the sign-in: {self._told(self.words_of(response))}"
                    )
            return self._json_of(response, method, path, repeatable=repeatable)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgainError),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            before_sleep=self._log_wait,
            reraise=True,
        )
        try:
            return retrying(once)
        except _TryAgainError as last:
            raise last.error from None

    def words_of(self, response: requests.Response) -> str:
        """The API's own words in an error answer, on one line: JSON message or plain text."""
        return words_of(response)

    def _send(self, request: requests.Request, path: str, *, repeatable: bool) -> requests.Response:
        pacers = tuple(self.pacers(path))
        for pacer in pacers:
            pacer.acquire()
        self.requests_sent += 1
        try:
            response = self.session.request(
                request.method or "GET",
                request.url,
                params=request.params,
                json=request.json,
                data=request.data,
                headers={**self.headers(), **request.headers},
                timeout=self.timeout,
                allow_redirects=False,
            )
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            raise SettingError(
                f"the sign-in of {self.name} holds characters that can't be sent: "
                "copy the key or token again, without line breaks or quotes"
            ) from None
        except requests.RequestException as error:
            raise self._after_no_answer(error, repeatable=repeatable) from None
        finally:
            for pacer in pacers:
                pacer.answered()
        self.observe(response)
        return response

    def _told(self, words: str) -> str:
        """The words without any secret."""
        for secret in self.secrets():
            if secret:
                words = words.replace(secret, "***")
        return words

    def _after_no_answer(self, error: requests.RequestException, *, repeatable: bool) -> Exception:
        host = urlsplit(self.base_url).netloc
        if not repeatable and not never_connected(error):
            return OutcomeUnknown(f"{self.name} at {host} gave no answer ({kind_of(error)})")
        told = f"{self.name} at {host} can't be reached ({kind_of(error)})"
        return _TryAgainError(StopRun(f"{told}: check the network and its address in the settings"))

    def _json_of(
        self, response: requests.Response, method: str, path: str, *, repeatable: bool
    ) -> Any:
        status = response.status_code
        if status < requests.codes.multiple_choices:
            return self._decoded(response, method, path, repeatable=repeatable)
        message = self._told(
            f"{self.name} answers {status} to {method} {path}: {self.words_of(response)}"
        )
        if status < requests.codes.bad_request:
            raise StopRun(f"{message}; it sends us elsewhere, so the API's address is not right")
        if status == TOO_MANY_REQUESTS:
            raise _TryAgainError(StopRun(message), retry_after(response))
        if status >= requests.codes.server_error or status == 449:  # noqa: PLR2004 - "retry with"
            if repeatable:
                raise _TryAgainError(StopRun(message), retry_after(response))
            raise OutcomeUnknown(message)
        if status == requests.codes.not_found:
            raise NotFound(message)
        raise RecordRefused(message, status=status)

    def _decoded(
        self, response: requests.Response, method: str, path: str, *, repeatable: bool
    ) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except requests.JSONDecodeError:
            message = self._told(
                f"{self.name} answers {method} {path} with something that is not JSON"
            )
            if repeatable:
                raise _TryAgainError(StopRun(message)) from None
            raise OutcomeUnknown(message) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgainError) and error.wait is not None:
            return min(error.wait, LONGEST_RETRY_AFTER)
        growing = tenacity.wait_exponential(multiplier=self.backoff, max=LONGEST_WAIT)
        return growing(state) + tenacity.wait_random(0, self.backoff)(state)

    def _log_wait(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        logger.warning("%s; next attempt in %.1f s", error, state.upcoming_sleep)


def unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is: its headers hold the sign-in already."""
    return request
