"""HTTP sessions, one for each thread: `requests` promises nothing for a session that is shared."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

import requests

from singer_rest.address import LOOPBACK_HOSTS

__all__ = ["ThreadSessions"]

LONGEST_IDLE = 4.0  # seconds; some servers close a connection that was idle for five


class ThreadSessions:
    """Gives each thread a session of its own, whose connection is kept open between requests.

    A thread sends one request at a time, so it needs one connection. A session goes with its
    thread.

    Args:
        base_url: address of the API.
        user_agent: value of the User-Agent header.
    """

    def __init__(self, base_url: str, user_agent: str) -> None:
        # A company's proxy and certificates count, but not on the way to this machine.
        self._trust_env = urlsplit(base_url).hostname not in LOOPBACK_HOSTS
        self._user_agent = user_agent
        self._of_thread = threading.local()

    def current(self, *, surely_open: bool = False) -> requests.Session:
        """The session of the thread that asks.

        Args:
            surely_open: whether to give up a connection that the server may be closing just now.
                Nobody could tell then whether it has seen the next request.
        """
        now = time.monotonic()
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = self._new()
        elif surely_open and now - self._of_thread.used > LONGEST_IDLE:
            session.close()  # its connections; it opens another one
        self._of_thread.used = now
        return session

    def _new(self) -> requests.Session:
        session = requests.Session()
        session.auth = unchanged  # else a ~/.netrc would replace the sign-in header
        session.trust_env = self._trust_env
        session.headers["User-Agent"] = self._user_agent
        return session


def unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is: its headers hold the sign-in already."""
    return request
