"""Members: people are invited by e-mail, and keep a profile that is their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Kind, Property
from singer_rest import NotFound, RecordRefused
from tap_trello.records import member_record

from target_trello.invitation import invited_member

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from linked_target import Intent, Record
    from tap_trello.account import Account

__all__ = ["Members"]

PROFILE = ("fullName", "initials")  # what changing a name changes
GHOST = "ghost"  # the memberType of somebody who was invited and has no account yet


class Members(DestinationStream):
    """Matches members, invites new ones if allowed, and writes the names of those with a token.

    Args:
        account: the account that knows them.
        invites: whether people may be invited. An invitation is a real e-mail and a seat.
        organization_id: the workspace to invite into where a record names none.
    """

    name: ClassVar[str] = "members"
    properties: ClassVar[Mapping[str, Property]] = {
        "fullName": Property(),
        # Trello shows nobody else's address: it serves to match and to invite, never to compare.
        "email": Property(Kind.EMAIL, create_only=True),
        "username": Property(Kind.ID, create_only=True),
        "idOrganization": Property(Kind.ID, references="organizations", create_only=True),
    }
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("email",), ("fullName",), ("username",))
    alternate_ids: ClassVar[tuple[str, ...]] = ("username",)
    creates_one_by_one: ClassVar[bool] = True  # who was invited is told by who is new

    def __init__(self, account: Account, *, invites: bool, organization_id: str | None) -> None:
        self._account = account
        self._client = account.client
        self._invites = invites
        self._organization_id = organization_id
        self._seen: dict[str, dict[str, Record]] = {}

    def candidates(self) -> Iterable[Record]:
        """Everybody in the workspaces and boards of the token's member."""
        return self._account.members

    def get(self, record_id: str) -> Record:
        """A member as this run has read it: lists are the one way to see other people whole."""
        member = self._account.directory.by_id(record_id)
        if member is None:
            raise NotFound(f"member {record_id} is in none of the workspaces and boards")
        return member

    def writer_of(self, values: Mapping[str, Any], record: Record | None) -> str:
        """The member whose name is changed, as which it is done; "" for invitations."""
        del values
        client = self._client.of_member(record["id"]) if record else None
        return record["id"] if record and client not in {None, self._client} else ""

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        """Invitations are off, or there is no address or no workspace."""
        if not self._invites:
            return "nobody is invited: create_members is 'never'"
        if not values.get("email"):
            return "it has no e-mail address to invite"
        if not (values.get("idOrganization") or self._organization_id):
            return "no workspace to invite into: map idOrganization or set organization_id"
        return None

    def mail_to(self, values: Mapping[str, Any]) -> str:
        """The person who is invited."""
        return str(values["email"]).strip()

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Invite a person into a workspace."""
        del intent  # inviting the same address again does no harm, so no trace of it is needed
        organization = values.get("idOrganization") or self._organization_id
        return self._invite(str(organization), values["email"], trimmed_name(values))

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> None:
        """None: inviting the same address again is harmless."""
        del values, intent, taken

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Change a member's full name, as that member."""
        full_name = checked_name(changes)
        client = self._client.of_member(record["id"]) or self._client
        path, body = f"/members/{record['id']}", {"fullName": full_name}
        answer = client.request("PUT", path, json=body, repeatable=True)
        told = answer if isinstance(answer, dict) else body
        changed = {**record, **{name: told[name] for name in PROFILE if name in told}}
        self._account.directory.add(changed)
        return changed

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """Everything of a member whose token is not known."""
        if record.get("tokenOwner") or record["id"] in self._client.members_with_token:
            return {}
        reason = f"@{record['username']} keeps an own profile, and no token of theirs is set"
        return dict.fromkeys(names, reason)

    def undeletable(self, record: Record) -> str:
        """Everybody: a sync throws nobody out."""
        del record
        return "people are removed from a workspace by hand"

    def draft_created(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """The member that an invitation would lead to."""
        draft = super().draft_created({}, intent)
        invited = {
            "fullName": trimmed_name(values) or values["email"].partition("@")[0].strip(),
            "username": re.sub(r"\W", "", draft["id"]).lower(),
            "email": None,  # Trello shows it to nobody
            "memberType": GHOST,
            "tokenOwner": False,
        }
        member = {**draft, **invited}
        self._account.directory.add(member)
        return member

    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """The member that `update` would answer."""
        changed = {**record, "fullName": checked_name(changes)}
        self._account.directory.add(changed)
        return changed

    def _invite(self, organization: str, email: str, full_name: str | None) -> Record:
        if organization not in self._seen:
            self._seen[organization] = self._members_of(organization)
        before = self._seen[organization]
        body = {"email": email.strip(), "type": "normal"}
        if full_name:
            body["fullName"] = full_name
        path = f"/organizations/{organization}/members"
        answer = self._client.request("PUT", path, json=body, repeatable=True)
        if is_whole(answer, before):
            after = {**before, answer["id"]: answer}
        else:
            after = self._members_of(organization)
        self._seen[organization] = after
        told = answer if isinstance(answer, dict) else {}
        invited = invited_member(told, before, after, full_name)
        member = member_record(invited, self._account.own_id)
        self._account.directory.add(member)
        return member

    def _members_of(self, organization: str) -> dict[str, Record]:
        path = f"/organizations/{organization}/members"
        return {each["id"]: each for each in self._client.get(path, {"fields": "all"})}


def trimmed_name(values: Mapping[str, Any]) -> str | None:
    """The full name among values; None where there is none."""
    return str(values.get("fullName") or "").strip() or None


def checked_name(changes: Mapping[str, Any]) -> str:
    """The new full name.

    Raises:
        RecordRefused: when it would be emptied.
    """
    name = trimmed_name(changes)
    if name is None:
        raise RecordRefused("a member can't be without a full name")
    return name


def is_whole(answer: Any, known: Mapping[str, Record]) -> bool:
    """Whether an answer is a member with all that lists tell of others."""
    example = next(iter(known.values()), None)
    return example is not None and isinstance(answer, dict) and example.keys() <= answer.keys()
