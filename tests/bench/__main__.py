"""`python -m tests.bench [NAME ...]`: measure, print, keep the tables in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import (
    looking,
    peer,
    quota,
    report_page,
    rounds,
    store,
    tap_idle,
    tap_interrupted,
    tap_latency,
    tap_millisecond,
    tap_quota,
    tap_records,
    unchanged,
)
from tests.bench.report import keep, machine
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.report import Table

PAGE = PROJECT / "docs" / "benchmarks.md"
SECTIONS: dict[str, Callable[[Path], Table]] = {
    "quota": quota.measure,
    "peer": peer.measure,
    "unchanged": unchanged.measure,
    "store": store.measure,
    "status": looking.measure,
    "report": report_page.measure,
    "rounds": rounds.measure,
    "tap-records": tap_records.measure,
    "tap-latency": tap_latency.measure,
    "tap-idle": tap_idle.measure,
    "tap-millisecond": tap_millisecond.measure,
    "tap-interrupted": tap_interrupted.measure,
    "tap-quota": tap_quota.measure,
}
GROUPS = {"taps": [name for name in SECTIONS if name.startswith("tap-")]}


def main() -> None:
    """Measure the sections that are named, or all of them."""
    known = ", ".join([*SECTIONS, *GROUPS])
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=known)
    said = parser.parse_args().names or list(SECTIONS)
    names = [name for each in said for name in GROUPS.get(each, [each])]
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section '{unknown[0]}': choose from {known}")
    for name in names:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            table = SECTIONS[name](Path(folder)).markdown()
        text = f"{machine()}:\n\n{table}"
        keep(PAGE, name, text)
        print(f"## {name}\n\n{text}\n\n({time.perf_counter() - begun:.0f} s)\n", flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
