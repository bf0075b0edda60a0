"""Links as lines of a CSV file: one line per link, and what each column means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from singer_rest import PluginError

from linked_target.records import Record, decoded, encoded, record_hash
from linked_target.store.link import INTENT, LINKED, ORPHANED, PAIRED, UNMATCHED
from linked_target.values import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import RowMapping

__all__ = ["COLUMNS", "REQUIRED", "End", "LinkLine", "LinkRefused", "line_of", "link_of_line"]

REQUIRED = ("a_system", "a_stream", "a_id", "b_system", "b_stream", "b_id")
COLUMNS = (
    *REQUIRED,
    "state",
    "gone",
    "a_record",
    "b_record",
    "reason",
    "created_at",
    "open",
    "aliases",
)
"""`open` is a JSON list of the properties that wait on the link, `aliases` one of further names."""

NAMES = ("a_system", "a_stream", "b_system", "b_stream", "state", "gone")
JOINED = frozenset({LINKED, ORPHANED, PAIRED})
LOOSE = frozenset({UNMATCHED, INTENT})


class LinkRefused(PluginError):
    """A link that can't be stored as it stands."""


class End(NamedTuple):
    """One end of a link; its id is None where the link has no record there (yet)."""

    system: str
    stream: str
    id: str | None

    def __str__(self) -> str:
        """For messages."""
        return f"{self.system} {self.stream} {self.id}"


class OpenProperty(msgspec.Struct, frozen=True):
    """A property that waits on a link; see `open_properties`."""

    toward: str
    name: str
    kind: str
    value: Any
    reason: str | None
    since: datetime
    other: Any = None


class Alias(msgspec.Struct, frozen=True):
    """A further name of one of the link's records."""

    system: str
    alias: str


@dataclass(frozen=True)
class LinkLine:
    """A link as it stands in a file.

    Attributes:
        a: the end whose system comes first in the alphabet.
        b: the other one.
        state: see `link`.
        a_record: baseline of that end; None if it is not known.
        b_record: likewise.
        created_at: when the link was made, or an intent begun; aware.
        gone: of an orphaned link, the system whose record is gone.
        reason: why there is no partner, or why somebody has to look at an orphaned link.
        waiting: its properties that could not be written yet.
        aliases: further names of its records.
    """

    a: End
    b: End
    state: str
    a_record: Record | None
    b_record: Record | None
    created_at: datetime
    gone: str | None = None
    reason: str | None = None
    waiting: list[OpenProperty] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)

    @property
    def is_joined(self) -> bool:
        """Whether it has two records, not one that looks for its partner."""
        return self.a.id is not None and self.b.id is not None

    def columns(self) -> dict[str, Any]:
        """Its row in the table `links`, without the row id."""
        return {
            "a_system": self.a.system,
            "b_system": self.b.system,
            "a_stream": self.a.stream,
            "b_stream": self.b.stream,
            "a_id": self.a.id,
            "b_id": self.b.id,
            "state": self.state,
            "a_record": None if self.a_record is None else encoded(self.a_record),
            "b_record": None if self.b_record is None else encoded(self.b_record),
            "a_hash": _hash(self.a, self.a_record),
            "b_hash": _hash(self.b, self.b_record),
            "reason": self.reason,
            "gone": self.gone,
            "created_at": self.created_at,
            "updated_at": datetime.now(timezone.utc),
        }


def line_of(row: RowMapping, waiting: Iterable[Any], aliases: Iterable[Any]) -> list[str]:
    """The values of a file's line for a row of `links` and the rows that refer to it."""
    properties = [
        OpenProperty(
            each.toward,
            each.name,
            each.kind,
            decoded(each.value),
            each.reason,
            _utc(each.since),
            decoded(each.other) if each.other else None,
        )
        for each in waiting
    ]
    names = [Alias(each.system, each.alias) for each in aliases]
    values = {
        **{name: row[name] or "" for name in (*REQUIRED, "state", "gone", "reason")},
        "a_record": _text(row["a_record"]),
        "b_record": _text(row["b_record"]),
        "created_at": _utc(row["created_at"]).isoformat(),
        "open": _text(encoded(properties)) if properties else "",
        "aliases": _text(encoded(names)) if names else "",
    }
    return [values[name] for name in COLUMNS]


