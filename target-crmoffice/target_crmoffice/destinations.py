"""CRMOffice's records as the partners of another system's."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import (
    DestinationStream,
    Intent,
    Kind,
    Property,
    same_value,
    with_property,
)
from singer_rest import NotFound, RecordRefused, computed_once
from tap_crmoffice.contract import (
    ACTIVITIES,
    COMPANIES,
    CONTACTS,
    CREATED_AT,
    ID,
    UPDATED_AT,
    USER_NAME,
    USERS,
)
from tap_crmoffice.instants import instant
from tap_crmoffice.records import record_of
from typing_extensions import override

from target_crmoffice.recovery import LostRecords, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from linked_target import Record
    from tap_crmoffice.client import CrmOfficeClient
    from tap_crmoffice.reading import Reading

__all__ = ["Activities", "Companies", "Contacts", "CrmOfficeDestination", "Users"]

TEXT = Property()
LABEL = "CRMOffice"
"""How the footer of a comment that stands for a record of this system names the system."""


def _texts(*names: str) -> dict[str, Property]:
    return dict.fromkeys(names, TEXT)


class CrmOfficeDestination(DestinationStream):
    """A resource of CRMOffice that can be read and written; records are read one by one.

    Args:
        client: the client that all streams of a run share.
    """

    def __init__(self, client: CrmOfficeClient) -> None:
        self._client = client
        self._lost = LostRecords(self.name, client)

    @override
    def candidates(self) -> Iterable[Record]:
        return self._records(self._client.read(self.name))

    @override
    def get(self, record_id: str) -> Record:
        return self._client.record(self.name, record_id)

    @override
    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        with self._lost.creations.attempt(key_of(intent)) as answered:
            made = self._client.create(self.name, nested(values))
            answered(self.id_of(made))
        return made

    @override
    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """The record that holds every value sent, was created since, and is nobody's partner.

        CRMOffice knows no idempotency key, so of several such records none is more likely than
        the others. They come from creations of equal records, each of which got no answer; and
        whatever one of them is taken for, the others remain for the others. So the oldest is
        taken: the first by its creation time, then by its id.

        Raises:
            OutcomeUnknown: when the list kept changing while it was read.
        """
        return self._lost.record_of(values, intent, means_same=self.means_same, taken=taken)

    @override
    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        return self._client.change(self.name, self.id_of(record), nested(changes))

    @override
    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        return {}

    @override
    def edited_at(self, record: Record) -> datetime | None:
        """When it was last updated, by whomever."""
        return instant(record.get(UPDATED_AT))

    @override
    def undeletable(self, record: Record) -> str | None:
        """None: CRMOffice itself refuses what is in use."""
        return None

    @override
    def delete(self, record: Record) -> None:
        self._client.delete(self.name, self.id_of(record))

    @override
    def draft_created(self, values: Mapping[str, Any], intent: Intent) -> Record:
        draft = super().draft_created(values, intent)
        return record_of(self.name, {**draft, CREATED_AT: now(), UPDATED_AT: now()})

    @override
    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        draft = super().draft_updated(record, changes)
        return record_of(self.name, {**draft, UPDATED_AT: now()})

    def means_same(self, name: str, sent: Any, read: Any) -> bool:
        """Whether a value that was sent and one that was read mean the same."""
        return same_value(self.properties[name].kind, sent, read)

    def _records(self, reading: Reading) -> Iterator[Record]:
        """Records in the tap's shape; one without an id can't be anybody's partner."""
        records = (record_of(self.name, raw) for raw in reading)
        return (record for record in records if record.get(ID) is not None)


class Companies(CrmOfficeDestination):
    """Companies; a Norwegian organisation number tells them apart best."""

    name: ClassVar[str] = COMPANIES
    properties: ClassVar[Mapping[str, Property]] = {
        "name": TEXT,
        "orgNr": Property(Kind.ID),
        "website": Property(Kind.WEBSITE),
        "phone": TEXT,
        "email": Property(Kind.EMAIL),
        **_texts(
            *(
                f"{address}__{part}"
                for address in ("postAddress", "visitAddress")
                for part in ("streetAddress", "postCode", "postalArea", "country")
            )
        ),
    }
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("orgNr",), ("website",), ("name",))


