"""Workspaces, which the API calls organizations."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Kind, Property, same_value
from singer_rest import RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from linked_target import Intent, Record
    from tap_trello.account import Account

__all__ = ["Organizations", "short_name"]

LONGEST_NAME = 60  # characters; Trello documents no limit
CLOCK_SKEW = timedelta(minutes=5)

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

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = account.client

    def candidates(self) -> Iterable[Record]:
        """The workspaces of the token's member."""
        return self._account.organizations

    def get(self, record_id: str) -> Record:
        """Read a workspace with all its fields."""
        record: Record = self._client.get(f"/organizations/{record_id}", {"fields": "all"})
        return record

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        """It has no name."""
        return None if values.get("displayName") else "it has no displayName"

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Create a workspace whose short name is derived from the source record's id."""
        name = short_name(intent)
        body = {**accepted(values), "name": name}
        made = self._client.request("POST", "/organizations", json=body)
        if made.get("name") not in {None, name}:
            logger.warning("workspace %s is called %s: %s is taken", made["id"], made["name"], name)
        return self.get(made["id"])

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """The workspace with the derived short name, or with what Trello made of a taken one."""
        visible = self._client.get("/members/me/organizations", {"fields": "all"})
        free = [record for record in visible if not taken(record["id"])]
        name = short_name(intent)
        for record in free:
            if record["name"] == name:
                return dict(record)
        found = [record for record in free if is_renamed(record, name, values, intent)]
        if len(found) > 1:
            ids = ", ".join(record["id"] for record in found)
            raise RecordRefused(f"several workspaces may be the one that was created: {ids}")
        return dict(found[0]) if found else None

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Change a workspace; its name can't be emptied."""
        if "displayName" in changes and not changes["displayName"]:
            raise RecordRefused("a workspace can't be without a displayName")
        body = {name: "" if value is None else value for name, value in accepted(changes).items()}
        path = f"/organizations/{record['id']}"
        self._client.request("PUT", path, json=body, repeatable=True)
        return self.get(record["id"])

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """Nothing: an admin may write everything."""
        del record, names
        return {}


def accepted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Trello takes them: a website has to name its scheme, which people leave out."""
    website = str(values.get("website") or "").strip()
    if not website:
        return dict(values)
    scheme, separator, rest = website.partition("://")
    if not separator:
        scheme, rest = "http", website
    return {**values, "website": f"{scheme.lower()}://{rest}"}


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


def is_renamed(record: Record, name: str, values: Mapping[str, Any], intent: Intent) -> bool:
    """Whether a workspace may be what Trello made when it replaced a taken short name."""
    created = datetime.fromtimestamp(int(record["id"][:8], 16), timezone.utc)
    return (
        re.fullmatch(re.escape(name) + r"_?[a-z0-9]+", record["name"]) is not None
        and same_value(Kind.TEXT, record["displayName"], values.get("displayName"))
        and created >= intent.begun_at - CLOCK_SKEW
    )
