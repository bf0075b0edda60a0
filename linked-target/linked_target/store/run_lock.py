"""One run at a time: the lock that a run holds on a link store while it works with it.

The lock is a row, so that it works wherever the store lies. Its holder renews it every few
seconds. A holder that died leaves its row, and the next run takes it over. Should the holder live
on after all, e.g. since its machine had slept, `check` keeps it from committing anything more.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa
from singer_rest import PluginError, StopRun

from linked_target.store import tables
from linked_target.store.holder import Holder, holders, new_holder

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy.engine import Engine
    from typing_extensions import Self

__all__ = ["RunLock"]

RENEW_EVERY = timedelta(seconds=5)
RENEW_AT_CHECK = timedelta(seconds=15)
"""A lease so old is renewed by the transaction that checks it: its thread may be locked out."""

logger = logging.getLogger(__name__)


class RunLock:
    """The right to work with the links between two systems.

    Runs between the same two systems exclude each other, except two runs of the same direction
    that name different shards.

    Args:
        engine: of an open link store.
        systems: names of the source and the destination; None for the whole store.
        direction: any text that is the same for runs of the same direction.
        shard: name of the part of the direction that this run is about, if it is not about all.
        started_at: when the run's input may first have been read, aware; None if it has no input.
        program: what messages call this process; by default the name of its executable.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        systems: tuple[str, str] | None,
        direction: str,
        shard: str | None = None,
        started_at: datetime | None = None,
        program: str | None = None,
    ) -> None:
        self._engine = engine
        self._systems = systems
        self._direction = direction
        self._shard = shard
        self._started_at = started_at
        self._program = program
        self._holder: Holder | None = None
        self._renewing: _Renewing | None = None

    def acquire(self) -> None:
        """Take the lock, if need be from a dead holder.

        Raises:
            StopRun: when another run holds it, or when one ended after this one's input was read.
        """
        with self._engine.begin() as connection:
            _be_alone(connection)
            holder = new_holder(self._systems, self._direction, self._shard, self._program)
            for other in holders(connection):
                if other.excludes(holder):
                    self._take_over(connection, other)
            self._refuse_old_input(connection)
            connection.execute(tables.run_locks.insert().values(**asdict(holder)))
        self._holder = holder
        self._renewing = _Renewing(self._engine, holder)
        self._renewing.start()

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held.

        A store that fails meanwhile is no error: the lock ends by itself after a minute.
        """
        holder, self._holder = self._holder, None
        if holder is None:
            return
        if self._renewing is not None:
            self._renewing.stop()
        try:
            with self._engine.begin() as connection:
                connection.execute(tables.run_locks.delete().where(_is(holder)))
        except (PluginError, sa.exc.SQLAlchemyError) as error:
            logger.warning("the lock on the link store stays for a minute: %s", error)

    def check(self, connection: sa.Connection) -> None:
        """Make sure that the lock is still ours; called just before a commit.

        Until the end of the connection's transaction nobody can take it over: SQLite lets no
        other writer in once something was written, other databases lock the row.

        Raises:
            StopRun: when it is not; the transaction must not be committed.
        """
        holder = self._holder
        renewed_at = None
        if holder is not None:
            query = (
                sa.select(tables.run_locks.c.renewed_at)
                .where(_is(holder))
                .with_for_update(read=True, key_share=True)
            )
            renewed_at = connection.scalar(query)
        if holder is None or renewed_at is None:
            raise StopRun(
                "this run has lost its lock on the link store: another one took it for dead, since "
                "it gave no sign of life for a minute; run it again"
            )
        if datetime.now(timezone.utc) - renewed_at > RENEW_AT_CHECK:
            _renew(connection, holder)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _take_over(self, connection: sa.Connection, other: Holder) -> None:
        """Remove a dead holder.

        Raises:
            StopRun: when it is alive, or was while this run's input was read.
        """
        if other.is_alive(datetime.now(timezone.utc)) or not _removed(connection, other):
            raise StopRun(
                f"another run ({other}) uses this link store: wait for its end (links wait), "
                "then run again"
            )
        if self._started_at is not None and other.renewed_at > self._started_at:
            raise _input_is_old(f"a run that died ({other})", other.renewed_at)
        logger.warning("the lock of a run that died is taken over: %s", other)

    def _refuse_old_input(self, connection: sa.Connection) -> None:
        """Make sure that no run ended since this one's input was read.

        Raises:
            StopRun: when one did.
        """
        if self._started_at is None or self._systems is None:
            return
        runs = tables.runs.c
        newer = sa.select(runs.source, runs.destination, runs.ended_at).where(
            runs.source.in_(self._systems),
            runs.destination.in_(self._systems),
            runs.ended_at > self._started_at,
        )
        if self._shard is not None:
            source, destination = self._systems
            same_direction = sa.and_(runs.source == source, runs.destination == destination)
            other_shard = sa.func.coalesce(runs.shard, self._shard) != self._shard
            newer = newer.where(sa.not_(sa.and_(same_direction, other_shard)))
        run = connection.execute(newer.order_by(runs.ended_at.desc()).limit(1)).first()
        if run is not None:
            raise _input_is_old(f"the run from {run.source} to {run.destination}", run.ended_at)


class _Renewing(threading.Thread):
    """Renews a lease until it is stopped, or until the lease is gone.

    A renewal that fails is tried again; `RunLock.check` finds out if they all did.
    """

    def __init__(self, engine: Engine, holder: Holder) -> None:
        super().__init__(name="lease of the link store", daemon=True)
        self._engine = engine
        self._holder = holder
        self._stopped = threading.Event()

    def run(self) -> None:
        """Work until the end."""
        while not self._stopped.wait(RENEW_EVERY.total_seconds()) and self._is_ours():
            pass

    def _is_ours(self) -> bool:
        """Whether the lock is still held, as far as can be told; if so, it is renewed."""
        try:
            with self._engine.begin() as connection:
                return _renew(connection, self._holder)
        except (PluginError, sa.exc.SQLAlchemyError) as error:
            logger.debug("the lock on the link store is not renewed now: %s", error)
            return True

    def stop(self) -> None:
        """End; a renewal that waits for another writer is not waited for."""
        self._stopped.set()
        self.join(timeout=1)


def _input_is_old(run: str, ended_at: datetime) -> StopRun:
    return StopRun(
        f"{run} worked with this link store until {ended_at:%F %T} UTC, after this one began to "
        "read: what it read may be older than what that run wrote; run it again"
    )


def _be_alone(connection: sa.Connection) -> None:
    """Let no other process in here before the end of the transaction.

    The row is locked by being written, in every database; a plain read would not do that.
    """
    version = tables.store_version.c.version
    connection.execute(tables.store_version.update().values(version=version))


def _removed(connection: sa.Connection, holder: Holder) -> bool:
    """Remove a holder that did not move since it was read; whether it was removed."""
    unmoved = tables.run_locks.c.renewed_at == holder.renewed_at
    deleted = connection.execute(tables.run_locks.delete().where(_is(holder), unmoved))
    return deleted.rowcount == 1


def _renew(connection: sa.Connection, holder: Holder) -> bool:
    """Write a sign of life; whether the lock was still the holder's."""
    renewed = connection.execute(
        tables.run_locks.update().where(_is(holder)).values(renewed_at=datetime.now(timezone.utc))
    )
    return renewed.rowcount == 1


def _is(holder: Holder) -> sa.ColumnElement[bool]:
    return tables.run_locks.c.token == holder.token
