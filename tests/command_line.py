"""Running the plugins as commands, as Meltano does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TIME_LIMIT = 120  # seconds


def run_plugin(
    name: str, config: dict[str, Any], folder: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a plugin with a config file in `folder`; return its exit code and output."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(config))
    return subprocess.run(
        [BIN / name, "--config", path, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        cwd=folder,
        check=False,
    )


def browser_in(folder: Path) -> str:
    """A value of the variable BROWSER: it visits an address, and whatever that redirects to."""
    script = folder / "browser.py"
    script.write_text("import sys, requests\nrequests.get(sys.argv[1], timeout=60)\n")
    return f"{sys.executable} {script} %s"


def errors_of(result: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of level ERROR that a plugin logged."""
    return [line for line in result.stderr.splitlines() if "| ERROR " in line]
