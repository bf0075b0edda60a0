"""Giving a partner to a record that has none: match, or create exactly once."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from singer_rest import OutcomeUnknown, RecordRefused

from linked_target.destination import Intent, PartnerTaken
from linked_target.links import UNMATCHED
from linked_target.merge import decide_match, looks_alike
from linked_target.open_properties import HELD, PENDING
from linked_target.outcome import Outcome
from linked_target.records import property_of, with_property
from linked_target.values import is_empty, same_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.direction import StreamLink
    from linked_target.links import Link
    from linked_target.merge import Conflict
    from linked_target.records import Record

__all__ = ["Attaching", "log_conflicts"]

logger = logging.getLogger(__name__)

TAKEN = "its partner is linked already, with"


class Attaching:
    """Finds or makes the partner of unlinked records of one stream."""

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream

    def adopt(self, intent: Link) -> Link | None:
        """Link an intent with what its request made, if that can be found.

        What was sent then is looked for, not what the record says now; an edit since is written
        afterwards like any other.

        Raises:
            RecordRefused: when several records may be it.
        """
        sent = intent.destination_record
        made = self._stream.recover(sent, self._intent(intent), taken=self._is_taken)
        if made is None or self._is_taken(self._stream.id_of(made)):
            return None
        values = self._between.map.baseline_values(intent.source_record)
        pending = {
            name: value
            for name, value in values.items()
            if self._stream.properties[name].references is not None
            and name not in sent
            and not is_empty(value)
        }
        return self._link_created(intent, made, sent, pending)

    def attach(
        self,
        source_id: str,
        record: Record,
        values: Mapping[str, Any],
        pending: Mapping[str, Any],
        link: Link | None,
    ) -> Outcome:
        """Link a record with its partner.

        Args:
            source_id: the record's id.
            record: the record as it arrived.
            values: its properties in the destination's terms, references translated.
            pending: references whose partner is unknown, in the source's terms.
            link: the row of the record, when it is known as unmatched or as an intent.

        Raises:
            RecordRefused: when no partner can be told or made.
            OutcomeUnknown: when a partner may have been made; the intent stays.
        """
        stated = {name: value for name, value in values.items() if not is_empty(value)}
        partner = self._between.matcher.find(stated, self._between.pinned(source_id, record))
        if partner is None:
            partner = self._stream.partner_told(record, stated, self._new_intent(source_id))
            if partner is not None and (owner := self._owner_of(partner)):
                return self._leave_unlinked(source_id, record, f"{TAKEN} {owner}", link)
        if partner is not None:
            return self._join_matched(source_id, record, values, pending, partner)
        barred = self._creation_barred(stated)
        if barred is not None:
            return self._leave_unlinked(source_id, record, barred, link)
        if link is not None and _is_known_as_taken(link, record):
            return Outcome.UNLINKED
        if self._may_be_new_partner(stated):
            logger.warning(
                "%s %s waits: the opposite direction may just have created it",
                self._between.pair.source,
                source_id,
            )
            return Outcome.WAITS
        return self._create(source_id, record, stated, pending)

    def _creation_barred(self, stated: Mapping[str, Any]) -> str | None:
        if self._between.link_only or not (self._between.create and self._stream.creatable):
            return "no partner found, and none is created"
        return self._stream.creation_barred(stated)

    def _create(
        self,
        source_id: str,
        record: Record,
        stated: Mapping[str, Any],
        pending: Mapping[str, Any],
    ) -> Outcome:
        link = self._links.note_intent(self._between.pair, source_id, record, stated)
        try:
            made = self._stream.create(stated, self._intent(link))
        except PartnerTaken as taken:
            return self._leave_unlinked(source_id, record, f"{TAKEN} {taken}")
        except RecordRefused:
            self._links.forget(link)
            raise
        except OutcomeUnknown:
            found = self._stream.recover(stated, self._intent(link), taken=self._is_taken)
            if found is None:
                raise
            made = found
        made_id = self._stream.id_of(made)
        if owner := self._owner_of(made_id):
            return self._leave_unlinked(source_id, record, f"{TAKEN} {owner}")
        self._link_created(link, made, stated, pending)
        return Outcome.CREATED

    def _link_created(
        self, link: Link, made: Record, sent: Mapping[str, Any], pending: Mapping[str, Any]
    ) -> Link:
        record = link.source_record
        made_id = self._stream.id_of(made)
        joined = self._links.join(link, made_id, source_record=record, destination_record=made)
        self._between.remember_names(joined, record, made)
        self._put_pending(joined, pending)
        self._put_held(joined, self._ignored_by_creation(sent, made))
        return joined

    def _ignored_by_creation(
        self, sent: Mapping[str, Any], made: Record
    ) -> dict[str, tuple[Any, str | None]]:
        """Values that the new record does not have and can't take, e.g. a person's own name."""
        properties = self._stream.properties
        differing = [
            name
            for name, value in sent.items()
            if not (properties[name].create_only or properties[name].references)
            and not is_empty(property_of(made, name))
            and not same_value(properties[name].kind, value, property_of(made, name))
        ]
        held = self._stream.unwritable(made, differing) if differing else {}
        return {name: (sent[name], reason) for name, reason in held.items()}

    def _may_be_new_partner(self, stated: Mapping[str, Any]) -> bool:
        """Whether the record may be what an open intent of the opposite direction has made."""
        intents = self._links.intents_from_destination(self._between.pair)
        return any(looks_alike(self._stream.properties, stated, each) for each in intents)

    def _join_matched(
        self,
        source_id: str,
        record: Record,
        values: Mapping[str, Any],
        pending: Mapping[str, Any],
        partner: str,
    ) -> Outcome:
        current = self._stream.get(partner)
        decision = decide_match(
            self._stream.properties,
            {} if self._between.link_only else values,
            self._between.canonical(current, values),
            self._between.source_wins,
        )
        log_conflicts(self._between, source_id, decision.conflicts)
        held = self._stream.unwritable(current, decision.write.keys())
        write = {name: value for name, value in decision.write.items() if name not in held}
        now = self._stream.update(current, write) if write else current
        baseline = now
        for name in (*decision.returned, *pending):
            baseline = with_property(baseline, name, None)
        row = self._links.note_unmatched(self._between.pair, source_id, record, "being matched")
        joined = self._links.join(row, partner, source_record=record, destination_record=baseline)
        self._between.remember_names(joined, record, now)
        self._put_pending(joined, pending)
        self._put_held(joined, {name: (decision.write[name], held[name]) for name in held})
        if decision.returned:
            self._direction.return_queue().wait(self._between.pair.reversed(), partner, now)
        return Outcome.MATCHED

    def _leave_unlinked(
        self, source_id: str, record: Record, reason: str, known: Link | None = None
    ) -> Outcome:
        if (
            known is not None
            and (known.state, known.reason) == (UNMATCHED, reason)
            and known.source_record == record
        ):
            return Outcome.UNLINKED
        self._links.note_unmatched(self._between.pair, source_id, record, reason)
        return Outcome.UNLINKED

    def _put_pending(self, link: Link, pending: Mapping[str, Any]) -> None:
        self._direction.open.put(
            link.id,
            self._direction.destination,
            PENDING,
            {name: (value, "its partner is not linked yet") for name, value in pending.items()},
        )

    def _put_held(self, link: Link, held: Mapping[str, tuple[Any, str | None]]) -> None:
        self._direction.open.put(link.id, self._direction.destination, HELD, held)

    def _intent(self, link: Link) -> Intent:
        return Intent(
            source=self._direction.source,
            source_stream=self._between.pair.source,
            source_id=link.source_id,
            begun_at=link.created_at,
        )

    def _new_intent(self, source_id: str) -> Intent:
        return Intent(
            source=self._direction.source,
            source_stream=self._between.pair.source,
            source_id=source_id,
            begun_at=datetime.now(timezone.utc),
        )

    def _is_taken(self, destination_id: str) -> bool:
        return self._owner_of(destination_id) is not None

    def _owner_of(self, destination_id: str) -> str | None:
        """Stream and id of the source record that a destination record is linked with."""
        owners = self._links.owners_of(self._stream.name, [destination_id])
        return " ".join(owners[destination_id]) if destination_id in owners else None


def log_conflicts(between: StreamLink, source_id: str, conflicts: list[Conflict]) -> None:
    """Log both values of each property that a policy had to decide."""
    direction = between.direction
    for conflict in conflicts:
        logger.warning(
            "conflict in %s %s, %s: %s has %r, %s has %r; %s wins",
            between.pair.source,
            source_id,
            conflict.name,
            direction.source,
            conflict.source_value,
            direction.destination,
            conflict.destination_value,
            direction.source if conflict.source_wins else direction.destination,
        )


def _is_known_as_taken(link: Link, record: Record) -> bool:
    """Whether creating a partner for just this record led to one that another record has."""
    known = link.state == UNMATCHED and (link.reason or "").startswith(TAKEN)
    return known and link.source_record == record
