"""The SDK's metrics of the requests that a stream makes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from singer_sdk import metrics

if TYPE_CHECKING:
    from singer_rest.endpoints import Answered

__all__ = ["RequestMeter"]

FIRST_ERROR = 400  # HTTP status


class RequestMeter:
    """Counts a stream's requests by endpoint and status, like the SDK's RESTStream.

    The log gets an `http_request_count` of each once a minute and at the end.

    Set it as the `observer` of a client. Any number of threads may call it.

    Args:
        stream: name of the stream.
        in_detail: whether the log also gets an `http_request_duration` of each request. A long read
            has thousands of them.
    """

    def __init__(self, stream: str, *, in_detail: bool = False) -> None:
        self._stream = stream
        self._in_detail = in_detail
        self._logger = metrics.get_metrics_logger()
        self._counting = threading.Lock()
        self._counters: dict[tuple[str, int], metrics.Counter] = {}

    def __call__(self, answered: Answered) -> None:
        """Count a request that was answered."""
        if self._in_detail:
            metrics.log(self._logger, self._duration(answered))
        key = (answered.endpoint, answered.status)
        with self._counting:
            if key not in self._counters:
                self._counters[key] = metrics.http_request_counter(
                    self._stream, answered.endpoint, http_status_code=answered.status
                )
            self._counters[key].increment()

    def close(self) -> None:
        """Tell what was counted since it was told last."""
        with self._counting:
            for counter in self._counters.values():
                if counter.value:
                    counter.exit()

    def _duration(self, answered: Answered) -> metrics.Point[float]:
        failed = answered.status >= FIRST_ERROR
        return metrics.Point(
            "timer",
            metrics.Metric.HTTP_REQUEST_DURATION,
            answered.seconds,
            {
                metrics.Tag.STREAM: self._stream,
                metrics.Tag.ENDPOINT: answered.endpoint,
                metrics.Tag.HTTP_STATUS_CODE: answered.status,
                metrics.Tag.STATUS: metrics.Status.FAILED if failed else metrics.Status.SUCCEEDED,
            },
        )
