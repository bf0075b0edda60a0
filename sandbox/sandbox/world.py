"""Everything that a running sandbox knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from sandbox.clock import parse
from sandbox.faults import Faults
from sandbox.seed import plant
from sandbox.store import Store, encode
from sandbox.switches import Switches
from sandbox.traffic import Traffic
from sandbox.trello.quotas import Windows

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.crm.codes import Code

Seed = Literal["full", "empty"]


@dataclass
class World:
    """The state in the file, and what lasts only as long as the process."""

    store: Store
    switches: Switches
    windows: Windows = field(default_factory=Windows)
    crm_windows: Windows = field(default_factory=Windows)
    traffic: Traffic = field(default_factory=Traffic)
    faults: Faults = field(default_factory=Faults)
    last_update: int = 0
    codes: dict[str, Code] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    resets: int = 0

    @classmethod
    def open(cls, path: Path, seed: Seed = "full") -> World:
        """Open the state file; a new one gets the seed."""
        store = Store(path)
        world = cls(store, Switches())
        if store.setting("seed") is None:
            plant(store, seed)
        world.switches = Switches().changed(msgspec.json.decode(store.setting("switches") or "{}"))
        world.last_update = _newest_update(store)
        return world

    def reset(self, seed: Seed) -> None:
        """Go back to the seed; switches, faults, quotas and counts as well."""
        plant(self.store, seed)
        self.resets += 1
        self.switches = Switches()
        self.last_update = _newest_update(self.store)
        self.windows.clear()
        self.crm_windows.clear()
        self.faults.clear()
        self.codes.clear()
        self.revoked.clear()
        self.traffic.reset()

    def switch(self, changes: dict[str, object]) -> Switches:
        """Change switches and remember them.

        Raises:
            ValueError: an unknown switch, or a value that it can't take.
        """
        self.switches = self.switches.changed(changes)
        self.store.keep_setting("switches", encode(self.switches))
        self.store.commit()
        return self.switches


def _newest_update(store: Store) -> int:
    newest = store.value("SELECT max(sort) FROM records WHERE sort <> ''")
    return parse(newest) if newest else 0
