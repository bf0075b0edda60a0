"""Public programs from the package index, each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

Command = list["Path | str"]


def installed(folder: Path, *packages: str) -> Path:
    """Install packages at pinned versions into a new environment; the folder of its programs."""
    uv = Path(sys.executable).parent / "uv"
    programs = folder / "bin"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", programs / "python", *packages], check=True
    )
    return programs
