"""Time and peak memory of commands."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 3
nowhere = Path(os.devnull)


@dataclass(frozen=True)
class Measurement:
    """What a program took.

    Attributes:
        seconds: wall time.
        cpu_seconds: time of all cores that worked for it; a busy machine changes it less.
        megabytes: peak resident memory.
    """

    seconds: float
    cpu_seconds: float
    megabytes: float


def best(*measures: Callable[[], Measurement]) -> list[Measurement]:
    """The fastest of several runs of each: the one that the machine's other work disturbed least.

    They take turns, so that a busy minute disturbs all of them.
    """
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [min(runs, key=lambda run: run.seconds) for runs in zip(*rounds, strict=True)]


def measured(
    command: Sequence[Path | str], stdin: Path, folder: Path, output: Path | None = None
) -> Measurement:
    """Run a command once, its input from a file.

    Args:
        command: the program and its arguments.
        stdin: its input.
        folder: where it runs.
        output: the file for what it prints; its log by default.

    Raises:
        RuntimeError: with the end of its log, when it exits with another code than 0.
    """
    log = folder / "bench.log"
    with stdin.open() as source, log.open("w") as sink, (output or nowhere).open("w") as printed:
        process = subprocess.Popen(
            _watched(command, folder),
            stdin=source,
            stdout=printed if output else sink,
            stderr=sink,
            cwd=folder,
        )
        _finish(process, log)
    return _reported(folder)


def piped(first: Sequence[Path | str], second: Sequence[Path | str], folder: Path) -> Measurement:
    """Run two commands, the output of the first into the second; CPU and memory are the second's.

    Raises:
        RuntimeError: when either exits with another code than 0.
    """
    logs = folder / "first.log", folder / "second.log"
    with logs[0].open("w") as one, logs[1].open("w") as other:
        begun = time.perf_counter()
        source = subprocess.Popen(first, stdout=subprocess.PIPE, stderr=one, cwd=folder)
        sink = subprocess.Popen(
            _watched(second, folder), stdin=source.stdout, stdout=other, stderr=other, cwd=folder
        )
        if source.stdout is not None:
            source.stdout.close()
        _finish(sink, logs[1])
        _finish(source, logs[0])
        return replace(_reported(folder), seconds=time.perf_counter() - begun)


def _watched(command: Sequence[Path | str], folder: Path) -> list[Path | str]:
    program = Path(__file__).parent / "measured_program.py"
    return [sys.executable, "-I", "-S", program, folder / "report.txt", *command]


def _reported(folder: Path) -> Measurement:
    return Measurement(*map(float, (folder / "report.txt").read_text().split()))


def _finish(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.wait():
        told = log.read_text()[-2000:]
        raise RuntimeError(f"a command exits with {process.returncode}: {told}")
