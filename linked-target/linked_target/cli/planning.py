"""The command that shows what dry runs have planned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linked_target.cli.listing import FORMAT, as_json, show, table_of, text_of
from linked_target.cli.plans import COUNTS, Planned, read_plan

if TYPE_CHECKING:
    from linked_target.sync.journal import Step

__all__ = ["plan"]

RARE = frozenset({"conflict", "delete", "orphan", "unlinked"})
"""Columns that are shown only where they count something."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Steps of each kind and stream that are shown in detail.",
)
@FORMAT
def plan(files: tuple[Path, ...], rows: int, form: str) -> None:
    """Show what dry runs have planned: how much, the first steps in detail, and who gets mail.

    FILES are what the targets' setting `plan_file` names; `meltano run plan` writes them.

    Example: links plan plan-crmoffice-to-trello.jsonl plan-trello-to-crmoffice.jsonl
    """
    plans = [read_plan(path) for path in files]
    if form == "json":
        click.echo(as_json([_as_json(each) for each in plans]))
        return
    for each in plans:
        _show(each, rows)


def _show(planned: Planned, most: int) -> None:
    counts = planned.counts()
    columns = [name for name in COUNTS if name not in RARE or any(row[name] for row in counts)]
    title = f"{planned.name}: what a run would do (as of {planned.run.ended_at:%F %H:%M} UTC)"
    show(table_of(title, ("stream", "read", *columns), counts))
    for stream in (row["stream"] for row in counts):
        _show_steps(planned, stream, most)
    if planned.mails:
        click.echo(f"{len(planned.mails)} people would be invited by e-mail:")
        for address in planned.mails:
            click.echo(f"  {address}")


def _show_steps(planned: Planned, stream: str, most: int) -> None:
    steps = planned.first_steps(stream, most)
    if not steps:
        return
    rows = [row for step in steps for row in _rows(step, planned)]
    names = ("what", "record", "partner", "property", "now", "then", "why")
    shown = [name for name in names if any(row.get(name) for row in rows)]
    number = sum(step.stream == stream for step in planned.steps)
    title = f"{stream}: {len(steps)} of {number} steps"
    show(table_of(title, shown, rows))


def _rows(step: Step, planned: Planned) -> list[dict[str, Any]]:
    """A step as rows of a table, one per property."""
    head = {
        "what": "refuse" if step.action == "fail" else step.action,
        "record": step.source_id,
        "partner": step.destination_id,
        "why": step.detail,
    }
    if step.action == "conflict":
        ours, theirs = planned.run.source, planned.run.destination
        properties = [
            {
                "property": name,
                "why": f"{ours} has {_short(one)!r}, {theirs} has {_short(other)!r}: {step.detail}",
            }
            for name, (one, other) in step.changes.items()
        ]
    else:
        properties = [
            {"property": name, "now": _short(before), "then": _short(after)}
            for name, (before, after) in step.changes.items()
        ]
    first, *others = properties or [{}]
    return [{**head, **first}, *others]


def _short(value: Any, longest: int = 60) -> str:
    text = text_of(value).replace("\n", "⏎")
    return text if len(text) <= longest else f"{text[:longest]} …"


def _as_json(planned: Planned) -> dict[str, Any]:
    run = planned.run
    return {
        "source": run.source,
        "destination": run.destination,
        "shard": run.shard,
        "as_of": run.ended_at,
        "streams": planned.counts(),
        "steps": [step._asdict() for step in planned.steps],
        "invitations": planned.mails,
    }