def link_of_line(values: Mapping[str, str]) -> LinkLine:
    """The link that a line of a file describes; the systems may stand in either order.

    Raises:
        LinkRefused: when the line makes no sense.
    """
    line = {name: value.strip() if name in NAMES else value for name, value in values.items()}
    for name in NAMES[:4]:
        if not line[name]:
            raise LinkRefused(f"{name} is empty")
    if line["a_system"] == line["b_system"]:
        raise LinkRefused(f"a link joins two systems, not {line['a_system']} with itself")
    near, far = ("a", "b") if line["a_system"] < line["b_system"] else ("b", "a")
    a, b = _end(line, near), _end(line, far)
    a_record, b_record = _record(line, f"{near}_record"), _record(line, f"{far}_record")
    return _checked(
        LinkLine(
            a=a,
            b=b,
            state=_state(line.get("state", ""), a_record, b_record),
            a_record=a_record,
            b_record=b_record,
            created_at=_instant(line.get("created_at", "")),
            gone=line.get("gone") or None,
            reason=line.get("reason") or None,
            waiting=_parsed(line, "open", list[OpenProperty]),
            aliases=_parsed(line, "aliases", list[Alias]),
        )
    )


def _state(state: str, a_record: Record | None, b_record: Record | None) -> str:
    """The state; a pair that is not known to have agreed on something is one made by hand."""
    if state in {"", LINKED}:
        return PAIRED if a_record is None or b_record is None else LINKED
    return state


def _checked(link: LinkLine) -> LinkLine:
    ends = {"a_id": link.a.id, "b_id": link.b.id}
    missing = [name for name, value in ends.items() if value is None]
    if link.state not in JOINED | LOOSE:
        raise LinkRefused(f"state '{link.state}' is none of {', '.join(sorted(JOINED | LOOSE))}")
    if link.state in JOINED and missing:
        raise LinkRefused(f"{missing[0]} is empty, and a link that is {link.state} needs both")
    if link.state in LOOSE and len(missing) != 1:
        raise LinkRefused(f"one of a_id and b_id must be empty where the state is {link.state}")
    needed = {"a_record": link.a_record, "b_record": link.b_record}
    if link.state == UNMATCHED:
        del needed["a_record" if link.a.id is None else "b_record"]
    for name, record in needed.items():
        if record is None and link.state != PAIRED:
            raise LinkRefused(f"{name} is empty, which can't be where the state is {link.state}")
    if link.gone is not None and link.state != ORPHANED:
        raise LinkRefused("gone names a system, but the state is not orphaned")
    systems = {link.a.system, link.b.system}
    named = {each.toward for each in link.waiting} | {each.system for each in link.aliases}
    strange = (named | ({link.gone} if link.gone else set())) - systems
    if strange:
        raise LinkRefused(f"'{strange.pop()}' is none of its two systems")
    return link


def _end(line: Mapping[str, str], end: str) -> End:
    return End(line[f"{end}_system"], line[f"{end}_stream"], line[f"{end}_id"] or None)


def _record(line: Mapping[str, str], name: str) -> Record | None:
    text = line.get(name)
    return None if not text else _decoded(name, text, dict[str, Any], "a JSON object")


def _parsed(line: Mapping[str, str], name: str, kind: Any) -> Any:
    text = line.get(name)
    return _decoded(name, text, kind, "what an export writes there") if text else []


def _decoded(name: str, text: str, kind: Any, meant: str) -> Any:
    try:
        return msgspec.json.decode(text.encode(), type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise LinkRefused(f"{name} is not {meant}: {error}") from None


def _instant(text: str) -> datetime:
    if not text:
        return datetime.now(timezone.utc)
    instant = parse_instant(text)
    if instant is None:
        raise LinkRefused(f"created_at is no time: {text}")
    return instant.astimezone(timezone.utc)


def _hash(end: End, record: Record | None) -> bytes | None:
    return None if end.id is None or record is None else record_hash(record)


def _text(data: bytes | None) -> str:
    return data.decode() if data else ""


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:  # SQLite keeps no offset
        return instant.replace(tzinfo=timezone.utc)
    return instant.astimezone(timezone.utc)
