"""Streams that show how far they are, and whose requests are measured."""

from __future__ import annotations

import logging
from abc import ABC
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from singer_sdk import Stream, metrics

from singer_rest.computed_once import computed_once
from singer_rest.live_line import terminal_of_a_person
from singer_rest.progress import Progress
from singer_rest.request_meter import RequestMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

    from typing_extensions import Self

    from singer_rest.client import RestClient

__all__ = ["WatchedStream"]


class WatchedStream(Stream, ABC):
    """A stream whose sync shows its progress and tells the SDK's metrics of its requests.

    Records are counted without further ado. `get_records` tells `progress` which part it reads::

        self.progress.begin("boards", total=len(boards))
        for board in boards:
            yield from self.records_of(board)
            self.progress.advance()

    There is something to see where the log level is INFO; at DEBUG also how long each request took.
    """

    @property
    def measured_clients(self) -> Iterable[RestClient]:
        """The clients whose requests are this stream's while it is read."""
        return ()

    @computed_once
    def progress(self) -> Progress:
        """How far the read of this stream is."""
        is_wanted = self.logger.isEnabledFor(logging.INFO)
        return Progress(self.name, self.log, terminal=terminal_of_a_person() if is_wanted else None)

    def get_record_counter(
        self, *, endpoint: str | None = None, log_interval: float = metrics.DEFAULT_LOG_INTERVAL
    ) -> metrics.Counter:
        """The SDK's counter, which is in use from the begin of a sync to its end."""
        counter = super().get_record_counter(endpoint=endpoint, log_interval=log_interval)
        return SyncCounter(counter, self._watched(), self.progress.count)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        meter = RequestMeter(self.name, in_detail=self.logger.isEnabledFor(logging.DEBUG))
        with self.progress, ExitStack() as measured:
            measured.callback(meter.close)
            for client in self.measured_clients:
                measured.callback(setattr, client, "observer", client.observer)
                client.observer = meter
            yield


class SyncCounter(metrics.Counter):
    """A counter of records that passes on when it begins, counts and ends.

    Args:
        counter: the one whose place it takes.
        watched: entered with it.
        count: called with the number of further records.
    """

    def __init__(
        self,
        counter: metrics.Counter,
        watched: AbstractContextManager[None],
        count: Callable[[int], None],
    ) -> None:
        super().__init__(counter.metric, counter.tags, counter.log_interval)
        self._watched = watched
        self._count = count

    def __enter__(self) -> Self:
        """Begin."""
        self._watched.__enter__()
        return super().__enter__()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End, whether the sync succeeded or not."""
        self._watched.__exit__(exc_type, exc_val, exc_tb)
        super().__exit__(exc_type, exc_val, exc_tb)

    def increment(self, value: int = 1) -> None:
        """Count records."""
        super().increment(value)
        self._count(value)
