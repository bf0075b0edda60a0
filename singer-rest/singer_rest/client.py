"""A REST client that retries what may be repeated and names each error by what to do next."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from singer_rest.address import checked_address
from singer_rest.answers import (
    is_too_much,
    json_of,
    kind_of,
    never_connected,
    one_line,
    retry_after,
    words_of,
)
from singer_rest.attempts import LONGEST_RETRY_AFTER, TOO_MANY_REQUESTS, Attempts, TryAgainError
from singer_rest.endpoints import Answered, endpoint_of
from singer_rest.errors import NotFound, OutcomeUnknown, RecordRefused, SettingError, StopRun
from singer_rest.sessions import ThreadSessions
from singer_rest.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_rest.pacer import Pacer

__all__ = ["RestClient"]

PASSING = frozenset({408, 425, 449})  # beside all of 500 and more; 449 says "retry with"
LONGEST_PATH = 150  # characters of a path that a message repeats
SHORTEST_SECRET = 4  # characters; a shorter one would only garble the words around it


class RestClient:
    """One API: its address, its sign-in, its pace. Any number of threads may share it.

    Subclasses say how a request is signed (`headers`), what a refused sign-in means
    (`renew_sign_in`, `is_sign_in_refused`) and which pacer a request belongs to (`pacers`).

    Args:
        base_url: address below which all paths lie; https, or http on this machine only.
        name: the API's name for messages, e.g. "Trello".
        attempts: how often a request is sent at most, not counting those that met a 429 while
            others succeeded.
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
        self.traffic = Traffic()
        self.observer: Callable[[Answered], None] | None = None
        """Told of every answer, by the thread that got it."""
        self._sessions = ThreadSessions(self.base_url, user_agent)
        self._succeeded_at = float("-inf")

    @property
    def quota_per_second(self) -> float | None:
        """Requests a second that the quota allows in the long run; None if unknown."""
        return None

    @property
    def session(self) -> requests.Session:
        """The session of this thread."""
        return self._sessions.current()

    def headers(self) -> Mapping[str, str]:
        """Headers that sign a request; asked for each request anew."""
        return {}

    def secrets(self) -> Iterable[str]:
        """Texts that no message may repeat, e.g. a token that is part of a path."""
        return ()

    def renew_sign_in(self, refused: Mapping[str, str]) -> bool:
        """Try to get a new sign-in after a refusal; return whether there is one.

        Args:
            refused: headers of the request that was refused. Other threads may have renewed the
                sign-in since it was sent.
        """
        del refused
        return False

    def is_sign_in_refused(self, response: requests.Response) -> bool:
        """Whether this answer says that the sign-in as a whole is not accepted."""
        return bool(response.status_code == requests.codes.unauthorized)

    def pacers(self, path: str) -> Iterable[Pacer]:
        """The pacers that a request for `path` has to pass, the one that most requests share last.

        So nobody holds a place in a line that others wait in while waiting in another one.
        """
        del path
        return ()

    def observe(self, response: requests.Response, sent: float) -> None:
        """See every answer, e.g. to read the quota that is left.

        Args:
            response: the answer.
            sent: when its request was sent, in the pacers' time (`time.monotonic`).
        """

    def hold_up(self, path: str, response: requests.Response) -> None:
        """Keep all threads from sending what would be refused like a request just now.

        Here, all that passes the same pacers, for as long as the answer says.
        """
        seconds = retry_after(response)
        for pacer in self.pacers(path):
            pacer.block(self.backoff if seconds is None else min(seconds, LONGEST_RETRY_AFTER))

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
            RecordRefused: another 4xx, its message in the API's own words; or a write that keeps
                meeting server errors while other requests succeed.
            OutcomeUnknown: not repeatable, and the answer was lost, cut, or a server error.
            SettingError: the sign-in holds characters that no header can carry.
            StopRun: sign-in refused, a redirect, or still no success after all attempts.
        """
        request = requests.Request(
            method, self.base_url + path, params=params, json=json, data=form, headers=headers
        )
        attempts = Attempts(self.attempts, self.backoff, lambda: self._succeeded_at)
        renewed = False

        def once() -> Any:
            nonlocal renewed
            response = self._send(request, path, repeatable=repeatable)
            if self.is_sign_in_refused(response):
                if not renewed and self.renew_sign_in(response.request.headers):
                    renewed = True
                    response = self._send(request, path, repeatable=repeatable)
                if self.is_sign_in_refused(response):
                    raise StopRun(f"{self.name} refuses the sign-in: {self._words(response)}")
            return self._json_of(response, method, path, repeatable=repeatable)

        try:
            return attempts.make(once)
        except TryAgainError as last:
            if last.status is not None and method != "GET" and attempts.others_succeed:
                raise RecordRefused(str(last.error), status=last.status) from None
            raise last.error from None

    def words_of(self, response: requests.Response) -> str:
        """The API's own words in an error answer: of JSON, plain text or a page."""
        return words_of(response)

    def _send(self, request: requests.Request, path: str, *, repeatable: bool) -> requests.Response:
        with ExitStack() as under_way:
            began = time.monotonic()
            for pacer in self.pacers(path):
                pacer.acquire()
                under_way.callback(pacer.answered)
            self.traffic.note_wait(time.monotonic() - began)
            signed = {**self.headers(), **request.headers}
            under_way.enter_context(self.traffic.counted())
            sent = time.monotonic()
            try:
                response = self._sessions.current(surely_open=not repeatable).request(
                    request.method or "GET",
                    request.url,
                    params=request.params,
                    json=request.json,
                    data=request.data,
                    headers=signed,
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
            seconds = time.monotonic() - sent
            self.observe(response, sent)
            # Before the request stops counting, or a thread that waits would slip through.
            if is_too_much(response):
                self.traffic.note_too_many()
                self.hold_up(path, response)
        observer = self.observer  # the main thread may take it away meanwhile
        if observer is not None:
            observer(Answered(endpoint_of(path), response.status_code, seconds))
        return response

    def _words(self, response: requests.Response) -> str:
        """The API's words on one line, of bounded length and without any secret."""
        return one_line(self._told(self.words_of(response)))

    def _told(self, words: str) -> str:
        """The words without any secret."""
        for secret in self.secrets():
            if len(secret) >= SHORTEST_SECRET:
                words = words.replace(secret, "***")
        return words

    def _after_no_answer(self, error: requests.RequestException, *, repeatable: bool) -> Exception:
        host = urlsplit(self.base_url).netloc
        if not repeatable and not never_connected(error):
            return OutcomeUnknown(f"{self.name} at {host} gave no answer ({kind_of(error)})")
        told = f"{self.name} at {host} can't be reached ({kind_of(error)})"
        return TryAgainError(StopRun(f"{told}: check the network and its address in the settings"))

    def _json_of(
        self, response: requests.Response, method: str, path: str, *, repeatable: bool
    ) -> Any:
        status = response.status_code
        asked = f"{method} {one_line(self._told(path), LONGEST_PATH)}"
        if status < requests.codes.multiple_choices:
            return self._decoded(response, method, asked, repeatable=repeatable)
        message = f"{self.name} answers {status} to {asked}: {self._words(response)}"
        if status < requests.codes.bad_request:
            raise StopRun(f"{message}; it sends us elsewhere, so the API's address is not right")
        if status == TOO_MANY_REQUESTS:
            raise TryAgainError(StopRun(message), retry_after(response), status)
        if status >= requests.codes.server_error or status in PASSING:
            if repeatable:
                raise TryAgainError(StopRun(message), retry_after(response), status)
            raise OutcomeUnknown(message)
        if status == requests.codes.not_found:
            raise NotFound(message)
        raise RecordRefused(message, status=status)

    def _decoded(
        self, response: requests.Response, method: str, asked: str, *, repeatable: bool
    ) -> Any:
        self._succeeded_at = time.monotonic()
        if not response.content and method != "GET":  # which has no answer to give, or was cut
            return None
        try:
            return json_of(response)
        except (ValueError, RecursionError):
            message = f"{self.name} answers {asked} with something that is not JSON, or cut"
            if repeatable:
                raise TryAgainError(StopRun(message)) from None
            raise OutcomeUnknown(message) from None
