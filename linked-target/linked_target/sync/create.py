"""Creating a partner exactly once."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused

from linked_target.destination import Intent, PartnerTaken
from linked_target.records import property_of, with_property
from linked_target.store.links import LINKED
from linked_target.store.open_properties import HELD, PENDING
from linked_target.sync.journal import changes_of
from linked_target.sync.outcome import Outcome
from linked_target.sync.steps import Call, Read, Write
from linked_target.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.newcomer import Newcomer
    from linked_target.sync.steps import Steps

__all__ = ["Creating", "Taken"]


class Taken(Exception):
    """What a creation led to has another partner already.

    Attributes:
        owner: stream and id of that one, or who else it may be.
    """

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


class Creating:
    """Stores the intent, sends the request, stores the link; or finds what an intent has made."""

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream
        self._creation = f"create {between.stream.name}"
        """What is being created now must not be taken for what an earlier attempt has made."""
        self._edited: set[str] = set()
        """Ids of records whose adopted partners somebody had edited."""

    def adopt(self, intent: Link) -> Steps[Link | None]:
        """Link an intent with what its request made, if that can be found.

        What was sent then is looked for, not what the record says now. An edit since, of either
        record, is passed on afterwards like any other: see `return_edits`.

        Raises:
            RecordRefused: when several records may be it.
        """
        sent = intent.destination_record
        search = partial(self._found, sent, self.intent_of(intent))
        found = yield Call(search, alone=self._creation)
        if found is None or self.is_taken(self._stream.id_of(found[0])):
            return None
        made, drafted = found
        values = self._between.map.baseline_values(intent.source_record)
        pending = {
            name: value
            for name, value in values.items()
            if self._stream.properties[name].references is not None
            and name not in sent
            and not is_empty(value)
        }
        baseline = made
        for name in self._differing(sent, made):
            now = property_of(made, name)
            if not self._between.means_same(name, now, property_of(drafted, name)):
                baseline = with_property(baseline, name, sent[name])
                self._edited.add(intent.source_id)
        return self._link_created(intent, made, sent, pending, baseline=baseline)

    def return_edits(self) -> Steps[None]:
        """Let the opposite direction look at what was edited before this run adopted it.

        Its tap may have told the edit already, when there was no link yet. This comes after all of
        this run's own writes, which are no edits.
        """
        pair = self._between.pair
        for link in self._links.by_source(pair, self._edited).values():
            if link.state == LINKED:
                with suppress(RecordRefused):  # the opposite tap tells of it sooner or later
                    now = yield Read(self._stream, str(link.destination_id))
                    made_id = self._stream.id_of(now)
                    self._direction.return_queue().wait(pair.reversed(), made_id, now)
        self._edited.clear()

    def create(self, newcomer: Newcomer) -> Steps[Outcome]:
        """Create the partner of a record.

        Raises:
            Taken: when the answer is a record that has another partner.
            RecordRefused: when the API refuses; the intent is dropped.
            OutcomeUnknown: when the answer is lost; the intent stays.
        """
        source_id, stated, pair = newcomer.source_id, newcomer.stated, self._between.pair
        if self._direction.creations.put_off(pair.source, source_id):
            return Outcome.WAITS
        link = self._links.note_intent(pair, source_id, newcomer.record, stated, newcomer.link)
        intent = self.intent_of(link)
        try:
            made = yield Write(
                partial(self._stream.create, stated, intent),
                writer=self._stream.writer_of(stated, None),
                alone=self._creation if self._stream.creates_one_by_one else None,
                beside=None if self._stream.creates_one_by_one else self._creation,
                draft=partial(self._stream.draft_created, stated, intent),
            )
        except PartnerTaken as taken:
            raise Taken(str(taken)) from None
        except RecordRefused:
            self._links.forget(link)
            raise
        made_id = self._stream.id_of(made)
        if owner := self.owner_of(made_id):
            raise Taken(owner)
        changes = changes_of({}, stated)
        mail_to = self._stream.mail_to(stated)
        journal = self._direction.journal
        journal.note("create", pair, source_id, made_id, changes=changes, mail_to=mail_to)
        self._link_created(link, made, stated, newcomer.pending)
        return Outcome.CREATED

    def intent_of(self, link: Link) -> Intent:
        """The intent that a row tells of."""
        return self._intent(link.source_id, link.created_at)

    def new_intent(self, source_id: str) -> Intent:
        """The intent of a creation that would begin now."""
        return self._intent(source_id, datetime.now(timezone.utc))

    def is_taken(self, destination_id: str) -> bool:
        """Whether a destination record has a partner."""
        return self.owner_of(destination_id) is not None

    def owner_of(self, destination_id: str) -> str | None:
        """Stream and id of the source record that a destination record is linked with."""
        owners = self._links.owners_of(self._stream.name, [destination_id])
        return " ".join(owners[destination_id]) if destination_id in owners else None

    def put_open(
        self,
        link: Link,
        pending: Mapping[str, Any],
        held: Mapping[str, tuple[Any, str | None]],
    ) -> None:
        """Note what still waits on a new link: references and what the destination can't take."""
        waiting, toward = self._direction.open, self._direction.destination
        reason = "its partner is not linked yet"
        references = {name: (value, reason) for name, value in pending.items()}
        waiting.put(link.id, toward, PENDING, references)
        waiting.put(link.id, toward, HELD, held)

    def _intent(self, source_id: str, begun_at: datetime) -> Intent:
        return Intent(
            source=self._direction.source,
            source_stream=self._between.pair.source,
            source_id=source_id,
            begun_at=begun_at,
        )

    def _link_created(
        self,
        link: Link,
        made: Record,
        sent: Mapping[str, Any],
        pending: Mapping[str, Any],
        *,
        baseline: Record | None = None,
    ) -> Link:
        record = link.source_record
        joined = self._links.join(
            link,
            self._stream.id_of(made),
            source_record=record,
            destination_record=made if baseline is None else baseline,
        )
        self._between.remember_names(joined, record, made)
        self.put_open(joined, pending, self._ignored_by_creation(sent, made))
        return joined

    def _ignored_by_creation(
        self, sent: Mapping[str, Any], made: Record
    ) -> dict[str, tuple[Any, str | None]]:
        """Values that the new record does not have and can't take, e.g. a person's own name."""
        properties = self._stream.properties
        differing = [
            name for name in self._differing(sent, made) if not properties[name].references
        ]
        held = self._stream.unwritable(made, differing) if differing else {}
        return {name: (sent[name], reason) for name, reason in held.items()}

    def _differing(self, sent: Mapping[str, Any], made: Record) -> list[str]:
        """Properties of which a new record has another value than the one that was sent."""
        properties = self._stream.properties
        return [
            name
            for name, value in sent.items()
            if not properties[name].create_only
            and not is_empty(property_of(made, name))
            and not self._between.means_same(name, value, property_of(made, name))
        ]

    def _found(self, sent: Mapping[str, Any], intent: Intent) -> tuple[Record, Record] | None:
        """What a creation has made, and as it must have been answered."""
        made = self._stream.recover(sent, intent, taken=self.is_taken)
        return None if made is None else (made, self._stream.draft_created(sent, intent))
