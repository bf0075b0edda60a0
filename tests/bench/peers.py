"""Public programs to compare with, each in an environment of its own, at a pinned version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

JSONL = "target-jsonl==0.1.4"
HOTGLUE = "hotglue-singer-sdk==1.0.51"

Command = list["Path | str"]


def jsonl_target(folder: Path) -> Command:
    """The public target that validates records and writes them to files."""
    return [_environment(folder / "jsonl", JSONL) / "target-jsonl"]


def hotglue_target(folder: Path) -> Command:
    """A target on the public SDK whose sinks POST record by record."""
    python = _environment(folder / "hotglue", HOTGLUE) / "python"
    return [python, Path(__file__).parent / "hotglue_target.py"]


def _environment(folder: Path, package: str) -> Path:
    """Install a package into a new environment; return the folder of its programs."""
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "-q", folder], check=True)
    programs = folder / "bin"
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", programs / "python", package], check=True
    )
    return programs
