"""A server on this machine that waits for the browser to bring the answer of a sign-in."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from singer_rest import StopRun

from tap_crmoffice.contract import REDIRECT_URI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_crmoffice.authorization import Answer

    AnswerIn = Callable[[str], Answer | None]

__all__ = ["Loopback"]

HOST = "127.0.0.1"
REDIRECT_PATH = urlsplit(REDIRECT_URI.format(port=0)).path
PATIENCE = 10.0  # seconds for a connection that sends nothing, as browsers open some in advance
POLL = 0.05  # seconds until the server notices that it may end

ARRIVED = "The sign-in has arrived. You can close this window and go on where you began it."
REFUSED = "The sign-in was refused: {}. You can close this window."
FOREIGN = (
    "This does not answer the sign-in that is under way. Go on in the window that it opened, or "
    "start it again."
)
NOTHING = "There is nothing here."


class Loopback(ThreadingTCPServer):
    """Listens on 127.0.0.1 from the beginning, and answers within `expecting`.

    Args:
        port: 0 for any free one.

    Raises:
        StopRun: when the port can't be used.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would share a port that is in use

    def __init__(self, port: int) -> None:
        try:
            super().__init__((HOST, port), _Visit)
        except OSError as error:
            raise StopRun(
                f"port {port} can't be used ({error.strerror}): free it, or choose another one "
                "that the client is registered with by --port"
            ) from None
        self.answer_in: AnswerIn = _no_answer
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    @property
    def redirect_uri(self) -> str:
        """The address that the browser is to be sent to."""
        return REDIRECT_URI.format(port=self.server_address[1])

    @contextmanager
    def expecting(self, answer_in: AnswerIn) -> Iterator[None]:
        """Answer requests; the query of the one that matters is known by `answer_in`."""
        self.answer_in = answer_in
        thread = threading.Thread(target=self.serve_forever, args=(POLL,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()

    def wait(self, seconds: float) -> Answer | None:
        """The first answer that arrives, or None if none does in time."""
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about a connection that broke off: it is no matter of the sign-in."""


class _Visit(BaseHTTPRequestHandler):
    """One request, of the browser or of anybody else on this machine."""

    server: Loopback
    timeout = PATIENCE

    def do_GET(self) -> None:
        """Take the answer; whatever else is asked for changes nothing."""
        address = urlsplit(self.path)
        if address.path != REDIRECT_PATH:
            self._show(HTTPStatus.NOT_FOUND, NOTHING)
            return
        answer = self.server.answer_in(address.query)
        if answer is None:
            self._show(HTTPStatus.BAD_REQUEST, FOREIGN)
            return
        self._show(HTTPStatus.OK, REFUSED.format(answer.error) if answer.error else ARRIVED)
        self.server.answers.put(answer)  # last, since the program ends with it

    def _show(self, status: HTTPStatus, words: str) -> None:
        title = "tap-crmoffice"
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<body><h1>{title}</h1><p>{escape(words)}</p></body></html>"
        ).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *args: object) -> None:
        """Log nothing: the address holds the code."""


def _no_answer(query: str) -> None:
    del query
