"""Workspaces, which the API calls organizations, and what belongs to them but to no board."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import RecordRefused

from tap_trello import schemas
from tap_trello.batch import MOST_ROUTES
from tap_trello.bookmarks import Bookmark
from tap_trello.feed import Feed
from tap_trello.fields import actions_query
from tap_trello.newest import later
from tap_trello.news import FirstPage, News, read_news
from tap_trello.page_size import PROBE
from tap_trello.records import action_record, data_of
from tap_trello.settings import start_date_of
from tap_trello.sight import ORGANIZATIONS
from tap_trello.streams.base import TrelloStream, WholeStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from tap_trello.streams.base import Record

__all__ = [
    "OrganizationActionsStream",
    "OrganizationMembersStream",
    "OrganizationMembershipsStream",
    "OrganizationsStream",
]

ORGANIZATION = "idOrganization"


class OrganizationsStream(WholeStream):
    """Workspaces."""

    name = "organizations"
    kinds_of_places = (ORGANIZATIONS,)
    schema = schemas.ORGANIZATIONS

    def read(self) -> Iterable[Record]:
        """The workspaces that the run covers."""
        return self.copies(self.account.organizations)


class OrganizationListStream(WholeStream):
    """Records that Trello gives in one list for each workspace; `idOrganization` tells which."""

    kinds_of_places = (ORGANIZATIONS,)
    optional_at = (ORGANIZATIONS,)
    added = (ORGANIZATION,)
    path: str
    """Address of the list, with `{id}` for the workspace's, and maybe `{fields}`."""

    def read(self) -> Iterator[Record]:
        """The records, workspace by workspace."""
        ids = [organization["id"] for organization in self.account.organizations]
        fields = self.fields.parameter
        paths = [self.path.format(id=each, fields=fields) for each in ids]
        for each, answer in zip(ids, self.account.client.get_many(paths), strict=True):
            if isinstance(answer, RecordRefused):
                self.note_refused(ORGANIZATIONS, each, answer)
                continue
            for record in answer:
                yield {**record, ORGANIZATION: each}


class OrganizationMembershipsStream(OrganizationListStream):
    """Who belongs to a workspace, and as what."""

    name = "organization_memberships"
    schema = schemas.ORGANIZATION_MEMBERSHIPS
    path = "/organizations/{id}/memberships"


class OrganizationMembersStream(OrganizationListStream):
    """The members of each workspace: who belongs to two comes twice."""

    name = "organization_members"
    primary_keys: ClassVar[tuple[str, ...]] = ("id", ORGANIZATION)
    schema = schemas.ORGANIZATION_MEMBERS
    path = "/organizations/{id}/members?fields={fields}"


@dataclass(frozen=True)
class OrganizationNews:
    """What is new in a workspace."""

    organization: str
    news: News


class OrganizationActionsStream(TrelloStream):
    """What happened in a workspace but on no board: `actions` holds the boards' actions.

    Whether a workspace's feed tells of its boards as well is not documented; they are left out.
    """

    name = "organization_actions"
    replication_key = "date"
    schema = schemas.ORGANIZATION_ACTIONS
    added = (ORGANIZATION,)
    optional_at = (ORGANIZATIONS,)

    @property
    def partitions(self) -> None:
        """None for the SDK: all workspaces are read together; each has a part of the state."""
        return

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """New actions of all workspaces, with a bookmark for each."""
        del context
        ids = [organization["id"] for organization in self.account.organizations]
        groups = [ids[start : start + MOST_ROUTES] for start in range(0, len(ids), MOST_ROUTES)]
        sources = [partial(self._news_of, group, self._bookmarks) for group in groups]
        for each in self._trello_tap.read_ahead.items(sources):
            fresh = [action for action in each.news.actions if not data_of(action).get("board")]
            for action in fresh:
                yield {**action_record(action), ORGANIZATION: each.organization}
            if self.replication_method == "INCREMENTAL":
                part = self.get_context_state({ORGANIZATION: each.organization})
                each.news.bookmark.put(part, self.replication_key)
                self.write_state_by_and_by(len(fresh))

    def _news_of(
        self, organizations: Sequence[str], bookmarks: Mapping[str, Bookmark]
    ) -> Iterator[OrganizationNews]:
        """What is new in workspaces whose first pages are read together."""
        client, start = self.account.client, start_date_of(self.config)
        kept = [bookmarks.get(organization, Bookmark()) for organization in organizations]
        feeds = [
            Feed(
                f"/organizations/{organization}/actions",
                since=later(bookmark.newest.date, start),
                query=actions_query(self.fields),
            )
            for organization, bookmark in zip(organizations, kept, strict=True)
        ]
        pages = client.get_many(feed.page_path(limit=PROBE) for feed in feeds)
        firsts = [FirstPage(page, PROBE) for page in pages]
        for organization, feed, bookmark, first in zip(
            organizations, feeds, kept, firsts, strict=True
        ):
            news = read_news(client, feed, bookmark, start=start, first=first)
            yield from self._unless_refused(organization, news)

    def _unless_refused(
        self, organization: str, found: Iterator[News]
    ) -> Iterator[OrganizationNews]:
        """What is new in a workspace; nothing if it refuses that."""
        try:
            for news in found:
                yield OrganizationNews(organization, news)
        except RecordRefused as refusal:
            self.note_refused(ORGANIZATIONS, organization, refusal)

    @property
    def _bookmarks(self) -> dict[str, Bookmark]:
        if self.replication_method != "INCREMENTAL":
            return {}
        parts: list[dict[str, Any]] = self.stream_state.get("partitions", [])
        return {part["context"][ORGANIZATION]: Bookmark.of_state(part) for part in parts}

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the bookmarks themselves say where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: a bookmark is Trello's own time, and needs no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: a bookmark moves with each page."""
