"""`python measured_program.py REPORT PROGRAM ...`: run a program, note time and peak memory.

A process inherits the peak memory of the one that started it. This one is small, and imports as
little as it can.
"""

from __future__ import annotations

import os
import sys
import time


def main() -> int:
    """Return the program's exit code; write what it took into the report."""
    report, *command = sys.argv[1:]
    begun = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
    taken = time.perf_counter() - begun
    unit = 1024**2 if sys.platform == "darwin" else 1024
    with open(report, "w") as file:  # noqa: PTH123 - pathlib is large
        file.write(f"{taken} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / unit}")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
