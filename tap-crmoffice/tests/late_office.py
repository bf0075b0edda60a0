"""A server whose writes are committed late and whose rows move while its pages are turned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tap_crmoffice.instants import instant
from tap_crmoffice.reading import Page, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True)
class Event:
    """Something that happens on the server.

    Attributes:
        kind: "create", "edit" or "wait".
        seconds: of a wait its length, otherwise how long the transaction takes.
        place: which record is edited, by its place among all.
    """

    kind: str
    seconds: int
    place: int = 0


@dataclass
class LateOffice:
    """In place of a client: one list, in the order of `updatedAt`, by a clock of whole seconds.

    A transaction gets its time when it begins, becomes visible when it is committed, and locks its
    record in between.
    """

    page_size: int = 3
    honours_since: bool = True
    tells_total: bool = True
    naive: bool = False
    numbers: bool = False
    visible: dict[int, Record] = field(default_factory=dict)
    during_pages: list[list[Event]] = field(default_factory=list)
    now: int = 0
    _open: list[tuple[int, Record]] = field(default_factory=list)
    _revisions: Iterator[int] = field(default_factory=count)

    def happen(self, event: Event) -> None:
        if event.kind == "wait":
            self.now += event.seconds
        elif event.kind == "create":
            taken = [*self.visible, *(record["id"] for _, record in self._open)]
            self._begin(max(taken, default=0) + 1, event.seconds)
        else:
            locked = {record["id"] for _, record in self._open}
            free = sorted(set(self.visible) - locked)
            if free:
                self._begin(free[event.place % len(free)], event.seconds)
        self._commit()

    def rest(self) -> None:
        """Let everything that is under way come to its end."""
        self.now = max([self.now, *(end for end, _ in self._open)])
        self._commit()

    def read(self, resource: str, updated_since: datetime | None = None) -> Reading:
        def fetch(number: int) -> Page:
            for event in self.during_pages.pop(0) if self.during_pages else ():
                self.happen(event)
            rows = [row for row in self._in_order() if self._is_asked_for(row, updated_since)]
            part = rows[(number - 1) * self.page_size : number * self.page_size]
            total = len(rows) if self.tells_total else None
            return Page([self.shown(row) for row in part], total)

        clock = lambda: float(self.now)  # noqa: E731 - an expression of one line
        return Reading(fetch, page_size=self.page_size, resource=resource, clock=clock)

    def shown(self, row: Record) -> Record:
        moment = NOON + timedelta(seconds=row["updatedAt"])
        time = moment.astimezone(OSLO).replace(tzinfo=None) if self.naive else moment
        key = row["id"] if self.numbers else str(row["id"])
        return {**row, "id": key, "updatedAt": time.isoformat()}

    def newest(self) -> dict[str, int]:
        """The revision of each visible record."""
        return {str(key): row["revision"] for key, row in self.visible.items()}

    def _begin(self, key: int, lasting: int) -> None:
        row = {"id": key, "updatedAt": self.now, "revision": next(self._revisions)}
        self._open.append((self.now + lasting, row))

    def _commit(self) -> None:
        done = [row for end, row in self._open if end <= self.now]
        self._open = [each for each in self._open if each[0] > self.now]
        self.visible.update({row["id"]: row for row in done})

    def _in_order(self) -> list[Record]:
        return sorted(self.visible.values(), key=lambda row: (row["updatedAt"], row["id"]))

    def _is_asked_for(self, row: Record, since: datetime | None) -> bool:
        moment = instant(self.shown(row)["updatedAt"])
        return since is None or not self.honours_since or (moment is not None and moment >= since)
