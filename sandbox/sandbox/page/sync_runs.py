"""Running the command that syncs, one run at a time, and what the last one moved."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from sandbox.page.moved import Moved, moved_since, remember

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.page.setup import PageSetup
    from sandbox.world import World

__all__ = ["SyncRefused", "SyncReport", "SyncRuns"]

LOG_FILE = "sync.log"
_LOG_LINES = 20
_LOG_BYTES = 16_384
_GRACE = 5.0  # seconds that a command has to end when it is asked to
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class SyncRefused(Exception):
    """No run can begin now; the message says why."""


@dataclass(frozen=True)
class SyncReport:
    """How the last run stands.

    Attributes:
        running: whether it still goes on.
        seconds: how long it took, so far.
        exit_code: of the command; None while it runs, or if it did not end by itself.
        trouble: why the command did not end by itself; empty if it did.
        moved: what is not as it was before; empty while it runs.
        log: the last lines of what the command said.
    """

    running: bool
    seconds: float
    exit_code: int | None = None
    trouble: str = ""
    moved: list[Moved] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


class SyncRuns:
    """Runs of one command, which is fixed when the sandbox starts.

    Args:
        world: whose records the command moves.
        setup: with the command, and its time limit.
        folder: where the log of the last run is kept.
    """

    def __init__(self, world: World, setup: PageSetup, folder: Path) -> None:
        self._world = world
        self._setup = setup
        self._log = folder / LOG_FILE
        self._task: asyncio.Task[None] | None = None
        self._began = 0.0
        self._resets = 0
        self._ended: SyncReport | None = None

    @property
    def running(self) -> bool:
        """Whether a run goes on."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin a run.

        Raises:
            SyncRefused: one goes on, or there is no command.
        """
        if not self._setup.sync:
            raise SyncRefused("The sandbox was started without the option --sync.")
        if self.running:
            raise SyncRefused("A sync is running already.")
        remember(self._world.store)
        self._ended, self._began = None, time.monotonic()
        self._resets = self._world.resets
        self._task = asyncio.create_task(self._run())

    def report(self) -> SyncReport | None:
        """How the last run stands; None if there was none since the start or the last reset."""
        if self.running:
            return SyncReport(True, time.monotonic() - self._began, log=self._last_lines())
        return self._ended if self._resets == self._world.resets else None

    async def end(self) -> None:
        """End a run that goes on, with all processes that it started."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        exit_code, trouble = None, ""
        try:
            exit_code = await self._command()
        except asyncio.TimeoutError:  # before OSError, which it is one of since Python 3.11
            trouble = f"The command was ended after {self._setup.limit:g} seconds."
        except OSError as error:
            trouble = f"The command can't be started: {error.strerror}."
        self._ended = SyncReport(
            False,
            time.monotonic() - self._began,
            exit_code,
            trouble,
            moved_since(self._world.store),
            self._last_lines(),
        )

    async def _command(self) -> int:
        with self._new_log() as log:
            process = await asyncio.create_subprocess_exec(
                *self._setup.sync,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            return await asyncio.wait_for(process.wait(), self._setup.limit)
        finally:
            await _end_group(process)

    def _new_log(self) -> BinaryIO:
        self._log.touch(mode=0o600)
        return self._log.open("wb")

    def _last_lines(self) -> list[str]:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return []
        return _COLOUR.sub("", text).splitlines()[-_LOG_LINES:]


async def _end_group(process: asyncio.subprocess.Process) -> None:
    """End a command and everything that it started, if it still runs."""
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return
