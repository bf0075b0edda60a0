"""Translating references: the id of a source record into the id of its partner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linked_target.store.links import StreamPair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.destination import DestinationStream
    from linked_target.store.links import Links

__all__ = ["References"]

CACHE_SIZE = 10_000


class References:
    """Looks up partners of referenced records.

    Args:
        links: the link store's links in this direction.
        source_streams: by destination stream and property, the source stream whose ids it holds.
        pins: by pair of streams, partners pinned by hand: destination id by source reference.
    """

    def __init__(
        self,
        links: Links,
        source_streams: Mapping[str, Mapping[str, str]],
        pins: Mapping[StreamPair, Mapping[str, str]],
    ) -> None:
        self._links = links
        self._source_streams = source_streams
        self._pins = pins
        self._cache: dict[tuple[StreamPair, str], str] = {}

    def partner(self, stream: DestinationStream, name: str, value: Any) -> str | None:
        """The destination id for a reference, or None while its partner is unknown.

        A reference whose source stream is not configured is passed on as it is: it holds a
        destination id already.

        Args:
            stream: the destination stream that has the property.
            name: the property, one with `references`.
            value: the referenced source record's id, or another name that it goes by.
        """
        pair = self.pair_of(stream, name)
        if pair is None:
            return str(value)
        key = (pair, str(value))
        if key not in self._cache:
            found = self._links.aliases.partner_of(pair, str(value)) or self._pinned(
                pair, str(value)
            )
            if found is None:
                return None
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[key] = found
        return self._cache[key]

    def canonical(self, stream: DestinationStream, name: str, value: Any) -> Any:
        """A reference as the destination holds it, by the id of the record it means."""
        pair = self.pair_of(stream, name)
        if value is None or pair is None:
            return value
        return self._links.aliases.canonical_destination(pair, str(value)) or value

    def pair_of(self, stream: DestinationStream, name: str) -> StreamPair | None:
        """The source and the destination stream that a reference is about."""
        source_stream = self._source_streams.get(stream.name, {}).get(name)
        destination_stream = stream.properties[name].references
        if source_stream is None or destination_stream is None:
            return None
        return StreamPair(source_stream, destination_stream)

    def _pinned(self, pair: StreamPair, value: str) -> str | None:
        pinned = self._pins.get(pair, {}).get(value)
        if pinned is None:
            return None
        return self._links.aliases.canonical_destination(pair, pinned) or pinned
