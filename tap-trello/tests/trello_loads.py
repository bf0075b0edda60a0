"""Runs of the tap that break off wherever they are wanted to, and what a target keeps of them."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter
from tap_trello import board_actions, cards, client, page_size, rounds
from tap_trello.feed import Feed
from tap_trello.streams.actions import ActionsStream
from tap_trello.tap import TapTrello
from trello_days import COMMENTS, NO_LIMIT, watch_of

from sandbox import clock, credentials
from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pytest
    from singer_sdk.singerlib.encoding.simple import Message
    from trello_days import Act, Days

Json = dict[str, Any]


class BreakOff(BaseException):
    """The run is killed."""


@dataclass(frozen=True)
class Pages:
    """How the tap is made to read little by little.

    Attributes:
        limit: actions on a page.
        probe: actions on the first page of a new board.
        routes: first pages that are read together.
        ahead: seed for the order in which boards are read at the same time; None for one by one.
    """

    limit: int = 3
    probe: int = 2
    routes: int = 10
    ahead: int | None = None


@dataclass(frozen=True)
class Run:
    """One run of the tap.

    Attributes:
        meanwhile: what others do during the run, by the number of the request that it precedes.
        messages: how many come before it breaks off; None if it does not.
    """

    meanwhile: Mapping[int, Sequence[Act]] = field(default_factory=dict)
    messages: int | None = None


@dataclass(frozen=True)
class History:
    """What people do, and the runs in between.

    Attributes:
        parts: what is done, and then a run, again and again.
        switches: of the sandbox.
        pages: how the tap reads.
        settings: of the tap.
        full_table: whether the catalog says so.
    """

    parts: Sequence[tuple[Sequence[Act], Run]] = ()
    switches: Json = field(default_factory=dict)
    pages: Pages = field(default_factory=Pages)
    settings: Json = field(default_factory=dict)
    full_table: bool = False


@dataclass(frozen=True)
class Delivery:
    """A record that a target has kept."""

    run: int
    epoch: int | None
    record: Json


class Interleaved:
    """Reads several sources as threads would, in an order that can be repeated."""

    def __init__(self, order: int) -> None:
        self._dice = random.Random(order)  # noqa: S311 - repeatable on purpose

    def items(
        self, sources: Iterable[Callable[[], Iterable[Any]]], *, at_once: int | None = None
    ) -> Iterator[Any]:
        """The items of all sources, source by source."""
        readings = [(iter(source()), deque[Any]()) for source in sources]
        for number, (reading, waiting) in enumerate(readings):
            end = number + (at_once or len(readings))
            over = object()
            while True:
                for other, ready in readings[number + 1 : end]:
                    if not ready and self._dice.random() < 0.5:
                        ready.extend(item for item in (next(other, None),) if item is not None)
                if waiting:
                    yield waiting.popleft()
                    continue
                item = next(reading, over)
                if item is over:
                    break
                yield item


class Loads:
    """A tap and a target that work for the days.

    Args:
        days: what the tap reads.
        history: how it reads.
    """

    def __init__(self, days: Days, history: History) -> None:
        self.days = days
        self.settings = {
            "api_key": credentials.TRELLO_KEY,
            "token": credentials.TRELLO_TOKEN,
            "api_url": days.box.trello_url,
            "organization_ids": [days.workspace],
            **history.settings,
        }
        self.pages = history.pages
        self.full_table = history.full_table
        self.state: Json | None = None
        self.tables = VersionedTables()
        self.deliveries: list[Delivery] = []
        self.number = 0
        """Of runs."""
        self.epoch: int | None = None
        self.paths: list[str] = []
        """What the last run has asked for."""
        self.activated = False
        """Whether the last run has told deletions."""
        self.false_alarms: list[int] = []
        """The runs that have read everything anew without a reason."""
        self._acted_upon = 0
        """How many of the reasons for a full read have led to one that is under way."""
        self._begun = False
        """Whether the last run has begun a full read."""

    def run(self, run: Run = Run(), **settings: object) -> list[Json]:
        """Run the tap; return what the target keeps of its records."""
        self.number += 1
        tap = self._tap({**self.settings, **settings})
        kept: list[Json] = []
        waiting: list[tuple[Json, int | None]] = []
        left = run.messages
        self._acted_upon = 0
        self._begun = self.activated = False

        def take(_: object, message: Message) -> None:
            nonlocal left
            if left is not None:
                if left == 0:
                    raise BreakOff
                left -= 1
            told = json.loads(json.dumps(message.to_dict(), default=str))
            waiting.append((told, self.epoch))
            if told["type"] == "STATE":
                self.state = told["value"]
                del self.days.reasons[: self._acted_upon]
                self._acted_upon = 0
                kept.extend(self._keep(waiting))
                waiting.clear()

        tap.message_writer = type("Writer", (SimpleSingerWriter,), {"write_message": take})()
        tap._state_writer = type(tap._state_writer)(tap.message_writer)
        self._hook(tap, run.meanwhile)
        self.days.is_run_under_way = True
        try:
            tap.streams["actions"].sync()
        except BreakOff:
            pass
        else:
            assert not waiting
            self.days.is_run_under_way = False
            if self._begun and not self.activated:
                self.days.reasons.append("a board vanished while it was read")
        return kept

    def _keep(self, messages: list[tuple[Json, int | None]]) -> Iterator[Json]:
        self.tables.load(message for message, _ in messages)
        for message, epoch in messages:
            if message["type"] == "RECORD":
                version = message.get("version", epoch)
                self.deliveries.append(Delivery(self.number, version, message["record"]))
                yield message["record"]
            self.activated |= message["type"] == "ACTIVATE_VERSION"

    def _tap(self, settings: Json) -> TapTrello:
        tap = TapTrello(config=settings, state=json.loads(json.dumps(self.state or {})))
        for stream in tap.streams.values():
            stream.selected = stream.name == "actions"
        stream = tap.streams["actions"]
        stream._initialized_at = int(self.days.clock.now().timestamp() * 1000)
        if self.full_table:
            stream.forced_replication_method = "FULL_TABLE"
        if self.pages.ahead is not None:
            tap.__dict__["read_ahead"] = Interleaved(self.pages.ahead + self.number)
        begin = stream.begin_sweep

        def begin_sweep() -> int:
            if stream.sweeps.begun is None and not self.full_table and self.days.covered():
                self._begun = True
                self._acted_upon = len(self.days.reasons)
                if not self._acted_upon and "edit_lookback_days" not in self.settings:
                    self.false_alarms.append(self.number)
            self.epoch = begin()
            return self.epoch

        stream.begin_sweep = begin_sweep
        return tap

    def _hook(self, tap: TapTrello, meanwhile: Mapping[int, Sequence[Act]]) -> None:
        api = tap.account.client
        api.quotas.token.limit = api.quotas.key.limit = NO_LIMIT
        get = api.get
        self.paths = []

        def get_while_others_work(path: str, params: Mapping[str, Any] | None = None) -> Any:
            for act in meanwhile.get(len(self.paths), ()):
                self.days.do(act)
            self.paths.append(f"{path} {(params or {}).get('urls', '')}")
            return get(path, params)

        api.get = get_while_others_work

    @property
    def comments(self) -> set[str]:
        """The ids of the comments in the target's table."""
        rows = self.tables.rows.get("actions", {}).values()
        return {row["id"] for row in rows if row["type"] in COMMENTS}


def read_little_by_little(patch: pytest.MonkeyPatch, days: Days, pages: Pages) -> None:
    """Make pages small, let each step have a STATE, and use the clock of the days."""
    patch.setattr(clock, "datetime", watch_of(days.clock))
    patch.setattr(client, "time_of", lambda _: days.clock.now().replace(microsecond=0))
    patch.setattr(board_actions, "Feed", partial(Feed, limit=pages.limit))
    patch.setattr(board_actions, "LARGEST_PAGE", pages.limit)
    patch.setattr(board_actions, "PROBE", min(pages.probe, pages.limit))
    patch.setattr(cards, "LARGEST_PAGE", pages.limit)
    patch.setattr(page_size, "SMALLEST_PAGE", 1)
    patch.setattr(rounds, "MOST_ROUTES", pages.routes)
    patch.setattr(ActionsStream, "records_per_state", 1)
