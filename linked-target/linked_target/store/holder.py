"""Who holds the lock of a link store: a process with a lease, alive or dead.

A lease is written in the UTC of the holder's machine and judged by that of the reader's. Machines
that share a store must agree on the time to some seconds, as NTP makes them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Engine

__all__ = ["LEASE", "Holder", "holders", "live_holders", "new_holder", "wait_until_free"]

LEASE = timedelta(seconds=60)
"""A holder that did not renew its lease for so long counts as dead."""
LOOK_EVERY = 0.5
"""Seconds between two looks whether the store is free."""


@dataclass(frozen=True)
class Holder:
    """A process that holds the lock.

    Attributes:
        token: random; no two locks have the same.
        a_system: the first of the two systems in alphabetical order; None for the whole store.
        b_system: the second.
        direction: any text that is the same for runs of the same direction.
        shard: name of the part of the direction that the run is about, if it is not about all.
        program: e.g. "target-trello".
        host: name of the machine.
        pid: process id.
        pid_space: where that pid means this process; on another host or container it does not.
        since: when it got the lock.
        renewed_at: its last sign of life.
    """

    token: str
    a_system: str | None
    b_system: str | None
    direction: str
    shard: str | None
    program: str
    host: str
    pid: int
    pid_space: str
    since: datetime
    renewed_at: datetime

    def __str__(self) -> str:
        """For messages."""
        return f"{self.program}, pid {self.pid} on {self.host}, since {self.since:%F %T} UTC"

    def is_alive(self, now: datetime) -> bool:
        """Whether it may still be at work."""
        if now - self.renewed_at >= LEASE:
            return False
        return self.pid_space != _pid_space() or _runs(self.pid)

    def excludes(self, other: Holder) -> bool:
        """Whether the two may not be at work at the same time."""
        ours, theirs = (self.a_system, self.b_system), (other.a_system, other.b_system)
        if ours != theirs:
            return self.a_system is None or other.a_system is None
        different_shards = None not in (self.shard, other.shard) and self.shard != other.shard
        return self.direction != other.direction or not different_shards


def new_holder(
    systems: tuple[str, str] | None, direction: str, shard: str | None, program: str | None
) -> Holder:
    """This process as a holder from now on; see `Holder`."""
    a_system, b_system = sorted(systems) if systems else (None, None)
    now = datetime.now(timezone.utc)
    return Holder(
        token=secrets.token_hex(16),
        a_system=a_system,
        b_system=b_system,
        direction=direction,
        shard=shard,
        program=program or Path(sys.argv[0]).name or "python",
        host=socket.gethostname(),
        pid=os.getpid(),
        pid_space=_pid_space(),
        since=now,
        renewed_at=now,
    )


def holders(connection: sa.Connection) -> list[Holder]:
    """Who has a lock, alive or dead, the longest holder first."""
    query = sa.select(tables.run_locks).order_by(tables.run_locks.c.since)
    return [Holder(**row) for row in connection.execute(query).mappings()]


def live_holders(engine: Engine) -> list[Holder]:
    """Who is at work with a store, the longest holder first."""
    with engine.connect() as connection:
        now = datetime.now(timezone.utc)
        return [holder for holder in holders(connection) if holder.is_alive(now)]


def wait_until_free(
    engine: Engine,
    timeout: float | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Holder | None:
    """Wait until nobody is at work with a store.

    Args:
        engine: of an open link store.
        timeout: seconds after which to give up; None for never.
        pause: what to do for some seconds.

    Returns:
        Who still is at work after the timeout.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while at_work := live_holders(engine):
        left = LOOK_EVERY if end is None else min(LOOK_EVERY, end - time.monotonic())
        if left <= 0:
            return at_work[0]
        pause(left)
    return None


@cache
def _pid_space() -> str:
    """Host, boot and pid namespace, as far as the system tells them.

    Two containers may have the same host name and still not see each other's processes.
    """
    parts = [socket.gethostname()]
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    with contextlib.suppress(OSError):  # no Linux: the host name has to do
        parts += [boot.read_text().strip(), str(namespace.readlink())]
    return " ".join(parts)


def _runs(pid: int) -> bool:
    if sys.platform == "win32":  # signal 0 is none there; the lease tells
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as another user
        return True
    return True
