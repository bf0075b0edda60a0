"""What docs/scaling.md says to do, done as it stands there: by Meltano, on PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import yaml
from sandbox.testing import RunningSandbox

from tests.command_line import BIN
from tests.footers import assert_one_board, comment_of_each_activity
from tests.meltano_project import MeltanoProject
from tests.office import NO_WAITING, Office
from tests.shipped import PROJECT
from tests.warehouses import empty_database, postgresql_programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One worker runs them all: they share a project, whose plugins take a while to install.
pytestmark = [
    pytest.mark.guides,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("scaling"),
]

GUIDE = (PROJECT / "docs" / "scaling.md").read_text()
SYNC = ("--environment=prod", "run", "sync")


@dataclass(frozen=True)
class Machine:
    """A machine with the project on it, for which PostgreSQL is at hand.

    Attributes:
        project: the project, with what the guide adds to it.
        office: the two systems.
        variables: the machine's own.
    """

    project: MeltanoProject
    office: Office
    variables: dict[str, str]

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of the guide in the project's folder."""
        return subprocess.run(
            ["/bin/bash", "-e", "-c", script],
            cwd=self.project.folder,
            env=self.project.environment | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )

    def meltano(self, *arguments: str) -> str:
        """Run Meltano; what it logged."""
        ended = self.project.meltano(*arguments, **self.variables)
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def another(self, name: str, **variables: str) -> Machine:
        """A second machine: the plugins are installed there, but it has no bookmark."""
        folder = self.project.folder / ".meltano" / name
        folder.mkdir()
        for installed in ("extractors", "loaders", "utilities"):
            (folder / installed).symlink_to(self.project.folder / ".meltano" / installed)
        more = {"MELTANO_SYS_DIR_ROOT": str(folder), **variables}
        return replace(self, variables={**self.variables, **more})


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def block(language: str, word: str) -> str:
    """The block of the guide in which a word stands."""
    (found,) = [each for each in blocks(language) if word in each]
    return found


