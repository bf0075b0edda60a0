"""Workspaces, which the API calls organizations."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Kind, Property, same_value
from singer_rest import NotFound, OutcomeUnknown, RecordRefused
from singer_rest.creations import Creations
from tap_trello.batch import MOST_ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from linked_target import Intent, Record
    from tap_trello.account import Account

__all__ = ["Organizations", "short_name"]

LONGEST_NAME = 60  # characters; Trello documents no limit
CLOCK_SKEW = timedelta(minutes=5)
GHOST = "ghost"  # the memberType of somebody who was invited and has no account yet

logger = logging.getLogger(__name__)


class Organizations(DestinationStream):
    """Creates, matches and updates workspaces.

    Args:
        account: the account that owns them.
    """

    name: ClassVar[str] = "organizations"
    properties: ClassVar[Mapping[str, Property]] = {
        "displayName": Property(),
        "website": Property(Kind.WEBSITE),
        "desc": Property(),
    }
    match_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("website",), ("displayName",))
    reads_at_once: ClassVar[int] = MOST_ROUTES

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = account.client
        self._creations = Creations()
        self._visible: tuple[int, list[Record]] = (-1, [])
        self._looking = threading.Lock()

    def candidates(self) -> Iterable[Record]:
        """The workspaces of the token's member."""
        return self._account.organizations

    def get(self, record_id: str) -> Record:
        """Read a workspace with all its fields."""
        found = self.get_many([record_id])[0]
        if isinstance(found, RecordRefused):
            raise found
        return found

    def get_many(self, record_ids: Sequence[str]) -> list[Record | RecordRefused]:
        """Read several workspaces with one request."""
        paths = [f"/organizations/{record_id}?fields=all" for record_id in record_ids]
        return [whole_or_refusal(answer) for answer in self._client.get_many(paths)]

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        """It has no name."""
        return None if values.get("displayName") else "it has no displayName"

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Create a workspace whose short name is derived from the source record's id."""
        name = short_name(intent)
        with self._creations.attempt(name) as answered:
            made = self._post({**accepted(values), "name": name})
            answered(made["id"])
        if made["name"] != name:
            logger.warning("workspace %s is called %s: %s is taken", made["id"], made["name"], name)
        return made

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """The workspace with the derived short name, or with what Trello made of a taken one."""
        name = short_name(intent)
        others = self._creations.open_beside(name)
        free = [
            record
            for record in self._seen_after(name)
            if record["name"] not in others and not self._creations.is_others(record["id"], name)
        ]
        for fits in (is_named, is_renamed):
            ids = [record["id"] for record in free if fits(record, name, values, intent)]
            found = [each for each in ids if not taken(each)]
            if len(found) > 1:
                told = ", ".join(found)
                raise RecordRefused(f"several workspaces may be the one that was created: {told}")
            if found:
                return self.get(found[0])
        return None

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Change a workspace; its name can't be emptied."""
        self._check(changes)
        body = {name: "" if value is None else value for name, value in accepted(changes).items()}
        path = f"/organizations/{record['id']}"
        self._client.request("PUT", path, json=body, repeatable=True)
        return self.get(record["id"])

    def delete(self, record: Record) -> None:
        """Delete a workspace that nobody could miss: Trello deletes all its boards with it.

        Other people may keep boards there that this token does not see. Invited ones who never
        came can't.
        """
        path = f"/organizations/{record['id']}"
        paths = (f"{path}/boards?filter=all&fields=name", f"{path}/members?fields=memberType")
        boards, members = self._client.get_many(paths)
        for answer in (boards, members):
            if isinstance(answer, NotFound):
                return
            if isinstance(answer, RecordRefused):
                raise answer
        reason = self._reason_to_stay(boards, members)
        if reason is not None:
            raise RecordRefused(f"{reason}; delete the workspace by hand if that is meant")
        with suppress(NotFound):
            self._client.request("DELETE", path, repeatable=True)

    def undeletable(self, record: Record) -> str | None:
        """Nothing that can be told without a request; `delete` looks for boards and people."""
        del record
        return None

    def draft_created(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """The workspace that `create` would answer."""
        empty = {"name": short_name(intent), "displayName": None, "website": None, "desc": ""}
        draft = super().draft_created({}, intent)
        return {**draft, **empty, **as_answered(values)}

    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """The workspace that `update` would answer."""
        self._check(changes)
        return {**record, **as_answered(changes)}

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """Nothing: an admin may write everything."""
        del record, names
        return {}

    def _post(self, body: Mapping[str, Any]) -> Record:
        made = self._client.request("POST", "/organizations", json=body)
        if not isinstance(made, dict) or "id" not in made:
            raise OutcomeUnknown("Trello answers POST /organizations without the new workspace")
        try:
            return self.get(made["id"])
        except RecordRefused as refusal:  # though it was created
            raise OutcomeUnknown(str(refusal)) from None

    def _seen_after(self, name: str) -> list[Record]:
        """The visible workspaces, read after the last attempt to create one with this name."""
        with self._looking:
            read_at, visible = self._visible
            if read_at < 0 or not self._creations.shows(name, read_at):
                read_at = self._creations.now()
                visible = self._client.get("/members/me/organizations", {"fields": "all"})
                self._visible = (read_at, visible)
            return visible

    def _check(self, changes: Mapping[str, Any]) -> None:
        if "displayName" in changes and not changes["displayName"]:
            raise RecordRefused("a workspace can't be without a displayName")

    def _reason_to_stay(self, boards: Sequence[Record], members: Sequence[Record]) -> str | None:
        if boards:
            return f"it has {len(boards)} boards, which would be deleted with it"
        own = self._account.own_id
        people = [each for each in members if each["id"] != own and each["memberType"] != GHOST]
        return f"{len(people)} other people belong to it" if people else None


def whole_or_refusal(answer: Any) -> Record | RecordRefused:
    """What reading a workspace has led to."""
    if isinstance(answer, RecordRefused) or (isinstance(answer, dict) and "name" in answer):
        return answer
    return RecordRefused("Trello answers something that is no workspace")


def accepted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Trello takes them: a website has to name its scheme, which people leave out."""
    website = str(values.get("website") or "").strip()
    if not website:
        return dict(values)
    scheme, separator, rest = website.partition("://")
    if not separator:
        scheme, rest = "http", website
    return {**values, "website": f"{scheme.lower()}://{rest}"}


def as_answered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Trello answers them once they are written."""
    answered = {
        name: value.strip() if isinstance(value, str) else value
        for name, value in accepted(values).items()
    }
    if "desc" in answered:
        answered["desc"] = answered["desc"] or ""
    return answered


def short_name(intent: Intent) -> str:
    """The short name of the workspace for a source record: a-z, 0-9 and _, at least 3 of them.

    Trello strips other characters; so that two ids stay two names, a digest stands in for those.
    """
    whole = f"{intent.source}_{intent.source_stream}_{intent.source_id}"
    plain = re.sub(r"[^a-z0-9_]", "", whole)
    if plain == whole and len(whole) <= LONGEST_NAME:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_NAME - len(digest) - 1]}_{digest}"


def is_named(record: Record, name: str, values: Mapping[str, Any], intent: Intent) -> bool:
    """Whether a workspace has the derived short name."""
    del values, intent
    return bool(record["name"] == name)


def is_renamed(record: Record, name: str, values: Mapping[str, Any], intent: Intent) -> bool:
    """Whether a workspace may be what Trello made when it replaced a taken short name."""
    created = datetime.fromtimestamp(int(record["id"][:8], 16), timezone.utc)
    return (
        re.fullmatch(re.escape(name) + r"_?[a-z0-9]+", record["name"]) is not None
        and same_value(Kind.TEXT, record["displayName"], values.get("displayName"))
        and created >= intent.begun_at - CLOCK_SKEW
    )
