"""Everything that the streams of one direction share during a run."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linked_target.records import property_of, with_property
from linked_target.store.queue import Queue
from linked_target.values import parse_instant, same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from linked_target.destination import DestinationStream
    from linked_target.maps import RecordMap
    from linked_target.records import Record
    from linked_target.store.links import Link, Links, StreamPair
    from linked_target.store.open_properties import OpenProperties
    from linked_target.sync.creations import Creations
    from linked_target.sync.driver import Driver
    from linked_target.sync.journal import Journal
    from linked_target.sync.matching import Matcher
    from linked_target.sync.policy import ConflictPolicy
    from linked_target.sync.references import References

__all__ = ["Direction", "OnDelete", "StreamLink"]


class OnDelete(str, enum.Enum):
    """What becomes of a record whose partner was deleted."""

    KEEP = "keep"
    """It stays, and no new partner is made for it."""
    UNLINK = "unlink"
    """It stays, and counts as one that never had a partner."""
    DELETE = "delete"
    """It is deleted as well, unless somebody edited it since."""


@dataclass(frozen=True)
class Direction:
    """One direction of the sync in one run."""

    links: Links
    queue: Queue
    open: OpenProperties
    references: References
    policy: ConflictPolicy
    driver: Driver
    journal: Journal
    creations: Creations
    reference_keys: Mapping[str, Sequence[str]]
    edited_at: Mapping[str, str] = field(default_factory=dict)
    """By source stream, the property with the time of a record's last edit."""
    propagate_nulls: bool = False

    @property
    def source(self) -> str:
        """Name of the system that records come from."""
        return self.links.source

    @property
    def destination(self) -> str:
        """Name of the system that records go to."""
        return self.links.destination

    def return_queue(self) -> Queue:
        """The queue of the opposite direction."""
        return Queue(self.links.transactions, self.destination, self.source)


@dataclass(frozen=True)
class StreamLink:
    """A source stream, the destination stream it is mapped to, and how."""

    direction: Direction
    pair: StreamPair
    stream: DestinationStream
    map: RecordMap
    matcher: Matcher
    create: bool = True
    link_only: bool = False
    """Whether partners are found and linked, but neither created nor changed, as users are."""
    pins: Mapping[str, str] = field(default_factory=dict)
    on_delete: OnDelete = OnDelete.KEEP
    is_shard: bool = False
    """Whether the run has a share of the records only, which the map's filter tells."""

    def shares(self, record: Record) -> bool:
        """Whether a source record is this run's business, and not that of another shard."""
        return not self.is_shard or self.map.lets_through(record)

    def judge(self, record: Record, current: Record | None = None) -> Callable[[str], bool | None]:
        """Who decides whether the source wins a property that both sides edited.

        The answer None leaves it to a person.

        Args:
            record: the source's record.
            current: the destination's one as just read, if it is at hand.
        """
        path = self.direction.edited_at.get(self.pair.source)
        source_time = parse_instant(property_of(record, path)) if path else None
        destination_time = None if current is None else self.stream.edited_at(current)
        return lambda name: self.direction.policy.source_wins(
            self.pair, name, source_time, destination_time
        )

    def source_names(self, source_id: str, record: Record) -> list[str]:
        """A source record's id and the further names by which it is referred to."""
        keys = self.direction.reference_keys.get(self.pair.source, ())
        return [source_id, *(str(record[key]) for key in keys if record.get(key))]

    def pinned(self, source_id: str, record: Record) -> str | None:
        """The partner that somebody pinned by hand, if any."""
        if not self.pins:
            return None
        return next(
            (self.pins[name] for name in self.source_names(source_id, record) if name in self.pins),
            None,
        )

    def remember_names(self, link: Link, source_record: Record, record: Record) -> None:
        """Store by which further names the two records of a link are referred to."""
        links = self.direction.links
        if self.direction.reference_keys.get(self.pair.source):
            names = self.source_names(link.source_id, source_record)[1:]
            links.aliases.replace(link, links.source, names)
        if self.stream.alternate_ids:
            alternates = [record.get(name) for name in self.stream.alternate_ids]
            links.aliases.replace(
                link, links.destination, [str(name) for name in alternates if name]
            )

    def canonical(self, record: Record, names: Iterable[str]) -> Record:
        """A destination record with its references by id, so that a user name and an id compare."""
        for name in names:
            value = property_of(record, name)
            same = self.canonical_value(name, value)
            if same != value:
                record = with_property(record, name, same)
        return record

    def canonical_value(self, name: str, value: Any) -> Any:
        """A value of a destination's property; a reference by id."""
        if self.stream.properties[name].references is None:
            return value
        return self.direction.references.canonical(self.stream, name, value)

    def means_same(self, name: str, one: Any, other: Any) -> bool:
        """Whether two values of a destination's property mean the same."""
        one, other = self.canonical_value(name, one), self.canonical_value(name, other)
        return same_value(self.stream.properties[name].kind, one, other)

    def translated(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values with references in the destination's ids, and the references that are unknown."""
        known: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        for name, value in values.items():
            if self.stream.properties[name].references is None or value in (None, ""):
                known[name] = value
                continue
            partner = self.direction.references.partner(self.stream, name, value)
            if partner is None:
                unknown[name] = value
            else:
                known[name] = partner
        return known, unknown
