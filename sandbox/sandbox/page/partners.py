"""Which records belong together, as the sync's link store has it.

The sandbox knows nothing of the sync but these columns of the table `links` in an SQLite file:
`a_system`, `a_stream`, `a_id`, `b_system`, `b_stream`, `b_id` and `gone`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.page.sections import Section

__all__ = ["Partners", "partners_in"]

_PAIRS = (
    "SELECT a_stream, a_id, b_stream, b_id FROM links WHERE a_system = 'crmoffice' AND"
    " b_system = 'trello' AND a_id IS NOT NULL AND b_id IS NOT NULL AND gone IS NULL"
)
_PATIENCE = 2.0  # seconds that a sync may keep the file to itself


@dataclass(frozen=True)
class Partners:
    """What belongs together.

    Attributes:
        unknown: why nothing is known of that, as a sentence; empty if it is known.
        pairs: by the two streams, the id in Trello by the id in CRMOffice.
    """

    unknown: str = ""
    pairs: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def of(self, section: Section) -> Mapping[str, str]:
        """The ids in Trello by those in CRMOffice."""
        return self.pairs.get((section.crmoffice.stream, section.trello.stream), {})

    def elsewhere(self, section: Section) -> set[str]:
        """The ids in Trello of the same stream that belong to records of another section."""
        stream = section.trello.stream
        own = (section.crmoffice.stream, stream)
        return {
            trello_id
            for streams, ids in self.pairs.items()
            if streams[1] == stream and streams != own
            for trello_id in ids.values()
        }


def partners_in(links: Path | None) -> Partners:
    """Read what belongs together; the file is never changed."""
    if links is None:
        return Partners("The sandbox was started without the option --links.")
    if not links.is_file():
        return Partners("Nothing has been synced yet.")
    try:
        address = f"{links.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as connection:
            rows = connection.execute(_PAIRS).fetchall()
    except sqlite3.Error as error:
        return Partners(f"The file of links can't be read: {error}.")
    pairs: dict[tuple[str, str], dict[str, str]] = {}
    for crm_stream, crm_id, trello_stream, trello_id in rows:
        pairs.setdefault((crm_stream, trello_stream), {})[crm_id] = trello_id
    return Partners(pairs=pairs)
