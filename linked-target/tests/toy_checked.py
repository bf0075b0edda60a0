"""A world in which each run is compared with what users expect of it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from linked_target.store.link import INTENT, ORPHANED, PAIRED, UNMATCHED
from toy_expectation import Expectation, Pair, Run, Seen
from toy_foretelling import Foretelling
from toy_guard import Guard
from toy_merging import JUST_NOW
from toy_rules import Rules
from toy_table import EDITED
from toy_terms import (
    KIND_OF,
    NAMES,
    PREFIXES,
    SIDES,
    STREAMS,
    Item,
    Key,
    Values,
    other,
    same,
    values_of,
)
from toy_world import Fault, Report, World

if TYPE_CHECKING:
    from toy_store import Link, ToyStore


class Checked:
    """A world in which each run is compared with what is expected of it.

    Args:
        store: the link store; it is emptied.
    """

    def __init__(self, store: ToyStore) -> None:
        self.world = World(store)
        self.expected = Expectation()
        self.rules = Rules()
        self.is_broken = False
        self.guard = Guard(self.world)

    def run(self, source: str, mode: str, seed: int, fault: Fault | None = None) -> Report:
        """Run the sync in one direction and check everything that can be known of it."""
        destination = other(source)
        self.is_broken = True
        settings = self.rules.settings()
        settings["create"] = {
            STREAMS[kind][destination]: allowed
            for kind, allowed in self.rules.creates(destination).items()
        }
        run = self._set_up(source, mode)
        unsure = self._unsure(run)
        run.unsure |= {key[1:] for key in unsure if key[0] == source}
        after = deepcopy(self.expected)
        there = Foretelling(after, run).carry_out()
        untouched = (
            deepcopy(self.world.tables[source]["company"].records),
            deepcopy(self.world.tables[source]["activity"].records),
        )
        self.guard.look()
        report = self.world.run(source, mode, seed, fault, **settings)
        assert untouched == (
            self.world.records(source, "company"),
            self.world.records(source, "activity"),
        )
        self.guard.check_deletions(run, report)
        self.guard.check_partings()
        if report.faulted:
            unsure |= self._touched(after, run)
            unsure |= {(destination, kind, change.record_id) for kind, change in report.changes}
        else:
            self.expected = after
            unsure |= self._doubtful() | after.doubted
            self._compare_records(run, there, unsure)
        self._read_links(unsure, faulted=report.faulted)
        self.guard.check(destination, report, self.expected.pairs)
        self.is_broken = False
        return report

    def _set_up(self, source: str, mode: str) -> Run:
        destination = other(source)
        told = self._seen(source)
        if mode == "changed":
            told = {item: each for item, each in told.items() if item in self.world.changed[source]}
        tables = self.world.tables[destination]
        return Run(
            source=source,
            destination=destination,
            told=told,
            complete=mode == "complete",
            there=self._seen(destination),
            locked={kind: self.locked(destination, kind) for kind in STREAMS},
            poison=self.world.poison,
            wins=self.rules.winner,
            propagate_nulls=self.rules.propagate_nulls,
            on_delete=self.rules.on_delete,
            create=self.rules.creates(destination),
            new_id=lambda kind, source_id: tables[kind].next_id(
                PREFIXES[kind][destination], source_id
            ),
        )

    def locked(self, side: str, kind: str) -> set[str]:
        names = self.world.tables[side][kind].locked
        return {name for name, at in NAMES[kind].items() if at[side] in names}

    def _seen(self, side: str) -> dict[Item, Seen]:
        return {
            (kind, record_id): Seen(values_of(side, kind, record), record[EDITED])
            for kind in STREAMS
            for record_id, record in self.world.records(side, kind).items()
        }

    def _doubtful(self) -> set[Key]:
        return {
            (side, pair.kind, record_id)
            for pair in self.expected.pairs
            if pair.doubtful
            for side, record_id in pair.ids.items()
        }

    def unanswered(self) -> set[Key]:
        """Records that a partner may have been made for, and what it may be."""
        return self.made_unanswered() | {
            (side, *item) for side in SIDES for item in self.expected.limbo[side]
        }

    def made_unanswered(self) -> set[Key]:
        """What may have been made by requests without an answer."""
        return {
            (other(side), kind, each)
            for side in SIDES
            for kind, record_id in self.expected.limbo[side]
            for each in self.world.tables[other(side)][kind].made_for.get(record_id, ())
        }

    def _unsure(self, run: Run) -> set[Key]:
        """Records of which it can't be told what the run makes of them."""
        unsure = self._doubtful() | self.unanswered()
        uncertain = {kind for kind, _ in self.expected.limbo[run.destination]}
        for item in (*run.told, *self.expected.remembered[run.source]):
            if item[0] in uncertain and self._needs_partner(run, item):
                unsure.add((run.source, *item))  # it may be what a lost answer was about
        return unsure

    def _needs_partner(self, run: Run, item: Item) -> bool:
        pair = self.expected.pair_of(run.source, item)
        return pair is None or (pair.kind, pair.ids[run.destination]) not in run.there

    def _touched(self, after: Expectation, run: Run) -> set[Key]:
        """The records that a run changes anything about."""
        before = {_key(pair): pair for pair in self.expected.pairs}
        later = {_key(pair): pair for pair in after.pairs}
        touched = {
            (side, kind, record_id)
            for kind, *ids in before.keys() | later.keys()
            if _state(before.get((kind, *ids))) != _state(later.get((kind, *ids)))
            for side, record_id in zip(SIDES, ids, strict=True)
        }
        for side in SIDES:
            ours, theirs = self.expected.remembered[side], after.remembered[side]
            touched |= {
                (side, *item)
                for item in ours.keys() | theirs.keys()
                if ours.get(item) != theirs.get(item)
            }
        return touched | {
            (run.source, *item) for item in run.told if not self.expected.pair_of(run.source, item)
        }

    def _joined(self) -> set[tuple[str, str, str]]:
        """Kind and ids of the records that are linked."""
        return {
            (link.kind, str(link.ids["crmoffice"]), str(link.ids["trello"]))
            for link in self.world.store.links()
            if None not in link.ids.values()
        }

    def _records(self) -> set[Key]:
        return {
            (side, kind, record_id)
            for side in SIDES
            for kind in STREAMS
            for record_id in self.world.records(side, kind)
        }

    def _compare_records(self, run: Run, there: dict[Item, Values], unsure: set[Key]) -> None:
        side = run.destination
        now = {item: seen.values for item, seen in self._seen(side).items()}
        for item in there.keys() | now.keys():
            if (side, *item) in unsure or self._made_for_unsure(run, item, unsure):
                continue
            assert item in now, f"{side} {item} should be there: {there[item]}"
            assert item in there, f"{side} {item} should not be there: {now[item]}"
            for name, value in there[item].items():
                assert same(value, now[item][name]), (
                    f"{side} {item} {name}: {value!r} expected, found {now[item][name]!r}"
                )

    def _made_for_unsure(self, run: Run, item: Item, unsure: set[Key]) -> bool:
        kind, record_id = item
        made_for = self.world.tables[run.destination][kind].made_for
        return any(
            record_id in made and (run.source, kind, source_id) in unsure
            for source_id, made in made_for.items()
        )

    def _read_links(self, unsure: set[Key], *, faulted: bool) -> None:
        """Compare the links; take over those of which nothing could be known."""
        links = self.world.store.links()
        expected = {_key(pair): pair for pair in self.expected.pairs}
        kept: list[Pair] = []
        for link in links:
            if link.state in {INTENT, UNMATCHED}:
                continue
            ids = {side: str(record_id) for side, record_id in link.ids.items()}
            pair = expected.pop((link.kind, *(ids[side] for side in SIDES)), None)
            if any((side, link.kind, record_id) in unsure for side, record_id in ids.items()):
                kept.append(self._doubtful_pair(link.kind, ids, link.state, link.gone))
                continue
            assert pair is not None, f"unexpected: {link}"
            assert (pair.gone, pair.by_hand) == (link.gone, link.state == PAIRED), f"{link}"
            assert (link.state == ORPHANED) == (link.gone is not None)
            kept.append(pair)
            self._renew_times(pair)
        for pair in expected.values():
            keys = {(side, pair.kind, record_id) for side, record_id in pair.ids.items()}
            assert keys & unsure, f"missing: {pair}"
        self.expected.pairs = kept
        self._read_limbo(links, faulted=faulted)
        self._read_remembered(unsure)

    def _doubtful_pair(self, kind: str, ids: dict[str, str], state: str, gone: str | None) -> Pair:
        known: dict[str, Values] = {side: {} for side in SIDES}
        by_hand = state == PAIRED
        return Pair(kind, ids, known, gone=gone, by_hand=by_hand, doubtful=True)

    def _renew_times(self, pair: Pair) -> None:
        """Note when the run itself wrote."""
        if not pair.written:
            return
        for side, record_id in pair.ids.items():
            record = self.world.records(side, pair.kind).get(record_id)
            if record is not None:
                pair.edited[side] = record[EDITED]
            told = self.expected.remembered[side].get((pair.kind, record_id))
            if record is not None and told and told.edited == JUST_NOW:
                renewed = told._replace(edited=record[EDITED])
                self.expected.remembered[side][pair.kind, record_id] = renewed

    def _read_limbo(self, links: list[Link], *, faulted: bool) -> None:
        before = self.expected.limbo
        self.expected.limbo = {
            side: {
                (link.kind, link.ids[side])
                for link in links
                if link.state == INTENT and link.ids[side] is not None
            }
            for side in SIDES
        }
        if not faulted:
            for side in SIDES:
                assert self.expected.limbo[side] <= before[side]

    def _read_remembered(self, unsure: set[Key]) -> None:
        queued = self.world.store.rows("SELECT source, source_stream, source_id, record FROM queue")
        loose = self.world.store.rows(
            "SELECT a_stream, a_id, a_record, b_stream, b_id, b_record FROM links "
            "WHERE state = 'unmatched'"
        )
        rows = [tuple(row) for row in queued]
        rows += [
            ("crmoffice", row[0], row[1], row[2]) if row[1] else ("trello", row[3], row[4], row[5])
            for row in loose
        ]
        found = {
            (side, KIND_OF[side, stream], record_id): json.loads(record)
            for side, stream, record_id, record in rows
        }
        for key in unsure:
            side, kind, record_id = key
            self.expected.remembered[side].pop((kind, record_id), None)
            if key in found:
                seen = Seen(values_of(side, kind, found[key]), found[key].get(EDITED, ""))
                self.expected.remembered[side][kind, record_id] = seen


def _key(pair: Pair) -> tuple[str, ...]:
    return (pair.kind, *(pair.ids[side] for side in SIDES))


def _state(pair: Pair | None) -> Any:
    return pair and (pair.known, pair.edited, pair.waits, pair.gone, pair.by_hand, pair.doubtful)
