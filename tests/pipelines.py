"""A tap and a target as two operating-system processes with a pipe between them."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.command_line import BIN, TIME_LIMIT
from tests.office import PLUGINS, Office

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


@dataclass
class StoreOffice(Office):
    """An office whose link store is at any URL."""

    url: str = ""

    @property
    def links_url(self) -> str:
        """The link store of this office."""
        return self.url


@dataclass
class Pipeline:
    """A tap and a target at work.

    Attributes:
        tap: the tap's process.
        target: the target's process.
        folder: where they keep their files and what they log.
    """

    tap: subprocess.Popen[str]
    target: subprocess.Popen[str]
    folder: Path

    def wait(self) -> int:
        """Wait for the end of both; the target's exit code, or the tap's if only that failed."""
        codes = [process.wait(TIME_LIMIT) for process in (self.target, self.tap)]
        return next((code for code in codes if code), 0)

    def kill(self) -> None:
        """End both at once, as a machine does that loses its power (SIGKILL)."""
        for process in (self.target, self.tap):
            process.kill()
            process.wait(TIME_LIMIT)

    @property
    def log(self) -> str:
        """What the target has logged so far."""
        return (self.folder / "target.log").read_text()

    @property
    def state(self) -> Any:
        """The last STATE that the target has printed; None if there is none."""
        lines = (self.folder / "state.jsonl").read_text().splitlines()
        return json.loads(lines[-1]) if lines else None


@contextmanager
def pipeline(
    office: Office,
    names: tuple[str, str],
    folder: Path,
    *,
    streams: Collection[str] = (),
    state: Any = None,
    **settings: Any,
) -> Iterator[Pipeline]:
    """Start `tap | target`; what still runs at the end is killed.

    Args:
        office: both systems.
        names: the tap and the target.
        folder: for their files; it is made.
        streams: which the tap is to read; those that the sync needs, if none are named.
        state: for the tap to go on from.
        settings: further ones of the target.
    """
    tap, target = names
    folder.mkdir()
    tap_config = office.config_of(tap)
    arguments = ["--config", _written(folder / "tap.json", tap_config)]
    arguments += ["--catalog", _written(folder / "catalog.json", _catalog(office, tap, streams))]
    if state is not None:
        arguments += ["--state", _written(folder / "state.json", state)]
    config = _written(folder / "target.json", office.config_of(target, **settings))
    with (
        (folder / "tap.log").open("w") as tap_log,
        (folder / "target.log").open("w") as target_log,
        (folder / "state.jsonl").open("w") as states,
        subprocess.Popen(
            [BIN / tap, *arguments],
            stdout=subprocess.PIPE,
            stderr=tap_log,
            text=True,
            cwd=office.folder,
        ) as reading,
        subprocess.Popen(
            [BIN / target, "--config", config],
            stdin=reading.stdout,
            stdout=states,
            stderr=target_log,
            text=True,
            cwd=office.folder,
        ) as writing,
    ):
        assert reading.stdout is not None
        reading.stdout.close()  # or the tap would not notice the end of the target
        started = Pipeline(reading, writing, folder)
        try:
            yield started
        finally:
            started.kill()


def _catalog(office: Office, tap: str, streams: Collection[str]) -> Any:
    found = PLUGINS[tap](config=office.config_of(tap)).catalog_dict
    for stream in found["streams"]:
        name = stream["tap_stream_id"]
        (own,) = [each for each in stream["metadata"] if not each["breadcrumb"]]
        own["metadata"]["selected"] = name in streams if streams else office.selects(tap, name)
    return found


def _written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)
