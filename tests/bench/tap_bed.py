"""A sandbox with planted boards, and the commands that read them."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.testing import RunningSandbox

from tests.bench.bed import BIN
from tests.bench.measure import measured, nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.measure import Measurement
    from tests.bench.peers import Command

READ = ("boards", "lists", "cards", "actions")
"""Streams that both taps have and that are selected here."""


class TapBed:
    """Taps and their files, over one sandbox.

    Args:
        folder: an empty folder.
        box: the sandbox.
    """

    def __init__(self, folder: Path, box: RunningSandbox) -> None:
        self.folder = folder
        self.box = box

    def ours(self, state: Path | None = None, **settings: Any) -> Command:
        """Our tap, over `READ`, from a state file if there is one."""
        program: Command = [BIN / "tap-trello"]
        return self._command("ours", program, state, token="sandbox-token", **settings)

    def theirs(self, peer: Command, state: Path | None = None) -> Command:
        """The public tap, likewise."""
        own = {"api_token": "sandbox-token", "start_date": "2020-01-01T00:00:00Z"}
        return self._command("theirs", peer, state, **own)

    def run(self, command: Command, output: Path) -> Measurement:
        """Run a tap once; its messages go into a file."""
        return measured(command, nowhere, self.folder, output)

    def requests(self) -> int:
        """How many requests Trello has seen."""
        counts = self.box.requests()["trello"]
        return sum(counts[method] for method in ("GET", "POST", "PUT", "DELETE"))

    def _command(self, name: str, program: Command, state: Path | None, **settings: Any) -> Command:
        config, catalog = self.folder / f"{name}.json", self.folder / f"{name}.catalog.json"
        common = {"api_url": self.box.trello_url, "api_key": self.box.key}
        config.write_text(json.dumps({**common, **settings}))
        command = [*program, "--config", config]
        if not catalog.exists():
            found = subprocess.run([*command, "--discover"], check=True, capture_output=True)
            catalog.write_text(json.dumps(_selected(json.loads(found.stdout))))
        command += ["--catalog", catalog]
        return [*command, "--state", state] if state else command


@contextmanager
def opened(folder: Path, **switches: Any) -> Iterator[TapBed]:
    """A bed in a new folder, whose sandbox is a process of its own."""
    folder.mkdir()
    with RunningSandbox(seed=False, process=True, **switches) as box:
        yield TapBed(folder, box)


def ids_of(messages: Path, stream: str) -> list[str]:
    """The ids of a stream's records, in order."""
    return [
        message["record"]["id"]
        for message in messages_of(messages)
        if message["type"] == "RECORD" and message["stream"] == stream
    ]


def keep_state(messages: Path) -> Path:
    """A file with the last state that a tap told."""
    states = [each["value"] for each in messages_of(messages) if each["type"] == "STATE"]
    path = messages.with_suffix(".state.json")
    path.write_text(json.dumps(states[-1]))
    return path


def messages_of(messages: Path) -> Iterator[dict[str, Any]]:
    """What a tap wrote, message by message."""
    with messages.open() as lines:
        for line in lines:
            if line.endswith("\n"):  # the last line of a tap that was stopped may be torn
                yield json.loads(line)


def _selected(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog with `READ` selected, all properties of it, and nothing else."""
    for stream in catalog["streams"]:
        wanted = stream["tap_stream_id"] in READ
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = wanted
    return catalog
