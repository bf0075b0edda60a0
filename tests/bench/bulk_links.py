"""A link store with many links, made without a run: for what only looks into it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from linked_target.records import encoded, record_hash
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.link import LINKED, UNMATCHED
from linked_target.store.open_properties import HELD
from linked_target.store.runs import Run, StreamCounts, Usage, record_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa

AT_ONCE = 10_000
UNMATCHED_EVERY, HELD_EVERY = 100, 50
RUNS = 30 * 24
START = datetime(2026, 3, 2, tzinfo=timezone.utc)
SUBJECTS = ("Oppstartsmøte", "Ring kunden", "Tilbud sendt", "Befaring på anlegget")


def make_store(path: Path, number: int) -> str:
    """A store with so many links and a month of hourly runs; its SQLAlchemy URL.

    Each hundredth link has no partner yet; on each fiftieth a value is held.

    Args:
        path: the SQLite file to be made.
        number: links.
    """
    url = f"sqlite:///{path}"
    engine = open_store(url)
    rows = _rows(number)
    with engine.begin() as connection:
        while chunk := list(islice(rows, AT_ONCE)):
            _insert(connection, chunk)
    now = datetime.now(timezone.utc)
    for hour in range(RUNS, 0, -1):
        _run(engine, now - timedelta(hours=hour))
    engine.dispose()
    return url


def _insert(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(tables.links.insert(), rows)
    held = [
        {
            "link_id": row["id"],
            "toward": "trello",
            "name": "date",
            "kind": HELD,
            "value": encoded(START.isoformat()),
            "reason": "somebody else wrote the comment",
            "since": START,
        }
        for row in rows
        if row["id"] % HELD_EVERY == 1
    ]
    if held:
        connection.execute(tables.open_properties.insert(), held)


def _rows(number: int) -> Iterator[dict[str, Any]]:
    for each in range(1, number + 1):
        is_matched = each % UNMATCHED_EVERY != 0
        activity = _activity(each)
        comment = _comment(activity, each) if is_matched else None
        yield {
            "id": each,
            "a_system": "crmoffice",
            "b_system": "trello",
            "a_stream": "activities",
            "b_stream": "actions",
            "a_id": activity["id"],
            "b_id": comment["id"] if comment else None,
            "state": LINKED if is_matched else UNMATCHED,
            "a_record": encoded(activity),
            "b_record": encoded(comment) if comment else None,
            "a_hash": record_hash(activity),
            "b_hash": record_hash(comment) if comment else None,
            "reason": None if is_matched else "no partner found, and none is created",
            "created_at": START,
            "updated_at": START + timedelta(minutes=each % 100_000),
        }


def _activity(number: int) -> dict[str, Any]:
    return {
        "id": str(4000 + number),
        "subject": f"{SUBJECTS[number % len(SUBJECTS)]} nr. {number}",
        "startsAt": (START + timedelta(minutes=number % 500_000)).isoformat(),
        "endsAt": None,
        "ownerId": "anna.havblikk",
        "company": {"id": str(100 + number % 900)},
        "type": "meeting",
        "isDone": False,
        "lastModified": START.isoformat(),
    }


def _comment(activity: dict[str, Any], number: int) -> dict[str, Any]:
    text = f"{activity['subject']}\n\n---\nStarts: {activity['startsAt']}"
    return {
        "id": f"{number:024x}",
        "type": "commentCard",
        "date": activity["startsAt"],
        "memberCreator": {"id": f"{number % 3:024x}"},
        "data": {"text": text, "card": {"id": f"{7:024x}"}, "board": {"id": f"{8:024x}"}},
    }


def _run(engine: sa.Engine, ended: datetime) -> None:
    counts = {"read": 12, "updated": ended.hour, "created": ended.day}
    streams = [StreamCounts("activities", "actions", counts)]
    usage = Usage(40 + ended.hour, 1.5, 0, 10.0)
    begun = ended - timedelta(seconds=20)
    record_run(engine, Run("crmoffice", "trello", begun, ended, "ok", streams, None, usage))
