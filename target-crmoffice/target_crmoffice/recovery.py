"""Finding the record that an unanswered creation may have made.

CRMOffice knows no idempotency key, so the only traces are the values that were sent and the time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from linked_target import property_of
from singer_rest import RecordRefused
from tap_crmoffice.contract import CREATED_AT, ID
from tap_crmoffice.instants import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from linked_target import Record

__all__ = ["SKEW", "created_record"]

SKEW = timedelta(minutes=5)
"""How far this machine's clock and the server's may differ."""


def created_record(
    records: Iterable[Record],
    values: Mapping[str, Any],
    *,
    earliest: datetime,
    means_same: Callable[[str, Any, Any], bool],
    taken: Callable[[str], bool],
) -> Record | None:
    """The one record that holds every value sent, was created since then, and is nobody's partner.

    Args:
        records: records of the stream that were updated lately, or all of them.
        values: value by property name, as they were sent.
        earliest: no earlier was the record created; aware. One that doesn't tell may be the one.
        means_same: whether two values of a property mean the same.
        taken: whether a record is linked already.

    Raises:
        RecordRefused: there are several such records, so none is certain.
    """
    found = {
        record[ID]: record
        for record in records
        if _created_since(record, earliest)
        and all(means_same(name, sent, property_of(record, name)) for name, sent in values.items())
        and not taken(record[ID])
    }
    if len(found) > 1:
        raise RecordRefused(
            f"{len(found)} records may have come from an attempt that got no answer: "
            f"{', '.join(found)}; delete all but one, or link the right one by hand"
        )
    return next(iter(found.values()), None)


def _created_since(record: Record, earliest: datetime) -> bool:
    moment = instant(record.get(CREATED_AT), latest=True)
    return moment is None or moment >= earliest
