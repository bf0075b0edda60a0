"""Giving a partner to a record that has none: match, else create."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from linked_target.records import property_of, with_property
from linked_target.store.links import UNMATCHED
from linked_target.sync.conflicts import tell_conflicts
from linked_target.sync.create import Creating, Taken
from linked_target.sync.journal import changes_of
from linked_target.sync.merge import decide_match, looks_alike
from linked_target.sync.outcome import Outcome
from linked_target.sync.steps import Call, Read, Write
from linked_target.sync.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.store.links import Link
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.newcomer import Newcomer
    from linked_target.sync.steps import Steps

__all__ = ["Attaching"]

logger = logging.getLogger(__name__)

TAKEN = "its partner is linked already, with"


class Attaching:
    """Finds or makes the partner of unlinked records of one stream."""

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream
        self._creating = Creating(between)
        self._waiting = Waiting(between)

    def adopt(self, intent: Link) -> Steps[Link | None]:
        """Link an intent with what its request made, if that can be found; see `Creating`."""
        return self._creating.adopt(intent)

    def return_edits(self) -> Steps[None]:
        """Pass on what was edited before it was adopted; see `Creating`."""
        return self._creating.return_edits()

    def attach(self, newcomer: Newcomer) -> Steps[Outcome]:
        """Link a record with its partner.

        Raises:
            RecordRefused: when no partner can be told or made.
            OutcomeUnknown: when a partner may have been made; the intent stays.
        """
        matcher = self._between.matcher
        if not matcher.is_loaded:
            yield Call(matcher.load, alone=f"candidates {self._stream.name}")
        pinned = self._between.pinned(newcomer.source_id, newcomer.record)
        partner = matcher.find(newcomer.stated, pinned)
        if partner is None:
            intent = self._creating.new_intent(newcomer.source_id)
            told = partial(self._stream.partner_told, newcomer.record, newcomer.stated, intent)
            partner = yield Call(told)
            if partner is not None and (owner := self._creating.owner_of(partner)):
                return self._leave_unlinked(newcomer, f"{TAKEN} {owner}")
        if partner is not None:
            with matcher.claimed(partner):
                return (yield from self.join(newcomer, partner))
        return (yield from self._create(newcomer))

    def join(self, newcomer: Newcomer, partner: str) -> Steps[Outcome]:
        """Link two records that are there already; each gives the other what that lacks.

        Raises:
            RecordRefused: when the partner can't be read or changed, or has another partner.
        """
        current = yield Read(self._stream, partner)
        source_id, record = newcomer.source_id, newcomer.record
        decision = decide_match(
            self._stream.properties,
            {} if self._between.link_only else newcomer.values,
            self._between.canonical(current, newcomer.values),
            self._between.judge(record, current),
        )
        tell_conflicts(self._between, source_id, partner, decision.conflicts)
        held = self._stream.unwritable(current, decision.write.keys())
        write = {name: value for name, value in decision.write.items() if name not in held}
        now = current
        if write:
            now = yield Write(
                partial(self._stream.update, current, write),
                writer=self._stream.writer_of(write, current),
                draft=partial(self._stream.draft_updated, current, write),
            )
        pair, journal = self._between.pair, self._direction.journal
        journal.note("match", pair, source_id, partner, changes=changes_of(current, write))
        waiting = {name: (decision.write[name], held[name]) for name in held}
        for name, (value, reason) in waiting.items():
            shown = changes_of(current, {name: value})
            journal.note("hold", pair, source_id, partner, changes=shown, detail=reason)
        baseline = now
        for name in (*decision.returned, *newcomer.pending):
            baseline = with_property(baseline, name, None)
        row = newcomer.link or self._links.note_unmatched(pair, source_id, record, "being matched")
        joined = self._links.join(row, partner, source_record=record, destination_record=baseline)
        self._between.remember_names(joined, record, now)
        self._creating.put_open(joined, newcomer.pending, waiting)
        undecided = {name: property_of(current, name) for name in decision.undecided}
        self._waiting.dispute(joined, newcomer.values, undecided)
        if decision.returned:
            self._direction.return_queue().wait(pair.reversed(), partner, now)
        return Outcome.MATCHED

    def _create(self, newcomer: Newcomer) -> Steps[Outcome]:
        """Create the partner, unless something forbids it."""
        barred = self._creation_barred(newcomer.stated)
        if barred is not None:
            return self._leave_unlinked(newcomer, barred)
        if _is_known_as_taken(newcomer):
            return Outcome.UNLINKED
        if self._may_be_new_partner(newcomer.stated):
            logger.warning(
                "%s %s waits: the opposite direction may just have created it",
                self._between.pair.source,
                newcomer.source_id,
            )
            return Outcome.WAITS
        try:
            return (yield from self._creating.create(newcomer))
        except Taken as taken:
            return self._leave_unlinked(newcomer, f"{TAKEN} {taken.owner}")

    def _creation_barred(self, stated: Mapping[str, Any]) -> str | None:
        if self._between.link_only or not (self._between.create and self._stream.creatable):
            return "no partner found, and none is created"
        return self._stream.creation_barred(stated)

    def _may_be_new_partner(self, stated: Mapping[str, Any]) -> bool:
        """Whether the record may be what an open intent of the opposite direction has made."""
        intents = self._links.intents_from_destination(self._between.pair)
        return any(looks_alike(self._stream.properties, stated, each) for each in intents)

    def _leave_unlinked(self, newcomer: Newcomer, reason: str) -> Outcome:
        known = self._links.by_source(self._between.pair, [newcomer.source_id])
        link = known.get(newcomer.source_id)
        if (
            link is None
            or (link.state, link.reason) != (UNMATCHED, reason)
            or link.source_record != newcomer.record
        ):
            self._links.note_unmatched(
                self._between.pair, newcomer.source_id, newcomer.record, reason, link
            )
        return Outcome.UNLINKED


def _is_known_as_taken(newcomer: Newcomer) -> bool:
    """Whether creating a partner for just this record led to one that another record has."""
    link = newcomer.link
    return (
        link is not None
        and link.state == UNMATCHED
        and (link.reason or "").startswith(TAKEN)
        and link.source_record == newcomer.record
    )
