"""`python -m tests.released FOLDER`: try the programs in an environment that has nothing else.

What is tried is what somebody gets who installs the released packages: the programs are started as
they are, each in a process of its own, and fed with each other's messages. The sandbox is one.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.control_client import ask
from sandbox.server import HOST

from publishing.packages import folders, version_of
from tests.office import NO_WAITING
from tests.shipped import is_selected, plugin_config

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTIONS = (("tap-crmoffice", "target-trello"), ("tap-trello", "target-crmoffice"))
PLUGINS = {plugin for direction in DIRECTIONS for plugin in direction}
TIME_LIMIT = 120  # seconds for each program


class NotAsReleased(Exception):
    """A program did something else than it should."""


@dataclass(frozen=True)
class Installed:
    """The installed programs at work.

    Attributes:
        programs: the folder `bin` of a virtual environment.
        folder: a folder to work in.
        port: where the sandbox answers on 127.0.0.1.
    """

    programs: Path
    folder: Path
    port: int

    def output_of(self, program: str, *arguments: str, stdin: str = "") -> str:
        """What a program writes; it is given two minutes, and must exit with 0."""
        result = subprocess.run(
            [self.programs / program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            cwd=self.folder,
            check=False,
        )
        if result.returncode:
            told = result.stderr[-2000:]
            raise NotAsReleased(f"{program} exits with {result.returncode}: {told}")
        return result.stdout

    def sync(self, tap: str, target: str) -> None:
        """Run a tap into a target."""
        settings = self.file_of(f"{tap}.json", self.settings_of(tap))
        catalog = json.loads(self.output_of(tap, "--config", settings, "--discover"))
        select_as_shipped(tap, catalog)
        chosen = self.file_of(f"{tap}-catalog.json", catalog)
        messages = self.output_of(tap, "--config", settings, "--catalog", chosen)
        settings = self.file_of(f"{target}.json", self.settings_of(target))
        self.output_of(target, "--config", settings, stdin=messages)

    def settings_of(self, plugin: str) -> dict[str, Any]:
        """The shipped settings of a plugin, with the sandbox's addresses and sign-in."""
        url = f"http://{HOST}:{self.port}"
        sign_in = {
            "trello": {
                "api_url": f"{url}/trello/1",
                "api_key": "sandbox-key",
                "token": "sandbox-token",
            },
            "crmoffice": {
                "api_url": f"{url}/crmoffice",
                "auth_url": f"{url}/crmoffice/auth",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
                "refresh_token": "sandbox-refresh",
            },
        }
        return plugin_config(plugin) | sign_in[plugin.partition("-")[2]]

    def file_of(self, name: str, content: dict[str, Any]) -> str:
        """Write a JSON file; its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def tell_versions_and_settings(self) -> None:
        """Let each plugin tell its version, which must be its package's, and its settings."""
        for folder in folders():
            if folder.name in PLUGINS:
                told = self.output_of(folder.name, "--version")
                if version_of(folder) not in told:
                    raise NotAsReleased(f"{folder.name} is of another version: {told}")
                json.loads(self.output_of(folder.name, "--about", "--format=json"))

    def sync_both_ways(self) -> int:
        """Run both directions; how many requests changed something."""
        self.ask("POST", "/requests/reset")
        for tap, target in DIRECTIONS:
            self.sync(tap, target)
        return sum(counts["writes"] for counts in self.ask("GET", "/requests").values())

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        """Ask the sandbox about itself."""
        return ask((HOST, self.port), method, path, body)


def select_as_shipped(tap: str, catalog: dict[str, Any]) -> None:
    """Mark the streams that the shipped project reads."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = is_selected(tap, stream["tap_stream_id"])


@contextmanager
def at_work(programs: Path) -> Iterator[Installed]:
    """The installed programs, with the installed sandbox on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        installed = Installed(programs, Path(folder), port)
        where = ("--data", str(Path(folder) / "sandbox"))
        installed.output_of("sandbox", "start", *where, "--port", str(port))
        try:
            installed.ask("POST", "/switches", NO_WAITING)
            yield installed
        finally:
            installed.output_of("sandbox", "stop", *where)


def main() -> None:
    """Try them all."""
    with at_work(Path(sys.argv[1]).absolute()) as installed:
        installed.tell_versions_and_settings()
        first, second = installed.sync_both_ways(), installed.sync_both_ways()
    if not first or second:
        sys.exit(f"A first sync wrote {first} times, and a second {second} times.")
    sys.stdout.write(f"Both directions: {first} requests that change something, then none.\n")


if __name__ == "__main__":
    main()
