"""The commands that look into a link store."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click
from singer_rest import PluginError, StopRun

from linked_target.cli import views
from linked_target.cli.details import details_of, show_details
from linked_target.cli.group import opened
from linked_target.cli.listing import (
    FORMAT,
    MOST,
    Page,
    as_json,
    in_words,
    listing,
    show,
    show_listing,
    table_of,
)
from linked_target.cli.reference import WHICH, find_link
from linked_target.cli.run_table import run_table
from linked_target.cli.status import COUNTS, DirectionState, StreamState, directions, streams
from linked_target.store import database
from linked_target.store.holder import live_holders, wait_until_free
from linked_target.store.link import INTENT, LINKED, ORPHANED, PAIRED, UNMATCHED
from linked_target.store.queue import FAILED, WAITING
from linked_target.store.runs import last_runs, runs_since

if TYPE_CHECKING:
    from linked_target.store.runs import Run

__all__ = ["COMMANDS"]

RARE = frozenset({"paired", "orphaned", "conflicts", "waiting"})
"""Columns of the state that are shown only where they count something."""
BEFORE_ANY_RUN = datetime(2000, 1, 1, tzinfo=timezone.utc)
STATES = (LINKED, PAIRED, UNMATCHED, ORPHANED, INTENT)


@click.command()
@click.option(
    "--last",
    type=click.IntRange(1, MOST),
    help="The last runs, so many, of whatever direction; else the last one of each.",
)
@FORMAT
@click.pass_obj
def runs(url: str, form: str, last: int | None) -> None:
    """Show what the last run of each direction did, and what it cost.

    Example: links runs --last 10 --format json
    """
    engine = opened(url)
    if last is None:
        found = last_runs(engine)
    else:
        with engine.connect() as connection:
            found = runs_since(connection, BEFORE_ANY_RUN, last)
    if form == "json":
        click.echo(as_json([run_as_json(run) for run in found]))
        return
    if not found:
        click.echo("No run yet.")
    for run in found:
        show(run_table(run))


@click.command()
@FORMAT
@click.pass_obj
def status(url: str, form: str) -> None:
    """Show the state of the sync: records by what became of them, and how old that is.

    Counted are records that are linked, linked by hand (paired), unlinked, orphaned; held, pending
    and in conflict; waiting and failed. The lag of a direction is the time since its last complete
    run began: what was edited since is yet to come. That of a stream is the longer one of both.

    Example: links status
    """
    engine = opened(url)
    with database.snapshot(engine) as connection:
        of_streams, of_directions = streams(connection), directions(connection)
    at_work = [str(holder) for holder in live_holders(engine)]
    if form == "json":
        told = {
            "streams": [
                {
                    "a": each.a,
                    "b": each.b,
                    **each.counts,
                    "last_run": each.last_run,
                    "lag": lag_of(each, of_directions),
                }
                for each in of_streams
            ],
            "directions": [
                {**direction_as_row(each), "lag": each.lag, "read_up_to": each.read_up_to}
                for each in of_directions
            ],
            "at_work": at_work,
        }
        click.echo(as_json(told))
        return
    rows = [
        {
            "records": each.name,
            **each.counts,
            "last run": each.last_run,
            "lag": in_words(lag_of(each, of_directions)) if each.last_run else None,
        }
        for each in of_streams
    ]
    shown = [each for each in COUNTS if each not in RARE or any(row[each] for row in rows)]
    show(table_of("Links", ("records", *shown, "last run", "lag"), rows))
    if of_directions:
        columns = ("direction", "last run", "outcome", "lag")
        rows = [
            {**direction_as_row(each), "last run": each.last.ended_at, "lag": in_words(each.lag)}
            for each in of_directions
        ]
        show(table_of("Directions", columns, rows))
    for holder in at_work:
        click.echo(f"At work: {holder}.")


@click.command("list")
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help="May be repeated."
)
@listing
@click.pass_obj
def list_(url: str, states: tuple[str, ...], page: Page, form: str) -> None:
    """List the links, with what waits on them.

    A link is called L and its number; `show`, `unlink` and `resolve` know it by this name.

    Example: links list --stream companies --state unmatched
    """
    with opened(url).connect() as connection:
        found = views.links(connection, page, states)
    columns = ("link", "record", "partner", "state", "since", "waits", "reason")
    show_listing("Links", columns, found, form)


@click.command("show")
@WHICH
@FORMAT
@click.pass_obj
def show_(url: str, which: tuple[str, ...], form: str) -> None:
    """Show a link: both records as agreed on, what waits on it, and what was done so far.

    WHICH is the name of a link (L12), the id of one of its records, or SYSTEM STREAM ID.

    Example: links show crmoffice activities 4017
    """
    with opened(url).connect() as connection:
        details = details_of(connection, find_link(connection, which))
    if form == "json":
        click.echo(as_json(details))
    else:
        show_details(details)


@click.command()
@click.option("--decided", is_flag=True, help="Those that the policy has decided instead.")
@listing
@click.pass_obj
def conflicts(url: str, page: Page, form: str, *, decided: bool) -> None:
    """List the conflicts that a person has to decide, with the values of both sides.

    There are any only where `conflict_policy` is `ask`.

    Example: links conflicts --stream activities
    """
    with opened(url).connect() as connection:
        view = views.decided_conflicts if decided else views.conflicts
        found = view(connection, page)
    columns: tuple[str, ...] = ("record", "partner", "property", "values", "since")
    columns = (*columns, "outcome") if decided else ("link", *columns)
    show_listing("Decided by the policy" if decided else "Conflicts", columns, found, form)


@click.command()
@click.option("--waiting", is_flag=True, help="Those that wait for another record instead.")
@listing
@click.pass_obj
def failures(url: str, page: Page, form: str, *, waiting: bool) -> None:
    """List the records that could not be written, and why.

    Example: links failures --stream activities
    """
    with opened(url).connect() as connection:
        found = views.queued(connection, page, WAITING if waiting else FAILED)
    columns = ("record", "to", "tries", "since", "next try", "error")
    show_listing("Waiting" if waiting else "Failed", columns, found, form)


@click.command()
@listing
@click.pass_obj
def orphans(url: str, page: Page, form: str) -> None:
    """List the records whose partner is gone.

    Where a reason is given, somebody has to decide: to delete the record, too, to `keep` it as it
    is, or to `unlink` the two, so that it gets a new partner.

    Example: links orphans
    """
    with opened(url).connect() as connection:
        found = views.orphans(connection, page)
    show_listing("Orphaned", ("link", "record", "gone", "since", "reason"), found, form)


@click.command()
@FORMAT
@click.pass_obj
def check(url: str, form: str) -> None:
    """Exit with 1 while anything needs a person.

    That is a record on the failed list, a conflict that nobody has decided, or a record that was
    edited after its partner had been deleted: see `failures`, `conflicts` and `orphans`.

    Example: links check
    """
    with database.snapshot(opened(url)) as connection:
        found = views.problems(connection)
    if form == "json":
        click.echo(as_json(found))
    if not any(found.values()):
        if form != "json":
            click.echo("Nothing needs a person.")
        return
    words = {
        "failed": "records failed (see: links failures)",
        "conflicts": "records are in conflict (see: links conflicts)",
        "orphans": "orphaned records need a decision (see: links orphans)",
    }
    raise PluginError(", ".join(f"{found[name]} {words[name]}" for name in words if found[name]))


@click.command()
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds after which to give up.")
@click.pass_obj
def wait(url: str, timeout: float | None) -> None:
    """Wait until no run is at work with the link store.

    Exits with 1 if one still is after the timeout.

    Example: links wait --timeout 600
    """
    if not database.exists(url):
        return
    holder = wait_until_free(opened(url), timeout)
    if holder is not None:
        raise StopRun(f"still at work after {timeout:g} seconds: {holder}")


def lag_of(stream: StreamState, of_directions: list[DirectionState]) -> float | None:
    """Seconds for which edits of a pair of streams may be yet to come; None: since ever."""
    systems = {stream.a[0], stream.b[0]}
    lags = [
        each.lag for each in of_directions if {each.last.source, each.last.destination} == systems
    ]
    known = [lag for lag in lags if lag is not None]
    return max(known) if known and len(known) == len(lags) else None


def run_as_json(run: Run) -> dict[str, Any]:
    """A run for programs."""
    return {
        "source": run.source,
        "destination": run.destination,
        "shard": run.shard,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "seconds": round((run.ended_at - run.started_at).total_seconds(), 3),
        "outcome": run.outcome,
        "streams": [each._asdict() for each in run.streams],
        "usage": None if run.usage is None else run.usage._asdict(),
    }


def direction_as_row(state: DirectionState) -> dict[str, Any]:
    """A direction's last run."""
    run = state.last
    return {
        "direction": f"{run.source} to {run.destination}",
        "outcome": run.outcome,
        "last_run": run.ended_at,
    }


COMMANDS = (runs, status, list_, show_, conflicts, failures, orphans, check, wait)
