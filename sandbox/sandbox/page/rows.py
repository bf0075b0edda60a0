"""The rows of the page: a record of the one system beside its partner of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clock import iso
from sandbox.page.sections import COMMENT
from sandbox.trello.object_ids import second_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.page.partners import Partners
    from sandbox.page.sections import Section, Side
    from sandbox.store import Record, Store

__all__ = ["Row", "found_rows", "records_of", "rows_of", "shown_value"]

_COMMENTS = "SELECT body FROM actions WHERE type = 'commentCard'"
_RECORDS = "SELECT body FROM records WHERE kind = ?"

Order = tuple[str, int, str]


@dataclass(frozen=True)
class Row:
    """What stands side by side.

    Attributes:
        crmoffice: the record on the left; None if there is none.
        trello: the record on the right; None if there is none.
        paired: whether the two belong together.
    """

    crmoffice: Record | None
    trello: Record | None
    paired: bool

    def has(self, record_id: str) -> bool:
        """Whether one of the two has this id."""
        return any(
            each is not None and each["id"] == record_id for each in (self.crmoffice, self.trello)
        )


def records_of(store: Store, side: Side) -> list[Record]:
    """All records of a side, newest first; each names its references under `shown`."""
    if side.kind == COMMENT:
        records = store.bodies(_COMMENTS)
    else:
        records = store.bodies(_RECORDS, (side.kind,))
    names = _names(store, side.kind)
    for record in records:
        record["shown"] = {
            path: f"{value} ({names[path][value]})"
            for path in names
            if (value := shown_value(record, path)) in names[path]
        }
        if side.kind == COMMENT:
            author = record["idMemberCreator"]
            record["shown"]["memberCreator"] = names["idMemberCreator"].get(author, author)
    return sorted(records, key=_order, reverse=True)


def rows_of(
    section: Section, left: Sequence[Record], right: Sequence[Record], partners: Partners
) -> list[Row]:
    """The rows of a section, newest first; where partners are unknown, both sides stand apart."""
    if partners.unknown:
        longest = max(len(left), len(right))
        return [Row(_at(left, place), _at(right, place), False) for place in range(longest)]
    elsewhere = partners.elsewhere(section)
    by_id = {record["id"]: record for record in right if record["id"] not in elsewhere}
    rows = []
    for record in left:
        partner = by_id.pop(partners.of(section).get(record["id"], ""), None)
        rows.append(Row(record, partner, partner is not None))
    rows += [Row(None, record, False) for record in by_id.values()]
    return sorted(rows, key=_row_order, reverse=True)


def found_rows(section: Section, rows: Iterable[Row], words: str) -> list[Row]:
    """The rows in which one of the records has all of the words, whatever their case."""
    wanted = words.lower().split()
    if not wanted:
        return list(rows)
    return [
        row
        for row in rows
        if _has(section.crmoffice, row.crmoffice, wanted)
        or _has(section.trello, row.trello, wanted)
    ]


def shown_value(record: Mapping[str, Any], path: str) -> str:
    """The text of a property, which may stand in a nested object; empty without one."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def _has(side: Side, record: Record | None, wanted: Sequence[str]) -> bool:
    if record is None:
        return False
    shown = record.get("shown", {})
    words = [record["id"], *(shown_value(record, field.path) for field in side.fields)]
    text = "\n".join((*words, *shown.values())).lower()
    return all(word in text for word in wanted)


def _names(store: Store, kind: str) -> dict[str, dict[str, str]]:
    """What people call what a record refers to, by the path of the reference."""
    if kind == COMMENT:
        members = store.bodies(_RECORDS, ("member",))
        return {"idMemberCreator": {each["id"]: f"@{each['username']}" for each in members}}
    if kind == "activities":
        users = store.bodies(_RECORDS, ("users",))
        by_id = {each["id"]: each["fullName"] for each in users}
        return {"ownerId": {**by_id, **{each["userName"]: each["fullName"] for each in users}}}
    if kind == "contacts":
        companies = store.bodies(_RECORDS, ("companies",))
        return {"company.id": {each["id"]: each["name"] for each in companies}}
    return {}


def _order(record: Record) -> Order:
    """When a record last changed; of those that don't tell, when it was made."""
    record_id = str(record["id"])
    changed = record.get("updatedAt") or record.get("data", {}).get("dateLastEdited")
    changed = changed or record.get("date")
    if changed is None and not record_id.isdecimal():
        changed = iso(second_of(record_id))
    return str(changed or ""), len(record_id), record_id


def _row_order(row: Row) -> Order:
    return max(_order(record) for record in (row.crmoffice, row.trello) if record is not None)


def _at(records: Sequence[Record], place: int) -> Record | None:
    return records[place] if place < len(records) else None
