"""Where a sandbox of a test runs: in a thread of the same process, or in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

from sandbox.server import bound_socket, make_server

if TYPE_CHECKING:
    from pathlib import Path

    import uvicorn

    from sandbox.page.setup import PageSetup
    from sandbox.world import Seed

_PATIENCE = 15.0


class Host(Protocol):
    """Runs one sandbox."""

    def start(self, data: Path, seed: Seed, setup: PageSetup) -> int:
        """Return the port, once the sandbox answers (RuntimeError if it does not)."""

    def stop(self) -> None:
        """End the sandbox; its state is closed then."""


class ThreadHost:
    """A thread: there within a quarter of a second, but it shares Python's lock with the test."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, data: Path, seed: Seed, setup: PageSetup) -> int:
        """Return the port, once the sandbox answers (RuntimeError if it does not)."""
        listening = bound_socket(0)
        port: int = listening.getsockname()[1]
        server = self._server = make_server(data, seed, setup)
        sockets = {"sockets": [listening]}
        self._thread = threading.Thread(target=server.run, kwargs=sockets, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.002)
        return port

    def stop(self) -> None:
        """End the sandbox; its state is closed then."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_PATIENCE)


class ProcessHost:
    """A process, which ends when its input does: at the latest with the process that began it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self, data: Path, seed: Seed, setup: PageSetup) -> int:
        """Return the port, once the sandbox answers (RuntimeError if it does not)."""
        command = [sys.executable, "-m", "sandbox.attached", str(data), seed]
        command += ["" if setup.links is None else str(setup.links), str(setup.limit), *setup.sync]
        self._process = subprocess.Popen(  # noqa: S603 - its own interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        told = self._process.stdout.readline() if self._process.stdout else ""
        if not told.strip().isdecimal():
            self.stop()
            raise RuntimeError("the sandbox did not start")
        return int(told)

    def stop(self) -> None:
        """End the sandbox; its state is closed then."""
        process = self._process
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
