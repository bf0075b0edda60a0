"""The commands that move links out of a store, and into another one."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import IO

import click
import sqlalchemy as sa
from singer_rest import PluginError, StopRun

from linked_target.cli.group import YES, changing, confirm, opened, user
from linked_target.cli.transfer import export_links, import_links, left_behind
from linked_target.store import database, tables
from linked_target.store.history import keep_imports
from linked_target.store.private_file import written_privately

__all__ = ["COMMANDS"]


@click.command("export")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False))
@click.pass_obj
def export_(url: str, file: str) -> None:
    """Write all links to a CSV file.

    One line per link, with what both sides agreed on. The file is readable by its owner only; "-"
    is the standard output. Held and pending values and conflicts are included; the queue (waiting
    and failed records), the facts that a target remembers, the counts of runs and the history are
    not.

    Example: links export links.csv
    """
    engine = opened(url)
    if file == "-":
        count = export_links(engine, sys.stdout)
    else:
        with written_privately(Path(file)) as out:
            count = export_links(engine, out)
    left = [f"{number} {name}" for name, number in left_behind(engine).items() if number]
    click.echo(f"{count} links are exported.", err=True)
    if left:
        click.echo(f"Not in the file: {', '.join(left)}.", err=True)


@click.command("import")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@YES
@click.pass_obj
def import_(url: str, file: str, *, yes: bool) -> None:
    """Read links from a CSV file.

    All of them, or none if one makes no sense or contradicts a link that there is. Only the columns
    a_system, a_stream, a_id, b_system, b_stream and b_id are needed. A pair without a_record and
    b_record counts as linked by hand: the next run that reads one of the two merges their values.
    "-" is the standard input, and needs --yes.

    Example: links import links.csv
    """
    if file == "-" and not yes:
        raise PluginError("the links come from where your answer would: confirm with --yes")
    confirm(f"Read the links of {file} into the store?", yes=yes)
    engine = database.open_store(url)
    with _lines(file) as lines, changing(engine, "import") as connection:
        newest = connection.scalar(sa.select(sa.func.max(tables.links.c.id))) or 0
        new, known = import_links(connection, lines)
        where = "the standard input" if file == "-" else Path(file).name
        keep_imports(connection, newest, "links import", f"from {where}, by {user()}")
    click.echo(f"{new} links are new, {known} were there already.")


def _lines(file: str) -> IO[str]:
    if file == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    try:
        return Path(file).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise StopRun(f"{file} can't be read: {error.strerror}") from None


COMMANDS = (export_, import_)
