"""Killing the own process, as `kill -9` does, at the n-th moment of a kind."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from typing import Any

import requests
from sqlalchemy.engine.default import DefaultDialect

BEFORE_REQUEST = "before a request is sent"
AFTER_ANSWER = "after an answer arrived"
BEFORE_COMMIT = "before a commit of the link store"
AFTER_COMMIT = "after a commit of the link store"


class Moments:
    """Counts the moments of this process from now on, in all threads.

    Args:
        death: the kind and number (from 1) of the moment that is the last one, if any.
    """

    def __init__(self, death: tuple[str, int] | None) -> None:
        self.counts: Counter[str] = Counter()
        self._death = death
        self._lock = threading.Lock()
        self._watch(requests.Session, "send", BEFORE_REQUEST, AFTER_ANSWER)
        self._watch(DefaultDialect, "do_commit", BEFORE_COMMIT, AFTER_COMMIT)

    def _watch(self, owner: type, name: str, before: str, after: str) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            self._pass(before)
            answer = original(*args, **kwargs)
            self._pass(after)
            return answer

        setattr(owner, name, watched)

    def _pass(self, moment: str) -> None:
        with self._lock:
            self.counts[moment] += 1
            if self._death == (moment, self.counts[moment]):
                os.kill(os.getpid(), signal.SIGKILL)
