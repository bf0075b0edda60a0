"""Running the sync of many records side by side.

A record's sync is a generator. It decides and stores in the main thread, and yields what it has to
ask of the destination; the driver lets worker threads ask, and resumes the generator with the
answer. So one record's steps keep their order, and the link store is used by one thread.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from linked_target.sync.steps import Call, Read, Write
from linked_target.sync.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from linked_target.destination import DestinationStream
    from linked_target.records import Record
    from linked_target.store.transactions import Transactions
    from linked_target.sync.steps import AnySteps, Request

__all__ = ["Driver", "StopSignal"]

LOOK_UP = 0.5  # seconds between two looks for an error that comes from elsewhere
LONGEST_FAREWELL = 90.0  # seconds to wait for requests under way when the run stops


class StopSignal(BaseException):
    """A signal came: no Exception, since logging would swallow that if it came while it writes."""


@dataclass
class _Job:
    """What a worker does for one generator, or for several that read together."""

    waiting: list[AnySteps]
    call: Call
    shared: bool = False


class Driver:
    """Runs generators, at most a window of them at a time.

    Args:
        transactions: of the link store; what generators store between two waits is one commit.
        max_workers: requests under way at most.
        dry_run: whether writes are only drafted.
    """

    def __init__(
        self, transactions: Transactions, *, max_workers: int = 1, dry_run: bool = False
    ) -> None:
        self.dry_run = dry_run
        self._transactions = transactions
        self._max_workers = max_workers
        self._workers = Workers(max_workers)
        self._open = 0
        self._reads: dict[DestinationStream, deque[tuple[AnySteps, str]]] = {}
        self._ready: dict[str, deque[_Job]] = {}
        self._under_way: dict[str, int] = defaultdict(int)
        self._alone: set[str] = set()
        self._beside: dict[str, int] = defaultdict(int)
        self._error: BaseException | None = None
        self._running = False

    def stop(self, error: BaseException) -> None:
        """Let `run` raise an error as soon as the answers under way are stored.

        For signals: raised just anywhere, the error could make an answer vanish.

        Raises:
            BaseException: the error, at once, where nothing is running.
        """
        if not self._running:
            raise error
        self._error = self._error or error

    def run(self, tasks: Iterable[AnySteps]) -> None:
        """Run all generators to their end.

        Args:
            tasks: generators; they are taken as there is room for them.

        Raises:
            BaseException: the first error that a generator let through. No further request is
                sent then; the answers of those under way are still stored.
        """
        waiting = iter(tasks)
        self._running = True
        try:
            self._run(waiting)
        except BaseException:
            self._take_leave()
            raise
        finally:
            self._running = False

    def close(self) -> None:
        """Let the worker threads go."""
        self._workers.close()

    def _run(self, waiting: Iterator[AnySteps]) -> None:
        finished: list[tuple[_Job, Any, BaseException | None]] = []
        more = True
        while more or self._open:
            with self._transactions.together():
                for job, result, error in finished:
                    self._resume(job, result, error)
                more = more and self._take(waiting)
            self._raise()
            self._dispatch()
            finished = self._wait()

    def _wait(self) -> list[tuple[_Job, Any, BaseException | None]]:
        """Wait for answers, or for an error that comes from elsewhere."""
        while self._workers.busy:
            if finished := self._workers.finished(timeout=LOOK_UP):
                return finished
            self._raise()
        return []

    def _take(self, waiting: Iterator[AnySteps]) -> bool:
        """Begin generators while there is room; whether there may be more."""
        while self._open < self._window and self._error is None:
            steps = next(waiting, None)
            if steps is None:
                return False
            self._open += 1
            self._advance(steps, partial(next, steps))
        return True

    @property
    def _window(self) -> int:
        """Open generators; a record must not wait long between being read and being written."""
        return max(2 * self._max_workers, 20)

    def _advance(self, steps: AnySteps, resume: Callable[[], Request]) -> None:
        """Let a generator go on to its next request, or to its end."""
        while True:
            try:
                request = resume()
            except StopIteration:
                self._open -= 1
                return
            except BaseException as error:  # noqa: BLE001 - raised again by `_raise`
                self._open -= 1
                self._error = self._error or error
                return
            if not (self.dry_run and isinstance(request, Write)):
                self._enqueue(steps, request)
                return
            resume = _resumption(steps, *_outcome(request.draft))

    def _enqueue(self, steps: AnySteps, request: Request) -> None:
        if isinstance(request, Read):
            self._reads.setdefault(request.stream, deque()).append((steps, request.record_id))
        else:
            self._ready.setdefault(request.writer, deque()).append(_Job([steps], request))

    def _resume(self, job: _Job, result: Any, error: BaseException | None) -> None:
        self._under_way[job.call.writer] -= 1
        self._leave(job.call)
        results = result if job.shared and error is None else [result] * len(job.waiting)
        for steps, each in zip(job.waiting, results, strict=True):
            failed = each if job.shared and isinstance(each, RecordRefused) else error
            self._advance(steps, _resumption(steps, each, failed))

    def _dispatch(self) -> None:
        """Give work to the threads that are free."""
        self._group_reads()
        while self._workers.busy < self._max_workers and (job := self._next_job()):
            self._under_way[job.call.writer] += 1
            self._enter(job.call)
            self._workers.begin(job, job.call.action)
        if not self._workers.busy and self._open:
            raise RuntimeError(f"{self._open} records wait for nothing")

    def _group_reads(self) -> None:
        """Make calls of reads; a call that is not full waits while anything else can be done."""
        idle = not self._workers.busy and not any(self._ready.values())
        for stream, queue in self._reads.items():
            most = stream.reads_at_once
            while len(queue) >= most or (queue and idle):
                group = [queue.popleft() for _ in range(min(most, len(queue)))]
                ids = [record_id for _, record_id in group]
                call = Call(partial(_read, stream, ids))
                job = _Job([steps for steps, _ in group], call, shared=True)
                self._ready.setdefault("", deque()).appendleft(job)

    def _next_job(self) -> _Job | None:
        """The next call of the writer with the fewest under way, who has no more than a share."""
        writers = [writer for writer, jobs in self._ready.items() if jobs]
        active = {*writers, *(writer for writer, count in self._under_way.items() if count)}
        share = max(1, self._max_workers // max(len(active), 1))
        for writer in sorted(writers, key=lambda each: self._under_way[each]):
            if self._under_way[writer] >= share:
                continue
            jobs = self._ready[writer]
            for position, job in enumerate(jobs):
                if self._may_begin(job.call):
                    del jobs[position]
                    return job
        return None

    def _may_begin(self, call: Call) -> bool:
        if call.alone is not None and (call.alone in self._alone or self._beside[call.alone]):
            return False
        return call.beside is None or call.beside not in self._alone

    def _enter(self, call: Call) -> None:
        if call.alone is not None:
            self._alone.add(call.alone)
        if call.beside is not None:
            self._beside[call.beside] += 1

    def _leave(self, call: Call) -> None:
        if call.alone is not None:
            self._alone.discard(call.alone)
        if call.beside is not None:
            self._beside[call.beside] -= 1

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _take_leave(self) -> None:
        """Store what the requests under way lead to; drop everything else."""
        self._reads.clear()
        self._ready.clear()
        while self._workers.busy:
            finished = self._workers.finished(timeout=LONGEST_FAREWELL)
            if not finished:
                break
            with self._transactions.together():
                for job, result, error in finished:
                    self._resume(job, result, error)
        self._reads.clear()
        self._ready.clear()
        self._open = 0
        self._error = None


def _read(stream: DestinationStream, record_ids: list[str]) -> list[Record | RecordRefused]:
    return stream.get_many(record_ids)


def _outcome(action: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return action(), None
    except Exception as error:  # noqa: BLE001 - raised in the generator
        return None, error


def _resumption(steps: AnySteps, result: Any, error: BaseException | None) -> Callable[[], Request]:
    if error is not None:
        return partial(steps.throw, error)
    return partial(steps.send, result)
