"""Time and peak memory of a command."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """Seconds of wall time and megabytes of peak resident memory."""

    seconds: float
    megabytes: float


def measured(command: Sequence[Path | str], stdin: Path, folder: Path) -> Measurement:
    """Run a command once, its input from a file.

    Raises:
        RuntimeError: with the end of its log, when it exits with another code than 0.
    """
    log = folder / "bench.log"
    with stdin.open() as source, log.open("w") as sink:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=sink, stderr=sink, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"{command[0]} exits with {process.returncode}: {log.read_text()[-2000:]}"
        )
    return Measurement(seconds, usage.ru_maxrss / 1024)


def best(times: int, command: Sequence[str | Path], stdin: Path, folder: Path) -> Measurement:
    """The fastest of several runs: what the machine's other work disturbed least."""
    return min((measured(command, stdin, folder) for _ in range(times)), key=lambda m: m.seconds)