class Users(CrmOfficeDestination):
    """Users: partners are found among them, they are never created or changed.

    The API gives them as one list; it is read once a run.
    """

    name: ClassVar[str] = USERS
    properties: ClassVar[Mapping[str, Property]] = {
        USER_NAME: Property(Kind.ID),
        "fullName": TEXT,
        "email": Property(Kind.EMAIL),
    }
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("email",), ("fullName",), (USER_NAME,))
    creatable: ClassVar[bool] = False
    alternate_ids: ClassVar[tuple[str, ...]] = (USER_NAME,)

    @computed_once
    def _by_id(self) -> dict[str, Record]:
        records = self._records(self._client.read(self.name))
        return {self.id_of(record): record for record in records}

    @computed_once
    def _ids_by_user_name(self) -> dict[str, str]:
        return {str(record.get(USER_NAME)): id_ for id_, record in self._by_id.items()}

    @override
    def candidates(self) -> Iterable[Record]:
        return self._by_id.values()

    @override
    def get(self, record_id: str) -> Record:
        if record_id not in self._by_id:
            raise NotFound(f"CRMOffice has no user {record_id}")
        return self._by_id[record_id]

    @override
    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        raise RecordRefused("users are made in CRMOffice itself")

    @override
    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        return None

    @override
    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        return record

    @override
    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        return dict.fromkeys(names, "users are changed in CRMOffice itself")

    @override
    def undeletable(self, record: Record) -> str | None:
        return "users are removed in CRMOffice itself"

    @override
    def delete(self, record: Record) -> None:
        raise RecordRefused("users are removed in CRMOffice itself")

    @override
    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        return record

    def id_named(self, owner: Any) -> str:
        """The id of a user given by id or user name; an unknown name stays as it is."""
        text = str(owner)
        return text if text in self._by_id else self._ids_by_user_name.get(text, text)


class Contacts(CrmOfficeDestination):
    """Contacts; an e-mail address tells them apart best."""

    name: ClassVar[str] = CONTACTS
    properties: ClassVar[Mapping[str, Property]] = {
        "givenName": Property(part_of="name"),
        "familyName": Property(part_of="name"),
        "email": Property(Kind.EMAIL),
        **_texts("title", "directPhone", "mobilePhone"),
        "company__id": Property(Kind.ID, references=COMPANIES),
    }
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("email",), ("givenName", "familyName"))


class Activities(CrmOfficeDestination):
    """Activities: nothing tells them apart, so they are linked only by having been created.

    Args:
        client: the client that all streams of a run share.
        users: to know an owner by id and by user name.
    """

    name: ClassVar[str] = ACTIVITIES
    properties: ClassVar[Mapping[str, Property]] = {
        **_texts("subject", "description", "status"),
        "ownerId": Property(Kind.ID, references=USERS),
        "startsAt": Property(Kind.INSTANT),
        "endsAt": Property(Kind.INSTANT),
        **_texts("address__country", "address__postalArea"),
        "company__id": Property(Kind.ID, references=COMPANIES),
        "contact__id": Property(Kind.ID, references=CONTACTS),
    }

    def __init__(self, client: CrmOfficeClient, users: Users) -> None:
        super().__init__(client)
        self._users = users

    @override
    def partner_told(self, record: Record, values: Mapping[str, Any], intent: Intent) -> str | None:
        """The activity that the footer of a comment names, though its link was lost."""
        footer = record.get("footer")
        if not isinstance(footer, dict) or footer.get("label") != LABEL or not footer.get("record"):
            return None
        try:
            return self.id_of(self.get(str(footer["record"])))
        except NotFound:
            return None

    @override
    def means_same(self, name: str, sent: Any, read: Any) -> bool:
        if super().means_same(name, sent, read):
            return True
        named = name == "ownerId" and read is not None
        return named and self._users.id_named(sent) == self._users.id_named(read)


def now() -> str:
    """The time, as CRMOffice writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object of values by property name: `company__id` becomes `{"company": {"id": }}`."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        body = with_property(body, name, value)
    return body
