"""The plugins with others, run by Meltano: public targets behind the taps, a public tap before."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
import yaml
from sandbox.testing import RunningSandbox

from tests.command_line import browser_in
from tests.meltano_project import MeltanoProject
from tests.shipped import PROJECT
from tests.warehouses import has_postgresql, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One worker runs them all: they share a project, whose plugins take a while to install.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("meltano")]


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with RunningSandbox(seed=True) as box:
        yield box


@pytest.fixture(scope="module")
def project(box: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> MeltanoProject:
    return MeltanoProject(tmp_path_factory.mktemp("project"), box)


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("tap", "stream", "number"),
    [("tap-trello-raw", "cards", 60), ("tap-crmoffice", "activities", 200)],
)
def test_a_tap_fills_the_public_target_jsonl(
    project: MeltanoProject, tap: str, stream: str, number: int
) -> None:
    output = project.folder / "output"
    output.mkdir(exist_ok=True)
    result = project.meltano("run", tap, "target-jsonl")
    assert result.returncode == 0, result.stdout
    records = lines_of(output / f"{stream}.jsonl")
    assert len({record["id"] for record in records}) == number


@pytest.mark.skipif(not has_postgresql(), reason="PostgreSQL is not installed")
def test_the_loader_that_the_guide_shows_fills_postgresql(project: MeltanoProject) -> None:
    guide = (PROJECT / "docs" / "composing.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (shown,) = [block for block in blocks if "target-postgres" in block]
    (loader,) = yaml.safe_load(shown)["plugins"]["loaders"]
    project.add_plugin("loaders", **loader)
    with running_server() as url:
        result = project.meltano("run", "tap-trello-raw", "target-postgres", WAREHOUSE_URL=url)
        assert result.returncode == 0, result.stdout
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            found = connection.execute("SELECT count(*) FROM trello.cards").fetchone()
    assert found == (60,)


def test_the_public_csv_tap_fills_crmoffice(project: MeltanoProject, box: RunningSandbox) -> None:
    (project.folder / "firma.csv").write_text(
        "nr,navn,nettsted\n1,Østfold Båtutleie,https://batutleie.example\n2,Ås Gartneri,\n"
    )
    project.add_plugin(
        "extractors",
        name="tap-spreadsheets",
        namespace="tap_spreadsheets",
        executable="tap-spreadsheets",
        pip_url="tap-spreadsheets==1.1.2",
        settings=[{"name": "files", "kind": "array"}],
        config={
            "files": [
                {
                    "path": str(project.folder / "firma.csv"),
                    "format": "csv",
                    "table_name": "firma",
                    "primary_keys": ["nr"],
                }
            ]
        },
    )
    stream_maps = {
        "firma": {
            "__alias__": "companies",
            "nr": "nr",
            "name": "navn",
            "website": "nettsted",
            "__else__": "__NULL__",
        }
    }
    project.set_config("loaders", "target-crmoffice", source="csv", stream_maps=stream_maps)
    for _ in range(2):
        result = project.meltano("run", "tap-spreadsheets", "target-crmoffice")
        assert result.returncode == 0, result.stdout
    names = [company["name"] for company in companies(box)]
    assert names.count("Østfold Båtutleie") == 1
    assert names.count("Ås Gartneri") == 1


def companies(box: RunningSandbox) -> list[Any]:
    answer = requests.get(f"{box.crm_url}/companies?pageSize=200", headers=box.bearer(), timeout=30)
    items: list[Any] = answer.json()["items"]
    return items


def test_the_environment_prod_needs_its_settings_and_says_which(project: MeltanoProject) -> None:
    result = project.meltano("--environment=prod", "run", "tap-trello-raw", "target-jsonl")
    assert result.returncode == 1
    assert "api_key" in result.stdout


@pytest.mark.parametrize("form", ["tap-trello login", "tap-trello:login"])
def test_a_login_to_trello_is_all_that_the_environment_prod_needs_beside_the_key(
    project: MeltanoProject, form: str
) -> None:
    with filled_in(project, TRELLO_API_KEY="sandbox-key"):
        login = project.meltano(
            "--environment=prod", "invoke", *form.split(), "--no-browser", stdin="sandbox-token\n"
        )
        assert login.returncode == 0, login.stdout
        assert "The plugins act as CRM Sync (@crmsync)." in login.stdout
        told = project.meltano("--environment=prod", "invoke", "tap-trello", "--test=schema")
        assert told.returncode == 0, told.stdout
        assert '"SCHEMA"' in told.stdout
    assert "sandbox-token" not in login.stdout + told.stdout
    (project.folder / ".trello-token.json").unlink()


@pytest.mark.parametrize("form", ["tap-crmoffice login", "tap-crmoffice:login"])
def test_a_login_to_crmoffice_is_all_that_the_environment_prod_needs_beside_the_client(
    project: MeltanoProject, box: RunningSandbox, form: str
) -> None:
    box.switch(sign_in="allow")
    client = {"ID": "sandbox-client", "SECRET": "sandbox-secret"}
    with filled_in(project, **{f"CRMOFFICE_CLIENT_{name}": each for name, each in client.items()}):
        login = project.meltano(
            *("--environment=prod", "invoke", *form.split(), "--port", "0"),
            BROWSER=browser_in(project.folder),
        )
        assert login.returncode == 0, login.stdout
        assert "Signed in to CRMOffice." in login.stdout
        told = project.meltano("--environment=prod", "invoke", "tap-crmoffice", "--test=schema")
        assert told.returncode == 0, told.stdout
        assert '"SCHEMA"' in told.stdout
    (project.folder / ".crmoffice-token.json").unlink()


@contextmanager
def filled_in(project: MeltanoProject, **values: str) -> Iterator[None]:
    """The example of .env, with these values and no others, as a person fills it in."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines]
    filled = [
        f"{name}={values[name]}" if name in values else line
        for name, line in zip(names, lines, strict=True)
    ]
    assert set(values) <= set(names)
    path = project.folder / ".env"
    path.write_text("\n".join(filled))
    try:
        yield
    finally:
        path.unlink()


def test_jobs_and_schedules_are_listed(project: MeltanoProject) -> None:
    jobs = project.meltano("job", "list").stdout
    for job in ("crmoffice-to-trello", "trello-to-crmoffice", "sync", "demo"):
        assert job in jobs
    assert "*/15 * * * *" in project.meltano("schedule", "list").stdout
