"""Tables, and the page that keeps them."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Table:
    """What was measured, one case beside the other.

    Attributes:
        cases: headings of the columns.
        rows: name of a quantity, and its value in each case.
    """

    cases: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [["", *self.cases], ["---", *["---:"] * len(self.cases)]]
        lines += [[name, *values] for name, values in self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    """The day and the machine, for people to judge the numbers by."""
    cores = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{datetime.now(timezone.utc):%F}, {cores}"


def keep(page: Path, section: str, text: str) -> None:
    """Put a text between the markers of a section.

    Raises:
        ValueError: when the page has no such markers.
    """
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    head, begun, rest = page.read_text().partition(begin)
    _, ended, tail = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{page.name} has no markers for '{section}'")
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}")


def seconds(value: float) -> str:
    """Wall time for a table."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def at_most(value: float, limit: float) -> str:
    """A ratio that should be small, with its limit."""
    return f"{value:.2f} (at most {limit})"


def at_least(value: float, limit: float) -> str:
    """A ratio that should be large, with its limit."""
    return f"{value:.1f} (at least {limit})"
