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

from tests.bench.measure import best, measured
from tests.shipped import PROJECT, plugin_config

BIN = Path(sys.executable).parent
PEER = "target-jsonl==0.1.4"
ROUNDS = 3
NUMBERS = (1_000, 10_000)


def peer(folder: Path) -> Path:
    """Install the public target into an environment of its own; return its command."""
    uv = BIN / "uv"
    subprocess.run([uv, "venv", "-q", folder / "peer"], check=True)
    python = folder / "peer" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, PEER], check=True)
    return folder / "peer" / "bin" / "target-jsonl"


def write_config(path: Path, config: dict[str, object]) -> Path:
    """Write a plugin's config file."""
    path.write_text(json.dumps(config))
    return path


def activities(folder: Path, box: RunningSandbox) -> Path:
    """What tap-crmoffice writes of the sandbox's people and activities."""
    config = {
        "api_url": box.crm_url,
        "auth_url": box.auth_url,
        "client_id": box.client_id,
        "client_secret": box.client_secret,
        "refresh_token": box.refresh_token,
        "token_file": str(folder / "token.json"),
        "page_size": 200,
    }
    path = folder / "activities.jsonl"
    with path.open("w") as output:
        settings = write_config(folder / "tap.json", config)
        command: list[Path | str] = [BIN / "tap-crmoffice", "--config", settings]
        subprocess.run(command, stdout=output, stderr=subprocess.DEVNULL, check=True)
    return path


def measure(number: int, folder: Path, target_jsonl: Path) -> list[str]:
    """Create `number` comments from activities, then run the same input again."""
    folder.mkdir()
    with RunningSandbox(seed=False, token_limit=10**9, key_limit=10**9) as box:
        box.bulk(activities=number)
        messages = activities(folder, box)
        config = {
            **plugin_config("target-trello"),
            "api_url": box.trello_url,
            "api_key": box.key,
            "token": "sandbox-token",
            "links_url": f"sqlite:///{folder / 'links.db'}",
        }
        path = write_config(folder / "target.json", config)
        target: list[Path | str] = [BIN / "target-trello", "--config", path]
        create = measured(target, messages, folder)
        box.reset_requests()
        idle = best(ROUNDS, target, messages, folder)
        requests = sum(box.requests()["trello"][method] for method in ("GET", "POST", "PUT"))
    (folder / "out").mkdir()
    jsonl_config = write_config(folder / "jsonl.json", {"destination_path": str(folder / "out")})
    peer_command: list[Path | str] = [target_jsonl, "--config", jsonl_config]
    jsonl = best(ROUNDS, peer_command, messages, folder)
    return [
        f"{number:,}",
        f"{create.seconds:.1f} s",
        f"{create.megabytes:.0f} MB",
        f"{idle.seconds:.2f} s",
        f"{idle.megabytes:.0f} MB",
        str(requests // ROUNDS),
        f"{jsonl.seconds:.2f} s",
        f"{jsonl.seconds / idle.seconds:.2f} x",
    ]


def table(rows: list[list[str]]) -> str:
    """The results as a Markdown table."""
    columns = [
        "activities",
        "first round",
        "its peak memory",
        "no-op round",
        "its peak memory",
        "its requests",
        PEER.replace("==", " "),
        "throughput, no-op to peer",
    ]
    lines = [columns, ["---:"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Measure, print, and put the table into docs/benchmarks.md between its markers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target_jsonl = peer(folder)
        rows = [measure(number, folder / str(number), target_jsonl) for number in NUMBERS]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result = f"{datetime.now(timezone.utc):%F}, {machine}:\n\n{table(rows)}\n"
    print(result)  # noqa: T201 - what the command is for
    document = PROJECT / "docs" / "benchmarks.md"
    head, _, rest = document.read_text().partition("<!-- results -->")
    _, _, tail = rest.partition("<!-- end of results -->")
    document.write_text(f"{head}<!-- results -->\n{result}<!-- end of results -->{tail}")


if __name__ == "__main__":
    main()
