"""What a sync moved: the records that are not as they were before it, property by property."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sandbox.page.sections import SECTIONS

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.traffic import System

__all__ = ["Change", "Moved", "changes_between", "moved_since", "remember"]

Kind = Literal["created", "changed", "deleted"]

_NOW = (
    "SELECT kind, id, body FROM records WHERE kind IN"
    " ('activities', 'contacts', 'companies', 'users', 'member', 'organization') UNION ALL"
    " SELECT 'comment', id, body FROM actions WHERE type = 'commentCard'"
)
_DIFFERENT = (
    f"WITH now AS ({_NOW})"  # noqa: S608 - fixed
    " SELECT now.kind, old.body, now.body FROM now LEFT JOIN before_sync old"
    " ON old.kind = now.kind AND old.id = now.id WHERE old.body IS NOT now.body UNION ALL"
    " SELECT old.kind, old.body, NULL FROM before_sync old LEFT JOIN now"
    " ON old.kind = now.kind AND old.id = now.id WHERE now.id IS NULL"
)
_LONGEST_TITLE = 100
_BOOKKEEPING = {"createdAt", "updatedAt", "dateLastActivity", "data.dateLastEdited", "ixUpdate"}


@dataclass(frozen=True)
class Change:
    """A property that has another value than before, or one line of a text with several."""

    property: str
    old: str
    new: str


@dataclass(frozen=True)
class Moved:
    """A record that is not as it was.

    Attributes:
        system: where it is.
        section: of the page; the first of those that show such records.
        id: of the record.
        title: what people recognise it by.
        how: what became of it.
        changes: its changed properties; none of a record that is new or gone.
    """

    system: System
    section: str
    id: str
    title: str
    how: Kind
    changes: tuple[Change, ...]


def remember(store: Store) -> None:
    """Keep all records as they are now, to be compared with later; earlier ones are forgotten."""
    store.write("DROP TABLE IF EXISTS temp.before_sync")
    store.write(
        "CREATE TEMP TABLE before_sync (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        " WITHOUT ROWID"
    )
    store.write(f"INSERT INTO temp.before_sync {_NOW}")
    store.commit()


def moved_since(store: Store) -> list[Moved]:
    """The records that are not as they were at the last `remember`."""
    found = []
    for kind, old, new in store.rows(_DIFFERENT):
        before = None if old is None else msgspec.json.decode(old)
        after = None if new is None else msgspec.json.decode(new)
        moved = _moved(kind, before, after)
        if moved is not None:
            found.append(moved)
    return sorted(found, key=lambda each: (each.system, each.section, len(each.id), each.id))


def changes_between(before: Record, after: Record) -> tuple[Change, ...]:
    """The properties whose values differ, without those that tell only that something did."""
    old, new = _flat(before), _flat(after)
    return tuple(
        Change(path, *values)
        for path in sorted(old.keys() | new.keys())
        if path not in _BOOKKEEPING
        for values in _differing(old.get(path, ""), new.get(path, ""))
    )


def _moved(kind: str, before: Record | None, after: Record | None) -> Moved | None:
    system, section, title_path = _PLACES[kind]
    record = before if after is None else after
    if record is None:
        return None
    how: Kind = "created" if before is None else "deleted" if after is None else "changed"
    changes = changes_between(before, after) if before and after else ()
    if how == "changed" and not changes:
        return None
    title = _flat(record).get(title_path, "").partition("\n")[0]
    if len(title) > _LONGEST_TITLE:
        title = f"{title[:_LONGEST_TITLE]} …"
    return Moved(system, section, record["id"], title, how, changes)


def _flat(record: Record, above: str = "") -> dict[str, str]:
    """The values by their paths, as texts; nulls and what is empty are left out."""
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{above}{name}."))
        elif value not in (None, "", []):
            flat[f"{above}{name}"] = _text(value)
    return flat


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _differing(old: str, new: str) -> list[tuple[str, str]]:
    """What differs between two texts: line by line, where as many lines went as came."""
    if old == new:
        return []
    before, after = old.splitlines(), new.splitlines()
    gone = [line for line in before if line not in after]
    come = [line for line in after if line not in before]
    if not gone and not come:  # the same lines, in another order or number
        return [(old, new)]
    if len(gone) == len(come):
        return list(zip(gone, come, strict=True))
    return [("\n".join(gone), "\n".join(come))]


def _places() -> dict[str, tuple[System, str, str]]:
    """System, section and the path of the title, by the store's kind."""
    places: dict[str, tuple[System, str, str]] = {}
    systems: tuple[System, System] = ("crmoffice", "trello")
    for section in SECTIONS:
        for system in systems:
            side = section.side(system)
            places.setdefault(side.kind, (system, section.name, side.fields[0].path))
    return places


_PLACES = _places()
