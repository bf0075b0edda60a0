"""Listings: filtered, page by page, as a table or as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "FORMAT",
    "MOST",
    "Listing",
    "Page",
    "as_json",
    "in_words",
    "listing",
    "show",
    "show_listing",
    "table_of",
    "text_of",
]

WIDTH = 140
"""Columns of the tables where the output is no terminal, as in Meltano's log."""
MOST = 1000
"""Rows of a page."""

Row = dict[str, Any]

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, or JSON for programs.",
)


@dataclass(frozen=True)
class Page:
    """Which rows of a listing are wanted.

    Attributes:
        stream: those with a record of this stream, on either side; all if None.
        record: those with a record of this id, on either side; all if None.
        after: those that come after the row of this number.
        limit: so many at most.
    """

    stream: str | None = None
    record: str | None = None
    after: int = 0
    limit: int = 50


@dataclass(frozen=True)
class Listing:
    """Rows, and where the next page begins.

    Attributes:
        rows: values by column.
        next: number to give to `after` for the next page; None at the end.
    """

    rows: Sequence[Row]
    next: int | None = None


def listing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a listing; it gets a `page` and a `form`."""

    @click.option("--stream", help="Only records of this stream, on either side.")
    @click.option("--record", help="Only the record with this id, on either side.")
    @click.option(
        "--limit",
        type=click.IntRange(1, MOST),
        default=Page.limit,
        show_default=True,
        help="Rows of a page.",
    )
    @click.option("--after", type=click.IntRange(min=0), default=0, help="Where the page begins.")
    @FORMAT
    @wraps(command)
    def with_options(
        *arguments: Any,
        stream: str | None,
        record: str | None,
        limit: int,
        after: int,
        form: str,
        **more: Any,
    ) -> Any:
        return command(*arguments, page=Page(stream, record, after, limit), form=form, **more)

    return with_options


def show_listing(title: str, columns: Sequence[str], found: Listing, form: str) -> None:
    """Print a page of a listing.

    Args:
        title: of the table.
        columns: the table's columns.
        found: the rows.
        form: `table` or `json`.
    """
    if form == "json":
        click.echo(as_json({"rows": found.rows, "next": found.next}))
        return
    show(table_of(title, columns, found.rows))
    if found.next is not None:
        click.echo(f"There are more: --after {found.next}")


def table_of(title: str, columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """A table of these columns; numbers stand on the right."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        is_number = all(isinstance(row.get(column), int | float) for row in rows) and rows
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(text_of(row.get(column)) for column in columns))
    return table


def show(table: Table) -> None:
    """Print a table."""
    console = Console(markup=False, highlight=False)
    width = None if console.is_terminal else WIDTH
    Console(width=width, markup=False, highlight=False).print(table)


def as_json(value: Any) -> str:
    """A value as JSON; times in UTC, in ISO 8601."""
    return json.dumps(value, default=plain, ensure_ascii=False, indent=2)


def plain(value: Any) -> Any:
    """A value that JSON does not know, as one that it does.

    Raises:
        TypeError: when there is none.
    """
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def text_of(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%F %H:%M}"
    return value if isinstance(value, str) else json.dumps(value, default=plain, ensure_ascii=False)


def in_words(seconds: float | None) -> str:
    """A time span, e.g. `2 h 5 min`."""
    if seconds is None:
        return "never complete"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
