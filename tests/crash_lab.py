"""The same run again and again from the same state, each time with another mishap."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.forked import KILLED, ForkedOffice, ForkedSandbox
from tests.normal_form import differences, normal_form
from tests.office import NO_WAITING
from tests.working_week import WorkingWeek

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.forked import Ended, Forks

    Mishap = Callable[[ForkedOffice, Callable[..., Ended]], None]

Json = Any

FIRST_RUN, LATER_RUN = "the first run", "a later run"
OTHER = {"target-trello": "target-crmoffice", "target-crmoffice": "target-trello"}


@dataclass(frozen=True)
class Result:
    """What came of a run, however often it had to be begun.

    Attributes:
        after_run: both systems and the links in their normal form.
        after_round: the same after a run of the other direction.
        created: how many records of each kind the sandbox has, traces of each creation included.
        invited: the addresses that got a mail.
        changes: successful requests that changed a record; to let a person in is none.
        late_writes: writing requests of a further round.
    """

    after_run: Json
    after_round: Json
    created: dict[str, int]
    invited: list[str]
    changes: int
    late_writes: int

    def differences(self, expected: Result, besides: str | None = None) -> list[str]:
        """What is other than expected, besides one attribute, a line each."""
        return [
            *(f"after the run: {line}" for line in differences(expected.after_run, self.after_run)),
            *(f"after all: {line}" for line in differences(expected.after_round, self.after_round)),
            *(
                f"{name}: {getattr(self, name)} instead of {getattr(expected, name)}"
                for name in ("created", "invited", "changes", "late_writes")
                if name != besides and getattr(self, name) != getattr(expected, name)
            ),
        ]


@dataclass
class CrashLab:
    """A state of both systems from which a run of `target` has everything to do.

    Args:
        forks: makes the processes.
        folder: an empty folder.
        target: the target whose run is meant.
        when: the first run, or one that finds links already.
        settings: further ones of that target.
    """

    forks: Forks
    folder: Path
    target: str
    when: str
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let people work, and keep what they leave and what the tap tells of it."""
        with self._box(self.folder / "prepared") as box:
            office = ForkedOffice(box, self.folder / "prepared", forks=self.forks)
            for settings in (office.target_trello, office.target_crmoffice):
                settings["on_delete"] = "delete"
            week = WorkingWeek(office)
            week.begin()
            if self.when == LATER_RUN:
                office.sync()
                week.go_on()
                del office.states["to-trello"]  # only a full read tells what was deleted
            self.messages = self._read(office)
            self._states = dict(office.states)
        self._office = office

    def result(self, name: str, mishap: Mishap | None = None) -> Result:
        """What comes of the run after a mishap, and of the rounds after it.

        Args:
            name: of a folder for this.
            mishap: what goes wrong first, if anything.
        """
        with self.rebuilt(name) as office:
            box = office.box
            if mishap is not None:
                mishap(office, self.run)
            self.run(office)
            after_run = normal_form(office)
            created = box.control("GET", "/status")["records"]
            changes = len([entry for entry in box.log() if is_change(entry)])
            invited = sorted(each["email"] for each in box.invitations())
            sync(office, OTHER[self.target])
            after_round = normal_form(office)
            box.reset_requests()
            sync(office, self.target)
            sync(office, OTHER[self.target])
            return Result(after_run, after_round, created, invited, changes, box.writes())

    def moments(self) -> Mapping[str, int]:
        """How many moments of each kind an undisturbed run has."""
        with self.rebuilt("moments") as office:
            return self.run(office).moments

    def run(self, office: ForkedOffice, death: tuple[str, int] | None = None) -> Ended:
        """Run the target once; unless it is killed, it succeeds.

        The source did not change, so the tap's messages are the recorded ones as long as there is
        no newer STATE.
        """
        messages = self.messages if office.states == self._states else self._read(office)
        config = office.config_of(self.target, **self.settings)
        ended = office.run_plugin(self.target, config, messages, death=death)
        office.keep_state(self.target, ended.output)
        assert ended.status in ({0, KILLED} if death else {0}), ended.errors
        return ended

    def _read(self, office: ForkedOffice) -> str:
        return office.read_crmoffice() if self.target == "target-trello" else office.read_trello()

    def _box(self, folder: Path) -> ForkedSandbox:
        return ForkedSandbox(self.forks, folder, **NO_WAITING)

    @contextmanager
    def rebuilt(self, name: str) -> Iterator[ForkedOffice]:
        """The office just before the run, in a folder with this name."""
        folder = self.folder / name
        shutil.copytree(self.folder / "prepared", folder, ignore=shutil.ignore_patterns("run-*"))
        with self._box(folder) as box:
            yield replace(self._office, box=box, folder=folder, states=dict(self._states))
        shutil.rmtree(folder)


def sync(office: ForkedOffice, target: str) -> None:
    """Run one direction."""
    if target == "target-trello":
        office.sync_to_trello()
    else:
        office.sync_to_crmoffice()


def is_change(entry: dict[str, Any]) -> bool:
    """Whether a request has changed a record; to let somebody in again changes nothing."""
    succeeded = entry["status"] is not None and entry["status"] < 300
    writes = entry["method"] != "GET" and "/connect/" not in entry["path"]
    return succeeded and writes and "/members" not in entry["path"]
