"""Starting a sandbox in the background, finding it again, and stopping exactly that one."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from sandbox.control_client import ControlError, ask
from sandbox.server import HOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.page.setup import PageSetup

_PATIENCE = 15.0
_PAUSE = 0.05
_ANSWER_SECONDS = 2.0


class DaemonError(Exception):
    """A sandbox can't be started or stopped; the message says why."""


@dataclass(frozen=True)
class Running:
    """A sandbox that runs in the background.

    Attributes:
        pid: its process.
        port: where it answers on the loopback address.
    """

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"


def find(data: Path) -> Running | None:
    """Return the sandbox of a folder, if its own process answers at its port."""
    try:
        noted = Running(**json.loads(_note(data).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return noted if _pid_at(noted.port) == noted.pid else None


def start(data: Path, port: int, setup: PageSetup) -> tuple[Running, bool]:
    """Start a sandbox unless one runs already; wait until it answers.

    Args:
        data: the folder of its state.
        port: where it is to answer.
        setup: of its page; one that runs already keeps its own.

    Returns:
        The sandbox, and whether it was started now.

    Raises:
        DaemonError: the port is taken, or the sandbox does not answer in time.
    """
    running = find(data)
    if running is not None:
        return running, False
    if _pid_at(port) is not None:
        raise DaemonError(f"a sandbox of another folder answers at port {port}: choose another")
    data.mkdir(parents=True, exist_ok=True)
    process = _spawn(data, port, setup)
    if not _wait(lambda: _pid_at(port) == process.pid or process.poll() is not None):
        process.terminate()
        raise DaemonError(f"the sandbox does not answer; see {_log(data)}")
    if process.poll() is not None:
        raise DaemonError(_last_line(data))
    running = Running(process.pid, port)
    _note(data).write_text(json.dumps(asdict(running)))
    # The process outlives this one on purpose; Popen would warn about that.
    process.returncode = 0
    return running, True


def stop(data: Path) -> Running | None:
    """Stop the sandbox of a folder; return it, None where none runs.

    Raises:
        DaemonError: it does not end in time.
    """
    running = find(data)
    if running is not None:
        os.kill(running.pid, signal.SIGTERM)
        if not _wait(lambda: not _alive(running.pid)):
            raise DaemonError(f"process {running.pid} does not end")
    _note(data).unlink(missing_ok=True)
    return running


def call(running: Running, method: str, path: str, body: dict[str, object] | None = None) -> Any:
    """Call a control route of a running sandbox."""
    return ask((HOST, running.port), method, path, body)


def _spawn(data: Path, port: int, setup: PageSetup) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox", "serve", "--data", str(data), "--port", str(port)]
    command += ["--sync", shlex.join(setup.sync)]
    if setup.links is not None:
        command += ["--links", str(setup.links)]
    with _log(data).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - its own interpreter
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _pid_at(port: int) -> int | None:
    """Return the process id that the sandbox at a port tells; None without one."""
    try:
        return int(ask((HOST, port), "GET", "/status", timeout=_ANSWER_SECONDS)["pid"])
    except (OSError, HTTPException, ControlError, ValueError, KeyError, TypeError):
        return None


def _wait(reached: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _alive(pid: int) -> bool:
    try:
        # Takes note of a child that ended; another's child is none of ours.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(data: Path) -> str:
    lines = _log(data).read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the sandbox ended at once"


def _note(data: Path) -> Path:
    return data / "sandbox.json"


def _log(data: Path) -> Path:
    return data / "sandbox.log"
