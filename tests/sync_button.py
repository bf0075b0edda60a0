"""`python -m tests.sync_button URL`: press the button of a sandbox's page, as the demo set it up.

Exits with 1 unless the sync succeeds and moves nothing.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import requests

LONGEST = 300  # seconds
PAUSE = 1  # second between two questions


def pressed(url: str) -> dict[str, Any]:
    """Run a sync and return its report (TimeoutError if it does not end)."""
    requests.post(f"{url}/page/sync", timeout=10).raise_for_status()
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        report: dict[str, Any] = requests.get(f"{url}/page/sync", timeout=10).json()["sync"]
        if not report["running"]:
            return report
        time.sleep(PAUSE)
    raise TimeoutError("the sync does not end")


def main() -> None:
    """Press the button."""
    report = pressed(sys.argv[1])
    if report["exit_code"] != 0 or report["moved"]:
        raise SystemExit(f"the button's sync went wrong: {report}")
    sys.stdout.write(f"the button's sync moved nothing in {report['seconds']:.0f} s\n")


if __name__ == "__main__":
    main()
