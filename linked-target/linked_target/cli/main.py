"""The `links` command line: what the sync did, and what needs a person."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from singer_rest import PluginError, StopRun

from linked_target.cli import reports
from linked_target.cli.by_hand import join_by_hand, keep_orphan, part_by_hand
from linked_target.cli.csv_links import End
from linked_target.cli.transfer import export_links, import_links, left_behind
from linked_target.store import database
from linked_target.store.holder import live_holders, wait_until_free
from linked_target.store.private_file import written_privately
from linked_target.store.queue import FAILED, WAITING
from linked_target.store.run_lock import RunLock
from linked_target.store.runs import last_runs

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["links"]


A_RECORD = "SYSTEM STREAM ID"


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
    """Look into a link store, and take it in hand.

    Example: links --links-url sqlite:///links.db status
    """
    context.obj = links_url


@links.command()
@click.pass_obj
def runs(url: str) -> None:
    """Show what the last run of each direction did.

    Example: links runs
    """
    found = last_runs(_opened(url))
    if not found:
        click.echo("No run yet.")
    for run in found:
        reports.show(reports.run_table(run))


@links.command()
@click.pass_obj
def status(url: str) -> None:
    """Count the records by what became of them.

    Linked, linked by hand (paired), unlinked, orphaned; held, pending, failed and waiting. And who
    is at work with the store.

    Example: links status
    """
    engine = _opened(url)
    reports.show(reports.link_table(engine))
    failed, waiting = (reports.count_queued(engine, each) for each in (FAILED, WAITING))
    click.echo(f"{failed} on the failed list, {waiting} waiting for another record.")
    for holder in live_holders(engine):
        click.echo(f"At work: {holder}.")


@links.command()
@click.pass_obj
def failures(url: str) -> None:
    """List the records that could not be written, and why.

    Example: links failures
    """
    reports.show(reports.failures_table(_opened(url)))


@links.command()
@click.pass_obj
def orphans(url: str) -> None:
    """List the records whose partner is gone.

    Where a reason is given, somebody has to decide: to delete the record, too, or to `unlink` the
    two, so that it gets a new partner.

    Example: links orphans
    """
    reports.show(reports.orphans_table(_opened(url)))


@links.command()
@click.pass_obj
def check(url: str) -> None:
    """Exit with 1 while anything needs a person.

    That is a record on the failed list, or one that was edited after its partner had been deleted:
    see `failures` and `orphans`.

    Example: links check
    """
    engine = _opened(url)
    failed, undecided = reports.count_queued(engine, FAILED), reports.count_undecided(engine)
    problems = []
    if failed:
        problems.append(f"{failed} records failed (see: links failures)")
    if undecided:
        problems.append(f"{undecided} orphaned records need a decision (see: links orphans)")
    if problems:
        raise PluginError(", ".join(problems))
    click.echo("No record failed.")


@links.command()
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds after which to give up.")
@click.pass_obj
def wait(url: str, timeout: float | None) -> None:
    """Wait until no run is at work with the link store.

    Exits with 1 if one still is after the timeout.

    Example: links wait --timeout 600
    """
    if not database.exists(url):
        return
    holder = wait_until_free(_opened(url), timeout)
    if holder is not None:
        raise StopRun(f"still at work after {timeout:g} seconds: {holder}")


@links.command("export")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False))
@click.pass_obj
def export_command(url: str, file: str) -> None:
    """Write all links to a CSV file.

    One line per link, with what both sides agreed on. The file is readable by its owner only; "-"
    is the standard output. Held and pending values are included; the queue (waiting and failed
    records), the facts that a target remembers and the counts of runs are not.

    Example: links export links.csv
    """
    engine = _opened(url)
    if file == "-":
        count = export_links(engine, sys.stdout)
    else:
        with written_privately(Path(file)) as out:
            count = export_links(engine, out)
    left = [f"{number} {name}" for name, number in left_behind(engine).items() if number]
    click.echo(f"{count} links are exported.", err=True)
    if left:
        click.echo(f"Not in the file: {', '.join(left)}.", err=True)


@links.command("import")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.pass_obj
def import_command(url: str, file: str) -> None:
    """Read links from a CSV file.

    All of them, or none if one makes no sense or contradicts a link that there is. Only the columns
    a_system, a_stream, a_id, b_system, b_stream and b_id are needed. A pair without a_record and
    b_record counts as linked by hand: the next run that reads one of the two merges their values.
    "-" is the standard input.

    Example: links import links.csv
    """
    engine = database.open_store(url)
    with _lines(file) as lines, _lock(engine, None, "import") as lock, engine.begin() as connection:
        new, known = import_links(connection, lines)
        lock.check(connection)
    click.echo(f"{new} links are new, {known} were there already.")


@links.command()
@click.argument("one", nargs=3, metavar=A_RECORD)
@click.argument("other", nargs=3, metavar=A_RECORD)
@click.pass_obj
def link(url: str, one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """Link two records by hand.

    The next run that reads one of them merges their values: see "match before create".

    Example: links link crmoffice companies 17 trello organizations 5e1a
    """
    engine = database.open_store(url)
    with _lock(engine, (one[0], other[0]), "link") as lock, engine.begin() as connection:
        told = join_by_hand(connection, End(*one), End(*other))
        lock.check(connection)
    click.echo(told)


@links.command()
@click.argument("one", nargs=3, metavar=A_RECORD)
@click.argument("other", nargs=3, metavar=A_RECORD)
@click.pass_obj
def unlink(url: str, one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """Take the link of two records apart.

    Neither record is touched. What is held or pending between them is dropped. The next run that
    reads one of them looks for a partner as for any unlinked record, and may find the same one or
    create a new one. What waits or failed stays in the queue.

    Example: links unlink trello members 5e1b crmoffice contacts 23
    """
    engine = _opened(url)
    with _lock(engine, (one[0], other[0]), "unlink") as lock, engine.begin() as connection:
        told = part_by_hand(connection, End(*one), End(*other))
        lock.check(connection)
    click.echo(told)


@links.command()
@click.argument("survivor", nargs=3, metavar=A_RECORD)
@click.pass_obj
def keep(url: str, survivor: tuple[str, str, str]) -> None:
    """Decide that a record whose partner was deleted stays as it is.

    For those that `links orphans` shows with a reason, and that `links check` fails for.

    Example: links keep crmoffice activities 4017
    """
    engine = _opened(url)
    with _lock(engine, None, "keep") as lock, engine.begin() as connection:
        told = keep_orphan(connection, End(*survivor))
        lock.check(connection)
    click.echo(told)


def _opened(url: str) -> Engine:
    return database.open_store(url, must_exist=True)


def _lock(engine: Engine, systems: tuple[str, str] | None, command: str) -> RunLock:
    program = f"links {command}"
    return RunLock(engine, systems=systems, direction=program, program=program)


def _lines(file: str) -> IO[str]:
    if file == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    try:
        return Path(file).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise StopRun(f"{file} can't be read: {error.strerror}") from None
