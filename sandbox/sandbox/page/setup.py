"""What a sandbox is told at its start about the sync that it is there for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PageSetup"]


@dataclass(frozen=True)
class PageSetup:
    """What the page can do beyond showing and editing records.

    Attributes:
        sync: the command that the button runs, word by word; empty for no button.
        links: the SQLite file of the sync's link store, which tells what belongs together.
        limit: seconds after which the command is ended.
    """

    sync: tuple[str, ...] = ()
    links: Path | None = None
    limit: float = 900
