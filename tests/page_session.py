"""A reader at work: the shipped project in a folder, a sandbox, and a shell."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.control_client import ask
from sandbox.server import HOST

from tests.office import NO_WAITING
from tests.shipped import PROJECT, plugin_config

TIME_LIMIT = 500  # seconds for a page; the first one installs plugins
VENV = Path(sys.executable).parent.parent
SHOWN_ADDRESS = "http://127.0.0.1:8765"
"""Where the pages say that the sandbox answers; in a test it has a port of its own."""


class Reader:
    """Somebody who pastes a page's commands into a shell, with the sandbox for both systems.

    Args:
        folder: an empty folder; it becomes a copy of the project whose packages are linked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        for path in PROJECT.iterdir():
            if (path / "pyproject.toml").exists() or path.name == "requirements":
                (folder / path.name).symlink_to(path)
        shutil.copy(PROJECT / "Makefile", folder)
        self._link_virtual_environment()
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'programs'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "MELTANO_PROJECT_ROOT": str(folder),
            "SANDBOX_PORT": str(self.port),
            "BROWSER": f"{sys.executable} {self._browser()} %s",
            "TAP_TRELLO_API_URL": f"{self.url}/trello/1",
            "TARGET_TRELLO_API_URL": f"{self.url}/trello/1",
            "TAP_CRMOFFICE_API_URL": f"{self.url}/crmoffice",
            "TARGET_CRMOFFICE_API_URL": f"{self.url}/crmoffice",
            "TAP_CRMOFFICE_AUTH_URL": f"{self.url}/crmoffice/auth",
            "TARGET_CRMOFFICE_AUTH_URL": f"{self.url}/crmoffice/auth",
        }

    def begin(self) -> None:
        """Start over: the sandbox's seed, the shipped project, no links and no bookmarks."""
        for name in (
            "links-sandbox.db",
            "links-prod.db",
            "links.db",
            ".meltano/meltano.db",
            ".env",
        ):
            for path in self.folder.glob(f"{name}*"):
                if path.name != ".env.example":
                    path.unlink()
        for path in self.folder.glob(".*-token.json*"):
            path.unlink()
        shutil.rmtree(self.folder / "output", ignore_errors=True)
        shutil.copy(PROJECT / "meltano.yml", self.folder)
        self._fill_in_example()
        self.run("sandbox start --data .sandbox && sandbox reset --data .sandbox")
        self.ask("POST", "/switches", {**NO_WAITING, "sign_in": "allow"})

    def connect(self) -> None:
        """Fill in .env as after a login to both systems, and make the link stores."""
        tokens = {"TRELLO_TOKEN=": "sandbox-token", "CRMOFFICE_REFRESH_TOKEN=": "sandbox-refresh"}
        lines = (self.folder / ".env.example").read_text().splitlines()
        assert set(tokens) <= set(lines)
        filled = [line + tokens.get(line, "") for line in lines]
        (self.folder / ".env").write_text("\n".join(filled) + "\n")
        for environment in ("sandbox", "prod"):
            settings = {"links_url": self.links_url(environment), "token": "sandbox-token"}
            self.write_settings("empty.json", "target-trello", **settings)
            made = self.run("target-trello --config empty.json < /dev/null")
            assert made.returncode == 0, made.stdout

    def links_url(self, environment: str) -> str:
        """The link store of an environment of Meltano."""
        return f"sqlite:///{self.folder / f'links-{environment}.db'}"

    def end(self) -> None:
        """Stop the sandbox."""
        self.run("sandbox stop --data .sandbox")

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        """Ask the sandbox about itself."""
        return ask((HOST, self.port), method, path, body)

    def run(
        self, commands: str, *, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run commands until one fails; a refused request is a failure, too.

        Args:
            commands: as they stand in a page.
            stdin: what is typed where a command asks.
            variables: further variables of the environment.
        """
        script = self.folder / "page.sh"
        script.write_text(
            "set -eo pipefail\n"
            'curl() { command curl --fail-with-body "$@"; }\n'
            f"{commands.replace(SHOWN_ADDRESS, self.url)}"
        )
        return subprocess.run(
            ["/bin/bash", "-x", script],
            cwd=self.folder,
            env={**self.environment, **variables},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )

    def write_settings(self, name: str, plugin: str, **further: Any) -> None:
        """Write the file of settings that a page takes for granted."""
        config = plugin_config(plugin)
        if "trello" in plugin:
            config |= {"api_url": f"{self.url}/trello/1", "api_key": "sandbox-key"}
        else:
            config |= {
                "api_url": f"{self.url}/crmoffice",
                "auth_url": f"{self.url}/crmoffice/auth",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
            }
        (self.folder / name).write_text(json.dumps(config | further))

    def write_program(self, name: str, text: str) -> None:
        """Put a program where the shell finds it."""
        path = self.folder / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o700)

    def _link_virtual_environment(self) -> None:
        """A virtual environment that make takes for ready; what is in it is this one's."""
        copy = self.folder / ".venv"
        copy.mkdir()
        for path in VENV.iterdir():
            if path.name != "ready":
                (copy / path.name).symlink_to(path)
        (copy / "ready").touch()

    def _browser(self) -> Path:
        script = self.folder / "browser.py"
        script.write_text("import sys, requests\nrequests.get(sys.argv[1], timeout=60)\n")
        return script

    def _fill_in_example(self) -> None:
        """The example of .env as somebody has filled it in, with the sandbox's credentials."""
        values = {
            "TRELLO_API_KEY": "sandbox-key",
            "CRMOFFICE_CLIENT_ID": "sandbox-client",
            "CRMOFFICE_CLIENT_SECRET": "sandbox-secret",
        }
        lines = (PROJECT / ".env.example").read_text().splitlines()
        assert {f"{name}=" for name in values} <= set(lines)
        filled = [line + values.get(line.rstrip("="), "") for line in lines]
        (self.folder / ".env.example").write_text("\n".join(filled) + "\n")
