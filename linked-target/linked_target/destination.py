"""What a target supplies: the streams of its system, and how their records are read and written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import RecordRefused

from linked_target.values import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
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
