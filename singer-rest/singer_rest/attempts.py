"""Trying a request again until it succeeds, is refused, or has been tried often enough."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import tenacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_rest.errors import PluginError

__all__ = ["LONGEST_RETRY_AFTER", "TOO_MANY_REQUESTS", "Attempts", "TryAgainError"]

TOO_MANY_REQUESTS = 429
MOST_DOUBLINGS = 20
PATIENCE = 5  # so many times the attempts are made while only others succeed
LONGEST_WAIT = 60.0  # seconds between two attempts, unless Retry-After asks for more
LONGEST_RETRY_AFTER = 960.0  # seconds; the longest documented window is 900 s

logger = logging.getLogger(__name__)


class TryAgainError(Exception):
    """The request may be sent again.

    Args:
        error: what to raise in the end.
        wait: seconds that the server asks to wait.
        status: the status of the server's answer, if there was one.
    """

    def __init__(
        self, error: PluginError, wait: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.status = status


class Attempts:
    """The attempts at one request.

    A 429 doesn't count as one as long as other requests succeed, up to a point: then it is this
    request's turn sooner or later.

    Args:
        most: how many at most.
        backoff: seconds before the second one when the server names none; then doubled.
        succeeded_at: tells when a request succeeded last, in monotonic time.
    """

    def __init__(self, most: int, backoff: float, succeeded_at: Callable[[], float]) -> None:
        self._most = most
        self._patience = most * PATIENCE
        self._backoff = backoff
        self._succeeded_at = succeeded_at
        self._begun: list[float] = []
        self._in_vain = 0

    @property
    def others_succeed(self) -> bool:
        """Whether another request succeeded since the attempt before the last one began."""
        return self._succeeded_at() > self._begun[-2:][0]

    def make(self, once: Callable[[], Any]) -> Any:
        """Call `once` until it returns or raises anything but TryAgainError.

        Raises:
            TryAgainError: of the last attempt.
        """

        def counted() -> Any:
            self._begun.append(time.monotonic())
            try:
                return once()
            except TryAgainError as error:
                if not (error.status == TOO_MANY_REQUESTS and self.others_succeed):
                    self._in_vain += 1
                raise

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgainError),
            stop=lambda _: self._in_vain >= self._most or len(self._begun) >= self._patience,
            wait=self._wait,
            before_sleep=log_wait,
            reraise=True,
        )
        return retrying(counted)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgainError) and error.wait is not None:
            return min(error.wait, LONGEST_RETRY_AFTER)
        doubled: float = self._backoff * 2.0 ** min(max(self._in_vain - 1, 0), MOST_DOUBLINGS)
        return min(doubled, LONGEST_WAIT) + tenacity.wait_random(0, self._backoff)(state)


def log_wait(state: tenacity.RetryCallState) -> None:
    """Say what went wrong and when the next attempt follows."""
    error = state.outcome.exception() if state.outcome else None
    logger.warning("%s; next attempt in %.1f s", error, state.upcoming_sleep)
