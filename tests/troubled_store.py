"""A link store with something of everything that people look at and mend."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from linked_target.records import encoded, record_hash
from linked_target.store import tables
from linked_target.store.database import open_store
from linked_target.store.link import LINKED, ORPHANED
from linked_target.store.open_properties import CONFLICT
from linked_target.store.queue import FAILED

__all__ = ["fill"]

FIRST_ACTIVITY = 4001
LINKS = 20
IN_CONFLICT, ORPHAN, FAILED_ID = 12, 14, "4017"


def fill(url: str) -> None:
    """Fill a store: L1 to L20 of activities, L12 in conflict, L14 orphaned; one record failed.

    Args:
        url: of a store, which may be empty.
    """
    now = datetime.now(timezone.utc)
    engine = open_store(url)
    with engine.begin() as connection:
        connection.execute(tables.links.insert(), [link(each, now) for each in range(1, LINKS + 1)])
        connection.execute(
            tables.open_properties.insert().values(
                link_id=IN_CONFLICT,
                toward="trello",
                name="data__text",
                kind=CONFLICT,
                value=encoded("Call them"),
                other=encoded("Write to them"),
                reason="both sides edited it",
                since=now,
            )
        )
        connection.execute(
            tables.queue.insert().values(
                source="crmoffice",
                destination="trello",
                source_stream="activities",
                destination_stream="actions",
                source_id=FAILED_ID,
                record=encoded({"id": FAILED_ID}),
                status=FAILED,
                error="Trello answers 400: invalid value for text",
                attempts=1,
                first_at=now,
                next_at=now,
            )
        )
    engine.dispose()


def link(number: int, now: datetime) -> dict[str, Any]:
    """A row of the table of links."""
    activity = {"id": str(FIRST_ACTIVITY + number - 1), "subject": f"Call no. {number}"}
    comment = {
        "id": f"{number:024x}",
        "type": "commentCard",
        "data": {"text": f"Call no. {number}"},
        "idMemberCreator": f"{0:024x}",
    }
    is_orphan = number == ORPHAN
    return {
        "id": number,
        "a_system": "crmoffice",
        "a_stream": "activities",
        "a_id": activity["id"],
        "b_system": "trello",
        "b_stream": "actions",
        "b_id": comment["id"],
        "state": ORPHANED if is_orphan else LINKED,
        "gone": "trello" if is_orphan else None,
        "reason": "it was edited after its partner was deleted" if is_orphan else None,
        "a_record": encoded(activity),
        "b_record": encoded(comment),
        "a_hash": record_hash(activity),
        "b_hash": record_hash(comment),
        "created_at": now,
        "updated_at": now,
    }
