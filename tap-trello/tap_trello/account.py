"""What of Trello a run covers: workspaces, boards and members, each read once."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from singer_rest import RecordRefused, SettingError, computed_once

from tap_trello.directory import Directory
from tap_trello.fields import ALL_FIELDS
from tap_trello.records import member_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_trello.client import TrelloClient
    from tap_trello.fields import Fields

__all__ = ["ACTIVITY", "MAY_NOT_READ", "Account"]

Record = dict[str, Any]

ACTIVITY = "dateLastActivity"
MAY_NOT_READ = frozenset({401, 403})
"""What the status of an answer may be where a member sees a place, but not all of it."""
NEEDED_OF_BOARDS = ("id", "idOrganization", "shortLink", "closed", ACTIVITY)
NEEDED_OF_ORGANIZATIONS = ("id", "name")

logger = logging.getLogger(__name__)


class Account:
    """The token's own member and everything that is visible to it, or the chosen part of it.

    Any number of threads may share it: each list is read once, by the first one that asks.

    Args:
        client: the API.
        organization_ids: ids or short names of the workspaces to cover; all when empty.
        board_ids: ids or short links of the boards to cover; those of the workspaces when empty.
        include_archived: whether to cover archived boards.
        board_fields: the fields of boards to ask for; those that are needed here come anyway.
        organization_fields: likewise, of workspaces.
    """

    def __init__(
        self,
        client: TrelloClient,
        *,
        organization_ids: Sequence[str] = (),
        board_ids: Sequence[str] = (),
        include_archived: bool = True,
        board_fields: Fields = ALL_FIELDS,
        organization_fields: Fields = ALL_FIELDS,
    ) -> None:
        self.client = client
        self.organization_ids = tuple(organization_ids)
        self.board_ids = tuple(board_ids)
        self.include_archived = include_archived
        self.directory = Directory(lambda: self.members)
        self._fields = {
            "boards": board_fields.and_also(*NEEDED_OF_BOARDS),
            "organizations": organization_fields.and_also(*NEEDED_OF_ORGANIZATIONS),
        }

    @computed_once
    def own_member(self) -> Record:
        """The owner of the token."""
        member: Record = self.client.get("/members/me", {"fields": "all"})
        return member

    @property
    def own_id(self) -> str:
        """Id of the owner of the token."""
        return str(self.own_member["id"])

    @computed_once
    def trusted_ids(self) -> frozenset[str]:
        """Ids of the members whose footers count: the own one and those with a token."""
        return self.client.members_with_token | {self.own_id}

    @computed_once
    def organizations(self) -> list[Record]:
        """The workspaces to cover.

        Raises:
            SettingError: when one of `organization_ids` can't be read.
        """
        query = {"fields": self._fields["organizations"].parameter}
        found = self.client.get("/members/me/organizations", query)
        return self._chosen("organizations", found, self.organization_ids, ("id", "name"))

    @property
    def boards(self) -> list[Record]:
        """The boards to cover: the chosen ones, or of the chosen workspaces.

        Raises:
            SettingError: when one of `board_ids` can't be read.
        """
        return self._listing[0]

    @property
    def listed_at(self) -> datetime:
        """Trello's time when the boards were listed, cut to the second."""
        return self._listing[1]

    def activity_now(self) -> dict[str, str | None]:
        """When something happened last on the boards, by id, read anew.

        A board that only its workspace shows is not among them.
        """
        query = {"fields": ACTIVITY, "filter": "all"}
        boards = self.client.get("/members/me/boards", query)
        return {board["id"]: board.get(ACTIVITY) for board in boards}

    @computed_once
    def _listing(self) -> tuple[list[Record], datetime]:
        """The boards, and when they were listed."""
        query = {"fields": self._fields["boards"].parameter, "filter": "all"}
        found = self.client.get("/members/me/boards", query)
        at = self.client.server_time or datetime.now(timezone.utc)
        boards = self._chosen("boards", found, self.board_ids, ("id", "shortLink"))
        if self.organization_ids and not self.board_ids:
            workspaces = {organization["id"] for organization in self.organizations}
            boards = [board for board in boards if board.get("idOrganization") in workspaces]
        if not self.include_archived:
            boards = [board for board in boards if not board.get("closed")]
        return boards, at

    @computed_once
    def members(self) -> list[Record]:
        """The own member and everybody in the workspaces and boards to cover, each once.

        A workspace may refuse to tell its members; then they are missing, and the log says so.

        Raises:
            RecordRefused: when a board does not tell its members.
        """
        workspaces = [f"/organizations/{each['id']}/members" for each in self.organizations]
        paths = [*workspaces, *(f"/boards/{board['id']}/members" for board in self.boards)]
        members: dict[str, Record] = {}
        answers = self.client.get_many(f"{path}?fields=all" for path in paths)
        for path, answer in zip(paths, answers, strict=True):
            if isinstance(answer, RecordRefused):
                if path not in workspaces or answer.status not in MAY_NOT_READ:
                    raise answer
                logger.warning("members are missing: %s", answer)
                continue
            for member in answer:
                members.setdefault(member["id"], member)
        if self.own_id not in members:
            members[self.own_id] = self.own_member
        return [member_record(member, self.own_id) for member in members.values()]

    def _chosen(
        self, kind: str, found: Iterable[Record], wanted: Sequence[str], names: tuple[str, str]
    ) -> list[Record]:
        """The wanted records among those found; a wanted one that is missing is read by itself."""
        if not wanted:
            return list(found)
        by_name = {record[name]: record for record in found for name in names if record.get(name)}
        missing = [name for name in dict.fromkeys(wanted) if name not in by_name]
        paths = [f"/{kind}/{name}?fields={self._fields[kind].parameter}" for name in missing]
        for name, answer in zip(missing, self.client.get_many(paths), strict=True):
            if isinstance(answer, RecordRefused):
                setting = f"{kind.removesuffix('s')}_ids"
                raise SettingError(f"setting '{setting}': {name} can't be read ({answer})")
            by_name[name] = answer
        chosen = {by_name[name]["id"]: by_name[name] for name in wanted}
        return list(chosen.values())
