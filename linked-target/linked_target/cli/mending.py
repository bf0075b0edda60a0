"""The commands that change what a link store holds, by hand."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click
from singer_rest import PluginError

from linked_target.cli.by_hand import join_by_hand, keep_orphan, part_by_hand, retry_failed
from linked_target.cli.csv_links import End
from linked_target.cli.deciding import resolve
from linked_target.cli.group import YES, changing, confirm, opened, user
from linked_target.cli.listing import text_of
from linked_target.cli.reference import WHICH, both_ends, find_link
from linked_target.cli.views import link_name
from linked_target.store import database
from linked_target.store.history import Event, keep_event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import sqlalchemy as sa

__all__ = ["COMMANDS"]

A_RECORD = "SYSTEM STREAM ID"
BOTH_RECORDS = 6  # words


@click.command()
@click.argument("one", nargs=3, metavar=A_RECORD)
@click.argument("other", nargs=3, metavar=A_RECORD)
@YES
@click.pass_obj
def link(url: str, one: tuple[str, str, str], other: tuple[str, str, str], *, yes: bool) -> None:
    """Link two records by hand.

    The next run that reads one of them merges their values: see "match before create".

    Example: links link crmoffice companies 17 trello organizations 5e1a
    """
    a, b = End(*one), End(*other)
    confirm(f"Link {a} with {b}?", yes=yes)
    with changing(database.open_store(url), "link", (a.system, b.system)) as connection:
        told = join_by_hand(connection, a, b)
        note(connection, "link", a, b)
    click.echo(told)


@click.command()
@WHICH
@YES
@click.pass_obj
def unlink(url: str, which: tuple[str, ...], *, yes: bool) -> None:
    """Take the link of two records apart.

    Neither record is touched. What is held, pending or in conflict between them is dropped. The
    next run that reads one of them looks for a partner as for any unlinked record, and may find the
    same one or create a new one. What waits or failed stays in the queue.

    WHICH is the name of a link (L12), the id of one of its records, SYSTEM STREAM ID of one, or
    those of both.

    Example: links unlink trello members 5e1b
    """
    engine = opened(url)
    if len(which) == BOTH_RECORDS:
        ends = End(*which[:3]), End(*which[3:])
    else:
        with engine.connect() as connection:
            ends = both_ends(find_link(connection, which))
    if ends[0].id is None or ends[1].id is None:
        raise PluginError(f"{' '.join(which)} has no partner, so there is nothing to take apart")
    confirm(f"Take {ends[0]} and {ends[1]} apart?", yes=yes)
    with changing(engine, "unlink", (ends[0].system, ends[1].system)) as connection:
        told = part_by_hand(connection, *ends)
        note(connection, "unlink", *ends)
    click.echo(told)


@click.command("resolve")
@WHICH
@click.option("--take", "winner", required=True, help="The system whose value both are to have.")
@YES
@click.pass_obj
def resolve_(url: str, which: tuple[str, ...], winner: str, *, yes: bool) -> None:
    """Decide the conflicts of a link: both records get the values of one system.

    The next runs of both directions write them. An edit that somebody makes until then counts as a
    new one. WHICH is the name of a link (L12), the id of one of its records, or SYSTEM STREAM ID.

    Example: links resolve L12 --take trello
    """
    engine = opened(url)
    with engine.connect() as connection:
        row = find_link(connection, which)
    a, b = both_ends(row)
    confirm(f"Take what {winner} has, where {a} and {b} are in conflict?", yes=yes)
    with changing(engine, "resolve", (a.system, b.system)) as connection:
        decided = resolve(connection, row.id, winner)
        for each in decided:
            near, far = (a, b) if each.toward == a.system else (b, a)
            values = {each.name: (each.value, each.other)}
            note(connection, "resolve", far, near, changes=values, detail=f"{winner} wins")
    for each in decided:
        value = each.other if each.toward == winner else each.value
        click.echo(f"{link_name(row.id)}: {each.name} is to be {text_of(value)!r} on both sides.")


@click.command()
@click.argument("which", nargs=-1, metavar="[WHICH]")
@YES
@click.pass_obj
def retry(url: str, which: tuple[str, ...], *, yes: bool) -> None:
    """Try failed records again with the next run, however long they were to rest.

    All of them; or, with WHICH, those with this id, or SYSTEM STREAM ID.

    Example: links retry 4017
    """
    engine = opened(url)
    if len(which) not in {0, 1, 3}:
        raise PluginError(f"'{' '.join(which)}' names no record: give its id, or {A_RECORD}")
    confirm(f"Try {' '.join(which) or 'all failed records'} again with the next run?", yes=yes)
    with changing(engine, "retry") as connection:
        records = retry_failed(connection, which)
        for record, partner in records:
            note(connection, "retry", record, partner)
    click.echo(f"{len(records)} records are tried again by the next run.")


@click.command()
@WHICH
@YES
@click.pass_obj
def keep(url: str, which: tuple[str, ...], *, yes: bool) -> None:
    """Decide that a record whose partner was deleted stays as it is.

    For those that `links orphans` shows with a reason, and that `links check` fails for. WHICH is
    the name of a link (L12), the id of the record, or SYSTEM STREAM ID.

    Example: links keep crmoffice activities 4017
    """
    engine = opened(url)
    with engine.connect() as connection:
        row = find_link(connection, which)
    a, b = both_ends(row)
    left, gone = (b, a) if row.gone == a.system else (a, b)
    confirm(f"Keep {left}, though {gone} is gone?", yes=yes)
    with changing(engine, "keep") as connection:
        told = keep_orphan(connection, row.id, left)
        note(connection, "keep", left, gone)
    click.echo(told)


def note(
    connection: sa.Connection,
    action: str,
    record: End,
    partner: End,
    *,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    detail: str | None = None,
) -> None:
    """Keep in the history what somebody did by hand, and who."""
    by = f"by {user()}"
    keep_event(
        connection,
        Event(
            at=datetime.now(timezone.utc),
            program=f"links {action}",
            action=action,
            source=record.system,
            destination=partner.system,
            source_stream=record.stream,
            destination_stream=partner.stream,
            source_id=record.id or "",
            destination_id=partner.id,
            changes=changes or {},
            detail=f"{detail}, {by}" if detail else by,
        ),
    )


COMMANDS = (link, unlink, resolve_, retry, keep)
