"""The shipped Meltano project, in a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.shipped import PROJECT

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox

TIME_LIMIT = 400  # seconds; the first run installs plugins


class MeltanoProject:
    """A copy of meltano.yml beside links to the packages, on a sandbox.

    Args:
        folder: an empty folder.
        box: the sandbox that takes the place of the one at the usual port.
    """

    def __init__(self, folder: Path, box: RunningSandbox) -> None:
        self.folder = folder
        for path in PROJECT.iterdir():
            if (path / "pyproject.toml").exists() or path.name == "requirements":
                (folder / path.name).symlink_to(path)
        (folder / "meltano.yml").write_text((PROJECT / "meltano.yml").read_text())
        crm = {"API_URL": box.crm_url, "AUTH_URL": box.auth_url}
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", str(folder)),
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "TAP_TRELLO_API_URL": box.trello_url,
            "TARGET_TRELLO_API_URL": box.trello_url,
            **{f"TAP_CRMOFFICE_{name}": value for name, value in crm.items()},
            **{f"TARGET_CRMOFFICE_{name}": value for name, value in crm.items()},
        }
        # what the machine says about certificates, package caches and the like
        passed = ("PIP_", "UV_", "SSL_", "REQUESTS_")
        self.environment.update(
            {name: value for name, value in os.environ.items() if name.startswith(passed)}
        )

    def add_plugin(self, kind: str, **definition: Any) -> None:
        """Add a plugin to meltano.yml: `extractors` or `loaders`."""
        path = self.folder / "meltano.yml"
        project = yaml.safe_load(path.read_text())
        project["plugins"][kind].append(definition)
        path.write_text(yaml.safe_dump(project, sort_keys=False, allow_unicode=True))

    def set_config(self, kind: str, plugin: str, **config: Any) -> None:
        """Replace settings of a plugin's own config."""
        path = self.folder / "meltano.yml"
        project = yaml.safe_load(path.read_text())
        (found,) = [each for each in project["plugins"][kind] if each["name"] == plugin]
        found["config"] = {**found.get("config", {}), **config}
        path.write_text(yaml.safe_dump(project, sort_keys=False, allow_unicode=True))

    def meltano(
        self, *arguments: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Meltano; its output is both streams together."""
        return subprocess.run(
            [Path(sys.executable).parent / "meltano", *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
