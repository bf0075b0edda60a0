"""The example for Dagster: two tenants, each with its own two systems and link store."""

from __future__ import annotations

import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sandbox.testing import RunningSandbox

from tests.meltano_project import MeltanoProject
from tests.office import NO_WAITING, Office
from tests.public_programs import installed
from tests.shipped import PROJECT
from tests.warehouses import empty_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Its own worker takes a while to install Dagster and the plugins.
pytestmark = [
    pytest.mark.guides,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("dagster"),
]

EXAMPLE = PROJECT / "examples" / "dagster"
TENANTS = ("fjell", "nordlys")


@dataclass
class Landscape:
    """Dagster, a Meltano project, and two tenants with a sandbox each."""

    dagster: Path
    project: MeltanoProject
    offices: dict[str, Office]
    folder: Path
    environment: dict[str, str]

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the job once, as the README of the example does by hand."""
        return subprocess.run(
            [self.dagster, "job", "execute", "-f", EXAMPLE / "sync_tenants.py"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )

    def alerts(self) -> str:
        """What the command in SYNC_ALERT has got so far."""
        path = self.folder / "alerts"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def landscape(
    database_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Landscape]:
    folder = tmp_path_factory.mktemp("dagster")
    programs = installed(folder / "environment", "-r", str(EXAMPLE / "requirements.txt"))
    with ExitStack() as stack:
        boxes = {
            name: stack.enter_context(RunningSandbox(seed=True, **NO_WAITING)) for name in TENANTS
        }
        (folder / "project").mkdir()
        project = MeltanoProject(folder / "project", boxes[TENANTS[0]])
        told = project.meltano("install")
        assert told.returncode == 0, told.stdout
        offices = {}
        for name, box in boxes.items():
            offices[name] = Office(box, folder / name)
            write_tenant(project, name, box)
            empty_database(database_server, f"links_{name}")
        (folder / "tokens").mkdir()
        (folder / "home").mkdir()
        (folder / "home" / "dagster.yaml").symlink_to(EXAMPLE / "home" / "dagster.yaml")
        environment = {
            **without_addresses(project.environment),
            "DAGSTER_HOME": str(folder / "home"),
            "SYNC_PROJECT": str(project.folder),
            "SYNC_PAUSE": "0.1",
            "SYNC_ALERT": f"tee -a {folder / 'alerts'}",
            "TOKEN_FOLDER": str(folder / "tokens"),
            "PGHOST": database_server.rpartition("host=")[2],
            "PGUSER": "tester",
        }
        yield Landscape(programs / "dagster", project, offices, folder, environment)


def write_tenant(project: MeltanoProject, name: str, box: RunningSandbox) -> None:
    """The tenant's file: the secrets, and where its two systems answer."""
    crm, trello = {"API_URL": box.crm_url, "AUTH_URL": box.auth_url}, {"API_URL": box.trello_url}
    values = {
        "TRELLO_API_KEY": box.key,
        "TRELLO_TOKEN": "sandbox-token",
        "CRMOFFICE_CLIENT_ID": box.client_id,
        "CRMOFFICE_CLIENT_SECRET": box.client_secret,
        "CRMOFFICE_REFRESH_TOKEN": box.refresh_token,
        **{f"{kind}_CRMOFFICE_{key}": crm[key] for kind in ("TAP", "TARGET") for key in crm},
        **{f"{kind}_TRELLO_{key}": trello[key] for kind in ("TAP", "TARGET") for key in trello},
    }
    folder = project.folder / "tenants"
    folder.mkdir(exist_ok=True)
    lines = (f"{key}={value}\n" for key, value in values.items())
    (folder / f"{name}.env").write_text("".join(lines))


def without_addresses(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.endswith("_URL")}


def texts(office: Office) -> set[str]:
    """The comments without their footers."""
    return {re.split(r"\n+---\n", each["data"]["text"])[0] for each in office.comments()}


def test_all_tenants_are_synced_each_with_its_own_though_a_run_is_stopped(
    landscape: Landscape,
) -> None:
    for name, office in landscape.offices.items():
        office.crm("POST", "/activities", subject=f"Call {name}", startsAt="2026-03-02T09:00:00Z")
    landscape.offices["fjell"].box.add_fault("expire_token", system="trello", count=1)
    ended = landscape.run()
    assert ended.returncode == 0, ended.stdout
    assert len(re.findall("STEP_UP_FOR_RETRY", ended.stdout)) == 1
    assert landscape.alerts() == ""
    for name, office in landscape.offices.items():
        calls = {text for text in texts(office) if text.startswith("Call ")}
        assert calls == {f"Call {name}"}
        assert len(office.companies()) == len(office.workspaces())


def test_a_failed_record_is_told_and_the_other_tenant_is_synced(landscape: Landscape) -> None:
    fjell, nordlys = landscape.offices["fjell"], landscape.offices["nordlys"]
    for office in (fjell, nordlys):
        office.crm("POST", "/activities", subject="Call us", startsAt="2026-03-04T09:00:00Z")
    fjell.box.add_fault("status", system="trello", method="POST", path="comments", status=400)
    ended = landscape.run()
    assert ended.returncode != 0
    assert "Call us" in texts(nordlys)
    assert "check failed: " in landscape.alerts()
    assert "fjell: exit code 1" in landscape.alerts()
    assert "nordlys" not in landscape.alerts()
    assert "sandbox-token" not in ended.stdout + landscape.alerts()
