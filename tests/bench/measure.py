"""Time and peak memory of commands."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

ROUNDS = 3


@dataclass(frozen=True)
class Measurement:
    """Seconds of wall time and megabytes of peak resident memory."""

    seconds: float
    megabytes: float


def best(measure: Callable[[], Measurement]) -> Measurement:
    """The fastest of several runs: the one that the machine's other work disturbed least."""
    return min((measure() for _ in range(ROUNDS)), key=lambda each: each.seconds)


def measured(command: Sequence[Path | str], stdin: Path, folder: Path) -> Measurement:
    """Run a command once, its input from a file.

    Raises:
        RuntimeError: with the end of its log, when it exits with another code than 0.
    """
    log = folder / "bench.log"
    with stdin.open() as source, log.open("w") as sink:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=sink, stderr=sink, cwd=folder)
        megabytes = _finished(process, log)
        return Measurement(time.perf_counter() - begun, megabytes)


def piped(first: Sequence[Path | str], second: Sequence[Path | str], folder: Path) -> Measurement:
    """Run two commands, the output of the first into the second; the memory is the second's.

    Raises:
        RuntimeError: when either exits with another code than 0.
    """
    logs = folder / "first.log", folder / "second.log"
    with logs[0].open("w") as one, logs[1].open("w") as other:
        begun = time.perf_counter()
        source = subprocess.Popen(first, stdout=subprocess.PIPE, stderr=one, cwd=folder)
        sink = subprocess.Popen(second, stdin=source.stdout, stdout=other, stderr=other, cwd=folder)
        if source.stdout is not None:
            source.stdout.close()
        megabytes = _finished(sink, logs[1])
        _finished(source, logs[0])
        return Measurement(time.perf_counter() - begun, megabytes)


def _finished(process: subprocess.Popen[bytes], log: Path) -> float:
    """Wait for a process; return its peak memory in megabytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told = log.read_text()[-2000:]
        raise RuntimeError(f"a command exits with {process.returncode}: {told}")
    return usage.ru_maxrss / 1024
