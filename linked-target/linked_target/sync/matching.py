"""Match before create: finding the partner that a record already has."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from linked_target.records import property_of
from linked_target.values import Kind, match_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from linked_target.destination import DestinationStream
    from linked_target.records import Record
    from linked_target.store.links import Links

__all__ = ["Matcher"]


class Matcher:
    """Finds the one destination record that a source record means.

    The destination's records are read once, when the first record needs a partner; their keys and
    ids are kept, not the records.

    Args:
        stream: the destination stream.
        keys: the keys, the best first; each consists of property names.
        links: to leave out records that have a partner already.
        reserved: ids or other names of records that are pinned by hand; no key finds them.
    """

    def __init__(
        self,
        stream: DestinationStream,
        keys: Sequence[tuple[str, ...]],
        links: Links,
        reserved: Collection[str] = (),
    ) -> None:
        self._stream = stream
        self._keys = keys
        self._links = links
        self._reserved = reserved
        self._ids_by_key: dict[tuple[str, ...], list[str]] | None = None
        self._ids_by_name: dict[str, str] = {}
        self._claimed: set[str] = set()

    @property
    def is_loaded(self) -> bool:
        """Whether the candidates were read, or no record needs them."""
        return self._ids_by_key is not None or not (self._keys or self._reserved)

    def load(self) -> None:
        """Read the candidates, unless that was done."""
        if self.is_loaded:
            return
        index: dict[tuple[str, ...], list[str]] = {}
        for record in self._stream.candidates():
            self._add(record, index)
        self._ids_by_key = index

    @contextmanager
    def claimed(self, record_id: str) -> Iterator[None]:
        """Let no other record find this one while it is being linked."""
        self._claimed.add(record_id)
        try:
            yield
        finally:
            self._claimed.discard(record_id)

    def find(self, values: Mapping[str, Any], pinned: str | None = None) -> str | None:
        """The id of the partner, or None. Candidates have to be loaded before.

        Args:
            values: the source record in the destination's terms.
            pinned: the partner's id or other name, where somebody pinned it by hand.

        Raises:
            RecordRefused: when several records match the same key, or the pinned one is missing
                or has another partner.
        """
        if not self._keys and pinned is None:
            return None
        if pinned is not None:
            return self._pinned(pinned)
        for key in self._keys:
            entry = self._entry(key, values)
            found = self._free((self._ids_by_key or {}).get(entry, [])) if entry else []
            if len(found) > 1:
                raise RecordRefused(
                    f"{len(found)} {self._stream.name} have the same {' and '.join(key)}: "
                    f"{', '.join(found)}; link the right one by hand"
                )
            if found:
                return found[0]
        return None

    def _pinned(self, name: str) -> str:
        if name not in self._ids_by_name:
            raise RecordRefused(f"its pinned partner '{name}' does not exist")
        record_id = self._ids_by_name[name]
        if not self._without_partner([record_id]):
            raise RecordRefused(f"its pinned partner '{name}' is linked with another record")
        return record_id

    def _add(self, record: Record, index: dict[tuple[str, ...], list[str]]) -> None:
        record_id = self._stream.id_of(record)
        self._ids_by_name[record_id] = record_id
        for name in self._stream.alternate_ids:
            if record.get(name):
                self._ids_by_name.setdefault(str(record[name]), record_id)
        for key in self._keys:
            values = {name: property_of(record, name) for name in key}
            if entry := self._entry(key, values):
                index.setdefault(entry, []).append(record_id)

    def _entry(self, key: tuple[str, ...], values: Mapping[str, Any]) -> tuple[str, ...] | None:
        parts = [match_value(self._kind(name), values.get(name)) for name in key]
        if any(part is None for part in parts):
            return None
        return (*key, *(str(part) for part in parts))

    def _kind(self, name: str) -> Kind:
        known = self._stream.properties.get(name)
        return known.kind if known else Kind.TEXT

    def _free(self, ids: Collection[str]) -> list[str]:
        pinned = {self._ids_by_name.get(name) for name in self._reserved}
        return [record_id for record_id in self._without_partner(ids) if record_id not in pinned]

    def _without_partner(self, ids: Collection[str]) -> list[str]:
        if not ids:
            return []
        taken = self._links.owners_of(self._stream.name, ids)
        return [
            each for each in dict.fromkeys(ids) if each not in taken and each not in self._claimed
        ]
