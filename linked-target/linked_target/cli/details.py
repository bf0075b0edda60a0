"""Everything that the store knows of one link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa

from linked_target.cli.listing import as_json, show, table_of, text_of
from linked_target.cli.reference import both_ends
from linked_target.cli.views import link_name, queue_row
from linked_target.records import decoded
from linked_target.store import tables
from linked_target.store.history import events_of

if TYPE_CHECKING:
    from linked_target.cli.csv_links import End

__all__ = ["details_of", "show_details"]


def details_of(connection: sa.Connection, row: sa.Row[Any]) -> dict[str, Any]:
    """A link with both records as they were agreed on, what waits, and its history.

    Args:
        connection: to an open link store.
        row: of the table of links.
    """
    a, b = both_ends(row)
    waiting, aliases = tables.open_properties, tables.aliases
    open_ = connection.execute(sa.select(waiting).where(waiting.c.link_id == row.id))
    names = connection.execute(sa.select(aliases).where(aliases.c.link_id == row.id))
    return {
        "link": link_name(row.id),
        "state": row.state,
        "reason": row.reason,
        "gone": row.gone,
        "since": row.created_at,
        "changed": row.updated_at,
        "records": [_side(a, row.a_record), _side(b, row.b_record)],
        "waits": [
            {
                "property": each.name,
                "toward": each.toward,
                "kind": each.kind,
                "value": decoded(each.value),
                "other": decoded(each.other) if each.other else None,
                "reason": each.reason,
                "since": each.since,
            }
            for each in open_
        ],
        "further names": [{"system": each.system, "name": each.alias} for each in names],
        "queue": _queued(connection, a, b),
        "history": [
            {
                "at": event.at,
                "by": event.program,
                "action": event.action,
                "direction": f"{event.source} to {event.destination}",
                "changes": {name: list(pair) for name, pair in event.changes.items()},
                "detail": event.detail,
            }
            for event in events_of(connection, a, b)
        ],
    }


def show_details(details: dict[str, Any]) -> None:
    """Print a link for people."""
    click.echo(f"{details['link']}: {details['state']}{_because(details)}")
    for side in details["records"]:
        click.echo(f"\n{side['system']} {side['stream']} {side['id'] or '(none)'}")
        if side["agreed"] is not None:
            click.echo(as_json(side["agreed"]))
    columns = ("property", "toward", "kind", "value", "other", "reason", "since")
    if details["waits"]:
        show(table_of("Waits", columns, details["waits"]))
    if details["queue"]:
        queue = ("record", "status", "tries", "since", "error")
        show(table_of("In the queue", queue, details["queue"]))
    if details["history"]:
        rows = [{**event, "changes": _told(event["changes"])} for event in details["history"]]
        show(table_of("History", ("at", "by", "action", "direction", "changes", "detail"), rows))


def _because(details: dict[str, Any]) -> str:
    gone = f", the record of {details['gone']} is gone" if details["gone"] else ""
    reason = f" ({details['reason']})" if details["reason"] else ""
    return f"{gone}{reason}"


def _told(changes: dict[str, list[Any]]) -> str:
    return "; ".join(
        f"{name}: {text_of(before) or '(none)'} | {text_of(after) or '(none)'}"
        for name, (before, after) in changes.items()
    )


def _side(end: End, record: bytes | None) -> dict[str, Any]:
    agreed = None if record is None or end.id is None else decoded(record)
    return {**end._asdict(), "agreed": agreed}


def _queued(connection: sa.Connection, a: End, b: End) -> list[dict[str, Any]]:
    queue = tables.queue.c
    of_ends = sa.or_(
        *(
            sa.and_(
                queue.source == end.system,
                queue.source_stream == end.stream,
                queue.source_id == end.id,
            )
            for end in (a, b)
            if end.id is not None
        )
    )
    return [
        {**queue_row(row), "status": row.status}
        for row in connection.execute(sa.select(tables.queue).where(of_ends))
    ]
