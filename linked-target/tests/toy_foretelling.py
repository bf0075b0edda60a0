"""What users expect a run to do, in plain steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toy_expectation import Pair, Seen
from toy_merging import Doubt, Merging, Refused
from toy_terms import STREAMS, all_same, is_empty, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toy_terms import Item, Values

MATCHED = ("website", "name")
"""Properties by which companies match, the stronger first."""


class Foretelling(Merging):
    """Goes through a run in which nothing goes wrong."""

    def carry_out(self) -> dict[Item, Values]:
        self.all.doubted.clear()
        for pair in self.all.pairs:
            pair.written = False
        for kind in STREAMS:
            if self._is_complete(kind):
                self._forget_what_is_gone(kind)
            for item, seen in self._to_do(kind):
                self._one(item, seen)
        for kind in STREAMS:
            for pair in self._pairs(kind):
                self._pass_on_what_waits(pair)
        for kind in reversed(STREAMS):
            if self._is_complete(kind):
                for pair in self._pairs(kind):
                    self._part_if_gone(pair)
        return self.there

    def _pairs(self, kind: str) -> Iterator[Pair]:
        return (pair for pair in list(self.all.pairs) if pair.kind == kind)

    def _is_complete(self, kind: str) -> bool:
        return self.run.complete and any(each == kind for each, _ in self.run.told)

    def _to_do(self, kind: str) -> Iterator[tuple[Item, Seen]]:
        both = {**self.remembered, **self.run.told}
        return ((item, seen) for item, seen in both.items() if item[0] == kind)

    def _forget_what_is_gone(self, kind: str) -> None:
        for item in [each for each in self.remembered if each[0] == kind]:
            if item not in self.run.told:
                del self.remembered[item]
        for pair in self._pairs(kind):
            is_ending = pair.by_hand or pair.gone == self.destination
            if is_ending and self._item(pair, self.source) not in self.run.told:
                self.all.pairs.remove(pair)

    def _one(self, item: Item, seen: Seen) -> None:
        pair = self.all.pair_of(self.source, item)
        if (pair and pair.doubtful) or item in self.run.unsure:
            return
        self.remembered.pop(item, None)
        try:
            if pair is None:
                self._attach(item, seen)
            elif pair.by_hand:
                self._join(pair, seen)
            elif pair.gone is None or self._is_back(pair, seen):
                pair.gone = None
                self._sync(pair, seen)
        except Refused:
            self.remembered[item] = seen
            self.refused.add(item)
        except Doubt:
            self.all.doubted.add((self.source, *item))
            if pair:
                pair.doubtful = True

    def _is_back(self, pair: Pair, seen: Seen) -> bool:
        """Whether both records of a parted pair are there again, as far as anybody looks."""
        if self._item(pair, self.source) not in self.run.told:
            return False
        if pair.gone == self.source:
            return True
        is_news = seen.edited != pair.edited.get(self.source) or not all_same(
            seen.values, pair.known[self.source]
        )
        return is_news and self._item(pair, self.destination) in self.there

    def _sync(self, pair: Pair, seen: Seen) -> None:
        before = pair.known[self.source]
        edits = {
            name: value
            for name, value in seen.values.items()
            if not same(value, before.get(name))
            and (self.run.propagate_nulls or not is_empty(value))
        }
        if not edits:
            self._take_note(pair, seen)
            return
        for name in edits.keys() & pair.waits[self.source].keys():
            if self._source_wins(pair, name, seen.edited, None):
                del pair.waits[self.source][name]
            else:
                del edits[name]
        known, unknown = self._translated(pair.kind, edits)
        self._pass_on(pair, known, unknown, seen)

    def _without_partner(self, pair: Pair, seen: Seen, *, told: bool) -> None:
        if self.run.on_delete != "unlink":
            pair.gone = self.destination
            return
        self.all.pairs.remove(pair)
        item = self._item(pair, self.source)
        if told:
            self._attach(item, seen)
        else:
            self.remembered[item] = seen

    def _attach(self, item: Item, seen: Seen) -> None:
        kind, record_id = item
        partner = self._match(kind, seen.values) if kind == "company" else None
        if partner is not None:
            ids = {self.source: record_id, self.destination: partner}
            self._join(Pair(kind, ids, {side: {} for side in ids}), seen)
            return
        if not self.run.create[kind]:
            self.remembered[item] = seen
            return
        known, unknown = self._translated(kind, seen.values)
        stated = {name: value for name, value in known.items() if not is_empty(value)}
        made = kind, self.run.new_id(kind, record_id)
        if any(value in self.run.poison for value in stated.values()):
            raise Refused
        self.there[made] = {**dict.fromkeys(seen.values), **stated}
        ids = {self.source: record_id, self.destination: made[1]}
        values = {self.source: dict(seen.values), self.destination: dict(self.there[made])}
        pair = Pair(kind, ids, values, {self.source: seen.edited}, written=True)
        self._settle(pair, {}, {}, unknown)
        self.all.pairs.append(pair)
        self.joined.add(made)

    def _match(self, kind: str, values: Values) -> str | None:
        free = {
            record_id: seen.values
            for (each, record_id), seen in self.run.there.items()
            if each == kind and not self.all.pair_of(self.destination, (kind, record_id))
        }
        for key in MATCHED:
            alike = [each for each in free if _alike(free[each][key], values[key])]
            if len(alike) > 1:
                raise Refused
            if alike:
                self._is_the_only_one(kind, alike[0])
                return alike[0]
        return None

    def _is_the_only_one(self, kind: str, partner: str) -> None:
        """Of several records that match the same one, it gets the first that comes."""
        everything = {**self.remembered, **self.run.told}
        rivals = [
            item
            for item, seen in everything.items()
            if item[0] == kind
            and not self.all.pair_of(self.source, item)
            and any(_alike(self.there[kind, partner][name], seen.values[name]) for name in MATCHED)
        ]
        if len(rivals) > 1:
            raise Doubt

    def _join(self, pair: Pair, seen: Seen) -> None:
        there = self._item(pair, self.destination)
        if there not in self.there:
            raise Refused
        now = self.there[there]
        known, unknown = self._translated(pair.kind, seen.values)
        write, returned = {}, set(unknown)
        for name, value in known.items():
            if same(value, now[name]):
                continue
            if is_empty(value):
                returned.add(name)
            elif is_empty(now[name]) or self._source_wins(
                pair, name, seen.edited, self._edited_there(pair)
            ):
                write[name] = value
            else:
                returned.add(name)
        held = {name: write.pop(name) for name in list(write) if name in self.run.locked[pair.kind]}
        self._write(there, write, pair)
        agreed = {name: None if name in returned else value for name, value in now.items()}
        pair.known = {self.source: dict(seen.values), self.destination: agreed}
        pair.edited = {
            self.source: seen.edited,
            self.destination: self.run.there[there].edited,
        }
        pair.by_hand = False
        self._settle(pair, {}, held, unknown)
        if pair not in self.all.pairs:
            self.all.pairs.append(pair)
        self.joined.add(there)
        if returned - set(unknown):
            told = Seen(dict(now), self._edited_there(pair) or "")
            self.all.remembered[self.destination][there] = told

    def _pass_on_what_waits(self, pair: Pair) -> None:
        item = self._item(pair, self.source)
        if pair.doubtful or pair.by_hand or pair.gone or item in self.refused:
            return
        seen = Seen(pair.known[self.source], pair.edited.get(self.source, ""))
        waits, locked = pair.waits[self.destination], self.run.locked[pair.kind]
        pending = {name: wait.value for name, wait in waits.items() if not wait.held}
        held = {n: wait.value for n, wait in waits.items() if wait.held and n not in locked}
        try:
            values = {**self._translated(pair.kind, pending)[0], **held}
            if values:
                self._pass_on(pair, values, {}, seen, told=False)
        except Doubt:
            pair.doubtful = True
        except Refused:
            self.remembered[item] = seen

    def _part_if_gone(self, pair: Pair) -> None:
        if (
            self._item(pair, self.source) in self.run.told
            or pair.gone
            or pair.by_hand
            or pair.doubtful
        ):
            return
        there = self._item(pair, self.destination)
        if self.run.on_delete == "keep":
            pair.gone = self.source
        elif self.run.on_delete == "unlink" or there not in self.there:
            self.all.pairs.remove(pair)
        elif (
            not all_same(self.there[there], pair.known[self.destination]) or pair.waits[self.source]
        ):
            pair.gone = self.source
        else:
            del self.there[there]
            self.all.pairs.remove(pair)


def _alike(one: Any, two: Any) -> bool:
    return not is_empty(one) and same(one, two)
