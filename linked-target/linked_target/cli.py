"""The `links` command line: what the sync did, and what needs a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from singer_rest import PluginError

from linked_target import store
from linked_target.links import LINKED, ORPHANED, UNMATCHED
from linked_target.open_properties import HELD, PENDING
from linked_target.outcome import COLUMNS
from linked_target.queue import FAILED, WAITING
from linked_target.runs import last_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Engine

    from linked_target.runs import Run

__all__ = ["links"]

WIDTH = 120
"""Columns of the tables where the output is no terminal, as in Meltano's log."""


class PlainGroup(click.Group):
    """A command group that tells known errors in one line and exits with 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command."""
        try:
            return super().main(*args, **kwargs)
        except PluginError as error:
            click.echo(f"links: {error}", err=True)
            sys.exit(1)


@click.group(cls=PlainGroup)
@click.option(
    "--links-url",
    envvar="LINKS_URL",
    default="sqlite:///links.db",
    show_default=True,
    help="SQLAlchemy URL of the link store (environment: LINKS_URL).",
)
@click.version_option(package_name="linked-target")
@click.pass_context
def links(context: click.Context, links_url: str) -> None:
    """Look into a link store.

    Example: links --links-url sqlite:///links.db status
    """
    context.obj = links_url


@links.command()
@click.pass_obj
def runs(url: str) -> None:
    """Show what the last run of each direction did, stream by stream.

    Example: links runs
    """
    found = last_runs(_opened(url))
    if not found:
        click.echo("No run yet.")
    for run in found:
        _print(_run_table(run))


@links.command()
@click.pass_obj
def status(url: str) -> None:
    """Show how many records are linked, unlinked, held, pending and failed.

    Example: links status
    """
    engine = _opened(url)
    table = _table("Links", ("records", "linked", "unlinked", "orphaned", "held", "pending"))
    for row in _link_counts(engine):
        table.add_row(*row)
    _print(table)
    waiting, failed = _queue_count(engine, WAITING), _queue_count(engine, FAILED)
    click.echo(f"{failed} on the failed list, {waiting} waiting for another record.")


@links.command()
@click.pass_obj
def failures(url: str) -> None:
    """List the records that could not be written, and why.

    Example: links failures
    """
    columns = store.queue.c
    query = sa.select(store.queue).where(columns.status == FAILED).order_by(columns.id)
    table = _table("Failed", ("record", "to", "tries", "since", "error"))
    with _opened(url).connect() as connection:
        for row in connection.execute(query):
            record = f"{row.source} {row.source_stream} {row.source_id}"
            target = f"{row.destination} {row.destination_stream}"
            table.add_row(record, target, str(row.attempts), f"{row.first_at:%F %H:%M}", row.error)
    _print(table)


@links.command()
@click.pass_obj
def check(url: str) -> None:
    """Exit with 1 while any record is on the failed list.

    Example: links check
    """
    failed = _queue_count(_opened(url), FAILED)
    if failed:
        raise PluginError(f"{failed} records failed; see: links failures")
    click.echo("No record failed.")


def _opened(url: str) -> Engine:
    return store.open_store(url, must_exist=True)


def _run_table(run: Run) -> Table:
    seconds = (run.ended_at - run.started_at).total_seconds()
    table = _table(
        f"{run.source} to {run.destination} ({run.ended_at:%F %H:%M} UTC, {seconds:.1f} s)",
        ("stream", *COLUMNS),
    )
    for stream in run.streams:
        name = f"{stream.source_stream} to {stream.destination_stream}"
        table.add_row(name, *(str(stream.counts.get(column, 0)) for column in COLUMNS))
    return table


def _link_counts(engine: Engine) -> Iterable[Sequence[str]]:
    columns = store.links.c
    ends = (columns.a_system, columns.a_stream, columns.b_system, columns.b_stream)
    by_state = [
        sa.func.sum(sa.case((columns.state == state, 1), else_=0))
        for state in (LINKED, UNMATCHED, ORPHANED)
    ]
    open_kind = store.open_properties.c.kind
    by_kind = [
        sa.func.count(sa.case((open_kind == kind, columns.id)).distinct())
        for kind in (HELD, PENDING)
    ]
    with engine.connect() as connection:
        states = connection.execute(sa.select(*ends, *by_state).group_by(*ends)).all()
        waiting = connection.execute(
            sa.select(*ends, *by_kind).join(store.open_properties).group_by(*ends)
        ).all()
    held = {row[:4]: row[4:] for row in waiting}
    for row in states:
        name = f"{row[0]} {row[1]} with {row[2]} {row[3]}"
        yield [name, *(str(count) for count in (*row[4:], *held.get(row[:4], (0, 0))))]


def _queue_count(engine: Engine, status: str) -> int:
    query = sa.select(sa.func.count()).where(store.queue.c.status == status)
    with engine.connect() as connection:
        return connection.scalar(query) or 0


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        is_count = number > 0 and column not in {"to", "since", "error"}
        table.add_column(column, justify="right" if is_count else "left", overflow="fold")
    return table


def _print(table: Table) -> None:
    console = Console()
    Console(width=None if console.is_terminal else WIDTH).print(table)