@pytest.fixture(scope="module")
def machine(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("scaling")
    with RunningSandbox(seed=True, process=True, **NO_WAITING) as box:
        project = MeltanoProject(folder, box)
        change(folder / "meltano.yml")
        for name in ("links", "meltano"):
            empty_database(database_server, name)
        variables = {
            "PGHOST": database_server.rpartition("host=")[2],
            "PGUSER": "tester",
            "TRELLO_API_KEY": box.key,
            "TRELLO_TOKEN": "sandbox-token",
            "CRMOFFICE_CLIENT_ID": box.client_id,
            "CRMOFFICE_CLIENT_SECRET": box.client_secret,
            "CRMOFFICE_REFRESH_TOKEN": box.refresh_token,
        }
        machine = Machine(project, Office(box, folder), variables)
        machine.meltano("install")
        yield machine


def change(path: Path) -> None:
    """Make the changes to meltano.yml that the guide shows."""
    project = yaml.safe_load(path.read_text())
    (prod,) = [each for each in project["environments"] if each["name"] == "prod"]
    (shown,) = yaml.safe_load(block("yaml", "LINKS_URL"))["environments"]
    assert shown["name"] == "prod"
    assert set(shown["env"]) == set(prod["env"])
    prod["env"].update(shown["env"])
    for kind, plugins in yaml.safe_load(block("yaml", "target-trello-shard"))["plugins"].items():
        project["plugins"][kind] += plugins
    path.write_text(yaml.safe_dump(project, sort_keys=False, allow_unicode=True))


def test_four_shards_and_then_the_whole_sync(machine: Machine) -> None:
    office = machine.office
    ended = machine.shell(block("sh", "target-trello-shard"))
    assert ended.returncode == 0, ended.stdout
    told = re.findall(r"activities to actions: (\d+) read, (\d+) created", ended.stdout)
    assert len(told) == 4, ended.stdout
    assert len(comment_of_each_activity(office)) == sum(int(created) for _, created in told)
    assert_one_board(office)
    machine.meltano(*SYNC)
    office.box.reset_requests()
    again = machine.meltano("--environment=prod", "run", "--full-refresh", "sync")
    assert re.search(r"activities to actions: (\d+) read, \1 unchanged", again), again
    assert office.box.writes() == 0
    assert "activities with trello actions" in machine.meltano(
        "--environment=prod", "invoke", "links:status"
    )


def test_a_tenant_has_its_own_database_and_without_a_name_there_is_none(
    machine: Machine, tmp_path: Path
) -> None:
    machine.office.box.reset()  # a new store finds what an earlier one left without links
    machine.office.box.switch(**NO_WAITING)
    script = block("sh", "--env-file")
    folder = machine.project.folder / "tenants"
    folder.mkdir()
    database = {name: machine.variables[name] for name in ("PGHOST", "PGUSER")}
    lines = (f"{name}={machine.variables[name]}\n" for name in machine.variables.keys() - database)
    (folder / "nordlys.env").write_text("".join(lines))
    path = f"{postgresql_programs()}:{machine.project.environment['PATH']}"
    tenant = replace(machine, variables=database).another(
        "nordlys", PATH=path, TOKEN_FOLDER=str(tmp_path)
    )
    ended = tenant.shell(script)
    assert ended.returncode == 0, ended.stdout
    assert (tmp_path / "crmoffice-token-nordlys.json").exists()
    nameless = tenant.shell(script.replace("TENANT=nordlys ", "").replace("createdb", "true"))
    assert nameless.returncode == 1
    assert 'database "links_" does not exist' in nameless.stdout
    told = [line for line in nameless.stdout.splitlines() if " target-trello " in line]
    assert any('database "links_" does not exist' in line for line in told)
    assert not any("Traceback" in line for line in told)  # Meltano may show one of its own


@pytest.mark.parametrize("place", re.findall(r"export (MELTANO_\w+)=", block("sh", "STATE_BACK")))
def test_bookmarks_are_the_same_on_each_machine(
    machine: Machine, place: str, tmp_path: Path
) -> None:
    shown = block("sh", "STATE_BACK")
    (where,) = re.findall(rf"{place}=(\S+)", shown)
    where = where.replace("/mnt/shared", str(tmp_path))
    (tmp_path / "state").mkdir()
    first = machine.another(f"first-{place}", **{place: where})
    second = machine.another(f"second-{place}", **{place: where})
    run = ("--environment=prod", "run", "tap-crmoffice", "target-trello")
    assert "No state was found" in first.meltano(*run)
    assert "No state was found" not in second.meltano(*run)


def test_a_store_moves_to_postgresql_with_all_its_links(
    machine: Machine, database_server: str, tmp_path: Path
) -> None:
    with RunningSandbox(seed=True, **NO_WAITING) as box:
        office = Office(box, tmp_path)
        office.sync()
        (tmp_path / "links.db").rename(tmp_path / "links-prod.db")
        empty_database(database_server, "links")
        (tmp_path / ".venv").symlink_to(BIN.parent)
        ended = subprocess.run(
            ["/bin/bash", "-e", "-c", block("sh", "import --yes")],
            cwd=tmp_path,
            env={**os.environ, **machine.variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        office.target_trello["links_url"] = office.target_crmoffice["links_url"] = (
            database_server.replace("/postgres?", "/links?")
        )
        office.states.clear()
        box.reset_requests()
        office.sync_to_trello()
        office.sync_to_crmoffice()
        assert box.writes() == 0


def test_the_example_for_kubernetes_lets_one_run_of_a_tenant_work_at_a_time() -> None:
    job = yaml.safe_load(block("yaml", "CronJob"))
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    named = {each["name"] for each in container["env"]}
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    (tenant,) = [each for each in project["environments"] if each["name"] == "tenant"]
    assert {"TENANT", "TOKEN_FOLDER"} <= named
    assert "$TENANT" in tenant["env"]["LINKS_URL"]
