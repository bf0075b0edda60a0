"""The links of a store as a CSV file: out of one store, and into another."""

from __future__ import annotations

import csv
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from linked_target.cli.csv_links import (
    COLUMNS,
    REQUIRED,
    LinkLine,
    LinkRefused,
    line_of,
    link_of_line,
)
from linked_target.cli.placing import PAGE, Placing
from linked_target.store import database, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Engine

__all__ = ["Imported", "export_links", "import_links", "left_behind"]

LONGEST_RECORD = 2**27
"""Characters of one value; Python's reader takes 128 KiB for a mistake."""


class Imported(NamedTuple):
    """How many links of a file were new, and how many were there already."""

    new: int
    known: int


def export_links(engine: Engine, out: IO[str]) -> int:
    """Write all links as they are at this moment; how many there are.

    Args:
        engine: of an open link store.
        out: text file that was opened with `newline=""`.
    """
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    count = last = 0
    with database.snapshot(engine) as connection:
        while rows := _page_after(connection, last):
            last = rows[-1]["id"]
            waiting = _of_links(connection, tables.open_properties, rows)
            aliases = _of_links(connection, tables.aliases, rows)
            for row in rows:
                link_id = row["id"]
                writer.writerow(line_of(row, waiting.get(link_id, ()), aliases.get(link_id, ())))
            count += len(rows)
    return count


def import_links(connection: sa.Connection, lines: IO[str]) -> Imported:
    """Store the links of a file, unless they are stored already.

    Args:
        connection: in the transaction that is to hold all of it.
        lines: text file that was opened with `newline=""`.

    Raises:
        LinkRefused: with the number of the line that makes no sense, or that contradicts a link.
    """
    csv.field_size_limit(LONGEST_RECORD)
    placing = Placing(connection)
    new = known = 0
    numbered = _numbered_links(lines)
    while page := list(islice(numbered, PAGE)):
        placing.look_up([link for _, link in page])
        for number, link in page:
            try:
                is_new = placing.place(link)
            except LinkRefused as error:
                raise _at(number, error) from None
            new += is_new
            known += not is_new
        placing.store()
    return Imported(new, known)


def left_behind(engine: Engine) -> dict[str, int]:
    """What a store holds that an export leaves out, and how much of it."""
    left = {"queued records": tables.queue, "facts": tables.facts, "runs": tables.runs}
    with engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in left.items()
        }


def _page_after(connection: sa.Connection, last: int) -> Sequence[sa.RowMapping]:
    links = tables.links
    query = sa.select(links).where(links.c.id > last).order_by(links.c.id).limit(PAGE)
    return connection.execute(query).mappings().all()


def _of_links(
    connection: sa.Connection, table: sa.Table, links: Iterable[sa.RowMapping]
) -> dict[int, list[sa.Row[tuple[object, ...]]]]:
    """The rows of a table that refer to links, by link."""
    found: dict[int, list[sa.Row[tuple[object, ...]]]] = {}
    query = sa.select(table).where(table.c.link_id.in_([link["id"] for link in links]))
    for row in connection.execute(query.order_by(*table.primary_key)):
        found.setdefault(row.link_id, []).append(row)
    return found


def _numbered_links(lines: IO[str]) -> Iterator[tuple[int, LinkLine]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        _check_columns(reader.fieldnames or ())
        for values in reader:
            _check_length(values)
            yield reader.line_num, link_of_line(values)
    except LinkRefused as error:
        raise _at(max(reader.line_num, 1), error) from None
    except csv.Error as error:  # the reader counts only lines that it understands
        raise _at(reader.line_num + 1, LinkRefused(f"this is no CSV: {error}")) from None
    except UnicodeDecodeError as error:
        raise LinkRefused(f"the file is not UTF-8: {error}") from None


def _check_columns(names: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing:
        raise LinkRefused(f"the heading lacks {', '.join(missing)}")
    if unknown:
        raise LinkRefused(f"column '{unknown[0]}' is none of {', '.join(COLUMNS)}")


def _check_length(values: Mapping[str | None, object]) -> None:
    if None in values or None in values.values():
        raise LinkRefused("it has not as many values as the heading has columns")


def _at(number: int, error: LinkRefused) -> LinkRefused:
    return LinkRefused(f"line {number}: {error}")
