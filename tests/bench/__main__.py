"""`make bench`: run the measurements, print the ratios, keep them in docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from sandbox.testing import RunningSandbox

from tests.bench.measure import best, measured, piped
from tests.shipped import PROJECT, plugin_config

BIN = Path(sys.executable).parent
PEER = "target-jsonl==0.1.4"
NUMBERS = (1_000, 10_000)
COLUMNS = (
    "activities",
    "first round",
    "its peak memory",
    "no-op round",
    "the same into the peer",
    "throughput to peer",
    "target alone",
    "peer alone",
    "throughput to peer, after the start",
    "peak memory",
    "requests to Trello",
)

Command = list["Path | str"]


class Bench:
    """Both targets over the same activities.

    Args:
        folder: an empty folder.
        box: the sandbox that holds the activities; it answers at once and has no quota.
        peer: the public target's command.
    """

    def __init__(self, folder: Path, box: RunningSandbox, peer: Path) -> None:
        self.folder = folder
        self.box = box
        out = folder / "out"
        out.mkdir()
        self.tap = self._command(
            BIN / "tap-crmoffice",
            api_url=box.crm_url,
            auth_url=box.auth_url,
            client_id=box.client_id,
            client_secret=box.client_secret,
            refresh_token=box.refresh_token,
            token_file=str(folder / "token.json"),
            page_size=200,
        )
        self.target = self._command(
            BIN / "target-trello",
            **plugin_config("target-trello"),
            api_url=box.trello_url,
            api_key=box.key,
            token="sandbox-token",
            links_url=f"sqlite:///{folder / 'links.db'}",
        )
        self.peer = self._command(peer, destination_path=str(out))
        self.messages = folder / "messages.jsonl"
        self.schemas = folder / "schemas.jsonl"

    def run(self, number: int) -> list[str]:
        """Measure; return the cells of a row."""
        self._read()
        first = measured(self.target, self.messages, self.folder)
        self.box.reset_requests()
        alone = best(lambda: measured(self.target, self.messages, self.folder))
        requests = sum(self.box.requests()["trello"][method] for method in ("GET", "POST", "PUT"))
        peer_alone = best(lambda: measured(self.peer, self.messages, self.folder))
        start = best(lambda: measured(self.target, self.schemas, self.folder))
        peer_start = best(lambda: measured(self.peer, self.schemas, self.folder))
        whole = best(lambda: piped(self.tap, self.target, self.folder))
        peer_whole = best(lambda: piped(self.tap, self.peer, self.folder))
        after_start = alone.seconds - start.seconds
        peer_after_start = peer_alone.seconds - peer_start.seconds
        return [
            f"{number:,}",
            f"{first.seconds:.1f} s",
            f"{first.megabytes:.0f} MB",
            f"{whole.seconds:.2f} s",
            f"{peer_whole.seconds:.2f} s",
            f"{peer_whole.seconds / whole.seconds:.2f} x",
            f"{alone.seconds:.2f} s",
            f"{peer_alone.seconds:.2f} s",
            f"{peer_after_start / after_start:.2f} x",
            f"{alone.megabytes:.0f} MB",
            str(requests // 3),
        ]

    def _read(self) -> None:
        """Keep what the tap writes, and its SCHEMA messages alone."""
        with self.messages.open("w") as output:
            subprocess.run(self.tap, stdout=output, stderr=subprocess.DEVNULL, check=True)
        lines = self.messages.read_text().splitlines(keepends=True)
        self.schemas.write_text("".join(line for line in lines if '"type":"SCHEMA"' in line))

    def _command(self, program: Path, **config: object) -> Command:
        path = self.folder / f"{program.name}.json"
        path.write_text(json.dumps(config))
        return [program, "--config", path]


def installed_peer(folder: Path) -> Path:
    """Install the public target into an environment of its own; return its command."""
    uv = BIN / "uv"
    subprocess.run([uv, "venv", "-q", folder / "peer"], check=True)
    python = folder / "peer" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, PEER], check=True)
    return folder / "peer" / "bin" / "target-jsonl"


def rows() -> list[list[str]]:
    """Measure each number of activities on a sandbox of its own."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        peer = installed_peer(Path(name))
        for number in NUMBERS:
            folder = Path(name) / str(number)
            folder.mkdir()
            with RunningSandbox(seed=False, token_limit=10**9, key_limit=10**9) as box:
                box.bulk(activities=number)
                found.append(Bench(folder, box, peer).run(number))
    return found


def main() -> None:
    """Measure, print, and put the table into docs/benchmarks.md between its markers."""
    lines = [list(COLUMNS), ["---:"] * len(COLUMNS), *rows()]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result = f"{datetime.now(timezone.utc):%F}, {machine}, peer {PEER}:\n\n{table}\n"
    print(result)  # noqa: T201 - what the command is for
    document = PROJECT / "docs" / "benchmarks.md"
    head, _, rest = document.read_text().partition("<!-- results -->")
    _, _, tail = rest.partition("<!-- end of results -->")
    document.write_text(f"{head}<!-- results -->\n{result}<!-- end of results -->{tail}")


if __name__ == "__main__":
    main()
