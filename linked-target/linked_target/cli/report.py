"""The command that writes the state of the sync as a page for a browser."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from linked_target.cli.group import opened
from linked_target.store import database
from linked_target.store.holder import live_holders
from linked_target.store.private_file import written_privately

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

__all__ = ["report"]


class Wanted(NamedTuple):
    """What is to be on the page.

    Attributes:
        period: how far back its charts go.
        patience: how long after its last complete run a direction is not late.
        most_links: how many links its search knows at most.
        titles: whether its search knows the names of records.
    """

    period: timedelta
    patience: timedelta
    most_links: int
    titles: bool


@click.command()
@click.option(
    "--out",
    "file",
    type=click.Path(allow_dash=True, dir_okay=False),
    default="report.html",
    show_default=True,
    help='The file to be written; "-" is the standard output.',
)
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="How far back its charts go.",
)
@click.option(
    "--late-after",
    type=click.FloatRange(min=0, min_open=True),
    default=24,
    show_default=True,
    help="Hours without a complete run after which a direction counts as late.",
)
@click.option(
    "--most-links",
    type=click.IntRange(min=0),
    default=100_000,
    show_default=True,
    help="How many links its search knows at most, the newest first.",
)
@click.option(
    "--titles/--no-titles",
    default=True,
    show_default=True,
    help="Whether its search knows records by name, or by their ids only.",
)
@click.pass_obj
def report(
    url: str, file: str, days: int, late_after: float, most_links: int, *, titles: bool
) -> None:
    """Write a page that shows the state of the sync: open it in a browser.

    What needs a person and how to mend it, the state of each stream, the runs over time, what they
    used of the quota, why records wait, and a search over the links. The page is one file that
    needs no network. It shows people's data, so that it is readable by its owner only, and replaces
    an older one.

    Example: links report --out report.html --days 7
    """
    engine = opened(url)
    wanted = Wanted(timedelta(days=days), timedelta(hours=late_after), most_links, titles)
    if file == "-":
        out = sys.stdout.buffer
        out.writelines(piece.encode() for piece in pieces_of(engine, wanted))
        return
    path = Path(file)
    with written_privately(path) as private:
        private.writelines(pieces_of(engine, wanted))
    click.echo(f"The report is {path.resolve()} ({path.stat().st_size / 1e6:.1f} MB).")


def pieces_of(engine: Engine, wanted: Wanted) -> Iterator[str]:
    """The page with what a store holds at this moment, piece by piece.

    Args:
        engine: of an open link store.
        wanted: what is to be on it.
    """
    # Jinja2 and what it brings would slow down each start of the other commands.
    from linked_target.report.contents import contents_of  # noqa: PLC0415
    from linked_target.report.page import page_of  # noqa: PLC0415
    from linked_target.report.searchable import blocks  # noqa: PLC0415

    now = datetime.now(timezone.utc)
    at_work = [str(holder) for holder in live_holders(engine)]
    with database.snapshot(engine) as connection:
        contents = contents_of(connection, now, wanted.period, wanted.patience)
        links = blocks(connection, wanted.most_links, titles=wanted.titles)
        searchable = min(wanted.most_links, contents.links)
        yield from page_of(contents, links, at_work=at_work, searchable=searchable)
