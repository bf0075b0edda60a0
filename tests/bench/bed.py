"""A sandbox with activities, and the commands that bring them to Trello."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from linked_target.store.database import open_store
from linked_target.store.runs import last_runs
from sandbox.testing import RunningSandbox

from tests.shipped import plugin_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.peers import Command

BIN = Path(sys.executable).parent
NO_QUOTA = {"token_limit": 10**9, "key_limit": 10**9}
"""Switches; the plugins believe the rate headers."""
OWNERS = {
    "anna.havblikk": "annahavblikk",
    "bard.nordhei": "bardnordhei",
    "camilla.steinrøys": "camillasteinroys",
}
"""Users who own the activities, and the members that they are; each member has a token."""


class Bed:
    """Commands and their files, over one sandbox.

    Args:
        folder: an empty folder.
        box: the sandbox.
    """

    def __init__(self, folder: Path, box: RunningSandbox) -> None:
        self.folder = folder
        self.box = box
        self.links = folder / "links.db"

    @property
    def tap(self) -> Command:
        """Reads CRMOffice."""
        return self._command(
            [BIN / "tap-crmoffice"],
            api_url=self.box.crm_url,
            auth_url=self.box.auth_url,
            client_id=self.box.client_id,
            client_secret=self.box.client_secret,
            refresh_token=self.box.refresh_token,
            token_file=str(self.folder / "token.json"),
            page_size=200,
        )

    def target(self, **settings: Any) -> Command:
        """Writes to Trello, with the shipped maps."""
        config = {
            **plugin_config("target-trello"),
            "api_url": self.box.trello_url,
            "api_key": self.box.key,
            "token": "sandbox-token",
            "links_url": f"sqlite:///{self.links}",
        }
        return self._command([BIN / "target-trello"], **{**config, **settings})

    def jsonl(self, peer: Command) -> Command:
        """Writes to files."""
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        return self._command(peer, destination_path=str(files))

    def hotglue(self, peer: Command) -> Command:
        """Writes comments onto a new card, one by one."""
        return self._command(
            peer,
            api_url=self.box.trello_url,
            authorization=self.box.authorization()["Authorization"],
            card_id=self._new_card(),
        )

    def read(self) -> Path:
        """A file with what the tap writes now."""
        path = self.folder / "messages.jsonl"
        with path.open("w") as output, (self.folder / "tap.log").open("w") as log:
            subprocess.run(self.tap, stdout=output, stderr=log, check=True, cwd=self.folder)
        return path

    def trello_requests(self) -> int:
        """How many requests Trello has seen."""
        counts = self.box.requests()["trello"]
        return sum(counts[method] for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))

    def counted(self) -> Counter[str]:
        """What the last run counted, over all streams."""
        engine = open_store(f"sqlite:///{self.links}", must_exist=True)
        try:
            total: Counter[str] = Counter()
            for run in last_runs(engine):
                for stream in run.streams:
                    total.update(stream.counts)
            return total
        finally:
            engine.dispose()

    def member_tokens(self) -> dict[str, str]:
        """The owners' tokens by member id."""
        listed = self.box.control("GET", "/tokens")
        ids = {each["username"]: each["idMember"] for each in listed}
        return {ids[name]: self.box.token(name) for name in OWNERS.values()}

    def _new_card(self) -> str:
        board = self._trello("POST", "/boards", name="Peer")["id"]
        board_list = self._trello("GET", f"/boards/{board}/lists")[0]["id"]
        return str(self._trello("POST", "/cards", name="Peer", idList=board_list)["id"])

    def _trello(self, method: str, path: str, **sent: str) -> Any:
        url, headers = self.box.trello_url + path, self.box.authorization()
        answer = requests.request(method, url, headers=headers, json=sent or None, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _command(self, program: Command, **config: object) -> Command:
        path = self.folder / f"{Path(program[-1]).stem}.json"
        path.write_text(json.dumps(config))
        return [*program, "--config", path]


@contextmanager
def opened(folder: Path, *, activities: int, **switches: Any) -> Iterator[Bed]:
    """A bed in a new folder, whose sandbox is a process of its own."""
    folder.mkdir()
    with RunningSandbox(seed=False, process=True, **switches) as box:
        box.bulk(activities=activities, owners=list(OWNERS))
        yield Bed(folder, box)


def of_stream(messages: Path, stream: str) -> Path:
    """A file with a stream's messages alone."""
    return _chosen(messages, stream, lambda message: message.get("stream") == stream)


def as_incremental(messages: Path) -> Path:
    """The same messages as a read of changes only tells them: all other records may exist as well.

    A full read gives its records a version and activates that at its end, so that a target learns
    of deletions.
    """
    path = messages.with_name(f"{messages.stem}.incremental.jsonl")
    with messages.open() as lines, path.open("w") as output:
        for line in lines:
            message = json.loads(line)
            message.pop("version", None)
            if message["type"] != "ACTIVATE_VERSION":
                output.write(json.dumps(message) + "\n")
    return path


def schemas_of(messages: Path) -> Path:
    """A file with the SCHEMA messages alone: what a run costs before the first record."""
    return _chosen(messages, "schemas", lambda message: message["type"] == "SCHEMA")


def records_of(messages: Path, stream: str) -> Iterator[dict[str, Any]]:
    """The records of a stream."""
    with messages.open() as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "RECORD" and message["stream"] == stream:
                yield message["record"]


def _chosen(messages: Path, name: str, wanted: Any) -> Path:
    path = messages.with_name(f"{messages.stem}.{name}.jsonl")
    with messages.open() as lines, path.open("w") as kept:
        kept.writelines(line for line in lines if wanted(json.loads(line)))
    return path
