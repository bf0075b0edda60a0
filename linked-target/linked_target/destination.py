"""What a target supplies: the streams of its system, and how their records are read and written.

Methods that send requests are called from several threads at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import RecordRefused

from linked_target.records import with_property
from linked_target.values import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from linked_target.records import Record

__all__ = ["DestinationStream", "Intent", "PartnerTaken", "Property"]


class PartnerTaken(RecordRefused):
    """Nothing new was created: the record means one that was there already, but not which.

    It stays unlinked, and nothing is created for it again until it changes.
    """


@dataclass(frozen=True)
class Property:
    """A property of the destination that a map may set; `__` in its name leads into objects.

    Attributes:
        kind: how its values compare.
        references: the destination stream whose ids it holds, if any.
        create_only: whether it only counts when the record is created.
        part_of: what it is a part of, e.g. a person's name. An edit of one part counts as one of
            all of them, since the other side may divide the whole in another way.
    """

    kind: Kind = Kind.TEXT
    references: str | None = None
    create_only: bool = False
    part_of: str | None = None


@dataclass(frozen=True)
class Intent:
    """A creation that was begun; it is stored before the request is sent.

    Attributes:
        source: the source system, e.g. "crmoffice".
        source_stream: stream of the record to be copied.
        source_id: its id.
        begun_at: when the first attempt began, aware, in UTC.
    """

    source: str
    source_stream: str
    source_id: str
    begun_at: datetime


class DestinationStream(ABC):
    """One kind of record of the destination.

    Records have the shape in which the destination's own tap reads them, so that what was written
    is recognised when it is read back.
    """

    name: ClassVar[str]
    properties: ClassVar[Mapping[str, Property]]
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Keys for matching, the best first; each consists of property names."""
    creatable: ClassVar[bool] = True
    alternate_ids: ClassVar[tuple[str, ...]] = ()
    """Properties, beside the id, by which other records may refer to a record."""
    reads_at_once: ClassVar[int] = 1
    """How many records `get_many` reads best with one call."""
    creates_one_by_one: ClassVar[bool] = False
    """Whether a creation must be over before the next one begins."""

    def id_of(self, record: Record) -> str:
        """The id of a record, as text."""
        return str(record["id"])

    def candidates(self) -> Iterable[Record]:
        """Every record that an unlinked source record might match."""
        return ()

    @abstractmethod
    def get(self, record_id: str) -> Record:
        """Read one record.

        Raises:
            NotFound: when it does not exist (any more).
        """

    def get_many(self, record_ids: Sequence[str]) -> list[Record | RecordRefused]:
        """Read several records; in place of one that can't be read stands its error.

        Args:
            record_ids: at most `reads_at_once` ids.
        """
        return [self._get_or_error(record_id) for record_id in record_ids]

    def _get_or_error(self, record_id: str) -> Record | RecordRefused:
        try:
            return self.get(record_id)
        except RecordRefused as error:
            return error

    def edited_at(self, record: Record) -> datetime | None:
        """When somebody last edited a record, aware; None where it does not tell."""
        del record
        return None

    def writer_of(self, values: Mapping[str, Any], record: Record | None) -> str:
        """Whose quota a write counts against; those of several writers go side by side.

        Decided without a request.

        Args:
            values: the values to be written.
            record: the record to be changed or deleted; None if one is to be created.
        """
        del values, record
        return ""

    def partner_told(self, record: Record, values: Mapping[str, Any], intent: Intent) -> str | None:
        """Id of the partner, where the records themselves tell that they belong together.

        Asked when no key finds a partner, before one is created.

        Args:
            record: the source record as it arrived.
            values: value by property name; no empty ones.
            intent: what a record would be created for.

        Raises:
            RecordRefused: when there are several.
        """
        del record, values, intent
        return None

    def mail_to(self, values: Mapping[str, Any]) -> str | None:
        """The address that the system sends a mail to when it creates such a record, if it does."""
        del values
        return None

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        """Why policy or missing data forbids to create a record; None if nothing does.

        A record that may not be created stays unlinked, which is no error. Decided without a
        request, as it is asked again on each run.
        """
        del values
        return None

    @abstractmethod
    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Create a record and return the API's answer.

        Args:
            values: value by property name; no empty ones; references are destination ids.
            intent: what the record is created for.

        Raises:
            RecordRefused: when the API refuses it; nothing was created.
            OutcomeUnknown: when it may have been created.
        """

    @abstractmethod
    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """Look for what an earlier, unanswered `create` of this intent may have made.

        Args:
            values: as for `create`.
            intent: the intent, with the time of the first attempt.
            taken: tells whether a destination id is linked already.

        Raises:
            RecordRefused: when there are several and none is certain.
        """

    @abstractmethod
    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Change properties of a record that was just read; return the API's answer.

        Args:
            record: as `get` returned it.
            changes: value by property name; None empties a property.
        """

    @abstractmethod
    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """The properties among `names` that can't be written now, each with the reason.

        Decided without a request.
        """

    def undeletable(self, record: Record) -> str | None:
        """Why a record can't be deleted; None if it can. Decided without a request."""
        del record
        return f"{self.name} are not deleted"

    def delete(self, record: Record) -> None:
        """Delete a record that was just read; one that is gone already is no error.

        Raises:
            RecordRefused: when the API refuses it.
        """
        raise RecordRefused(self.undeletable(record) or f"{self.name} are not deleted")

    def draft_created(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """What `create` would answer, made up without a request: for a dry run.

        Its id is unique and no real one.
        """
        record: Record = {"id": f"planned:{self.name}:{intent.source_id}"}
        for name, value in values.items():
            record = with_property(record, name, value)
        return record

    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """What `update` would answer, made up without a request: for a dry run."""
        for name, value in changes.items():
            record = with_property(record, name, value)
        return record
