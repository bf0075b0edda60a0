"""Public programs to compare with, each in an environment of its own, at a pinned version."""

from __future__ import annotations

from pathlib import Path

from tests.public_programs import Command, installed

__all__ = ["HOTGLUE", "JSONL", "TRELLO", "Command", "hotglue_target", "jsonl_target", "trello_tap"]

JSONL = "target-jsonl==0.1.4"
HOTGLUE = "hotglue-singer-sdk==1.0.51"
TRELLO = "tap-trello==1.1.3"


def jsonl_target(folder: Path) -> Command:
    """The public target that validates records and writes them to files."""
    return [installed(folder / "jsonl", JSONL) / "target-jsonl"]


def hotglue_target(folder: Path) -> Command:
    """A target on the public SDK whose sinks POST record by record."""
    python = installed(folder / "hotglue", HOTGLUE) / "python"
    return [python, Path(__file__).parent / "hotglue_target.py"]


def trello_tap(folder: Path) -> Command:
    """The public tap for Trello."""
    python = installed(folder / "tap-trello", TRELLO) / "python"
    return [python, Path(__file__).parent / "trello_peer.py"]
