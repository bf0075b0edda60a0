"""Everything that the streams of one direction share during a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linked_target.queue import Queue
from linked_target.records import property_of, with_property

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from linked_target.destination import DestinationStream
    from linked_target.links import Link, Links, StreamPair
    from linked_target.maps import RecordMap
    from linked_target.matching import Matcher
    from linked_target.open_properties import OpenProperties
    from linked_target.policy import ConflictPolicy
    from linked_target.records import Record
    from linked_target.references import References

__all__ = ["Direction", "StreamLink"]


@dataclass(frozen=True)
class Direction:
    """One direction of the sync in one run."""

    links: Links
    queue: Queue
    open: OpenProperties
    references: References
    policy: ConflictPolicy
    reference_keys: Mapping[str, Sequence[str]]
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
        return Queue(self.links.engine, self.destination, self.source)


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

    def source_wins(self, name: str) -> bool:
        """Whether the source wins where both sides edited a property."""
        return self.direction.policy.source_wins(self.pair, name)

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
            if self.stream.properties[name].references is not None:
                value = property_of(record, name)
                same = self.direction.references.canonical(self.stream, name, value)
                if same != value:
                    record = with_property(record, name, same)
        return record

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
