"""Finding the link that somebody means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa
from singer_rest import PluginError

from linked_target.cli.csv_links import End
from linked_target.cli.views import ends_of, link_name
from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["WHICH", "both_ends", "find_link"]

LINK = re.compile(r"L(\d{1,18})")
ONE_WORD, A_RECORD = 1, 3
MOST_TOLD = 5

WHICH: Callable[..., Any] = click.argument("which", nargs=-1, required=True, metavar="WHICH")
"""A link: its name as in `links list`, a record's id, or SYSTEM STREAM ID."""


def find_link(connection: sa.Connection, which: Sequence[str]) -> sa.Row[Any]:
    """The row of the link that is meant.

    Args:
        connection: to an open link store.
        which: the name of a link, e.g. L12; or the id of one of its records; or system, stream and
            id of one.

    Raises:
        PluginError: when there is no such link, or there are several.
    """
    columns = tables.links.c
    if len(which) == ONE_WORD:
        name = LINK.fullmatch(which[0])
        if name:
            condition: sa.ColumnElement[bool] = columns.id == int(name[1])
        else:
            condition = sa.or_(columns.a_id == which[0], columns.b_id == which[0])
    elif len(which) == A_RECORD:
        condition = sa.or_(
            *(
                sa.and_(
                    columns[f"{end}_system"] == which[0],
                    columns[f"{end}_stream"] == which[1],
                    columns[f"{end}_id"] == which[2],
                )
                for end in "ab"
            )
        )
    else:
        raise PluginError(
            f"'{' '.join(which)}' names no link: give its name (L12), a record's id, or SYSTEM "
            "STREAM ID"
        )
    query = sa.select(tables.links).where(condition).order_by(columns.id).limit(MOST_TOLD + 1)
    rows = connection.execute(query).all()
    if not rows:
        raise PluginError(f"no link of {' '.join(which)} is known; see: links list")
    if len(rows) > 1:
        told = "; ".join(
            f"{link_name(row.id)} ({' with '.join(ends_of(row))})" for row in rows[:MOST_TOLD]
        )
        more = "; and more" if len(rows) > MOST_TOLD else ""
        raise PluginError(f"several links are meant by {' '.join(which)}: {told}{more}")
    return rows[0]


def both_ends(row: Any) -> tuple[End, End]:
    """The two ends of a link's row."""
    return (
        End(row.a_system, row.a_stream, row.a_id),
        End(row.b_system, row.b_stream, row.b_id),
    )
