"""Every command that the pages show runs, page by page and in its order, against the sandbox."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from publishing.layout import FENCED
from tests.documented_commands import (
    blocks_of,
    command_of,
    commands_in,
    opened,
    pages_with_commands,
    without,
)
from tests.page_session import Reader
from tests.shipped import PROJECT
from tests.troubled_store import fill
from tests.warehouses import has_postgresql, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.guides, pytest.mark.timeout(600)]

NOT_RUN_HERE = {
    "make test": "CI runs it",
    "make guides": "it would run this test; CI runs it",
    "make lint": "CI runs it",
    "make docs": "CI runs it",
    "make wheels": "CI runs it",
    "make ci": "it is what CI runs",
    "make format": "it rewrites the sources",
    "make settings": "it rewrites docs/settings.md; a test compares that",
    **{
        f"pip install ./{package}": "it changes this environment; CI runs it in an empty one"
        for package in ("tap-crmoffice", "tap-trello", "target-crmoffice", "target-trello")
    },
    "pip install ./sandbox": "it changes this environment, which has it",
    "pip install dist/*.whl": "it changes this environment; CI runs it in an empty one",
}
"""Commands that no page is run with, and why."""
RUN_BY_ANOTHER_TEST = {"docs/scaling.md": "tests/test_scaling_guide.py"}
"""Pages whose commands want more machines than a reader has, and the tests that run them."""
STAND_INS = {
    "/path/to/this/clone": str(PROJECT),
    "https://api.example.com/swagger/v1/swagger.json": "http://127.0.0.1:8765/crmoffice/openapi.json",
}
"""What a reader replaces by something of their own, and what stands for that here."""
BEGINS_WITH_NOTHING = {"README.md", "docs/quick-start.md", "docs/real-accounts.md"}
"""Pages that set everything up. All others are for somebody who has signed in and run a sync."""
CLIENT = {
    f"{kind}_CRMOFFICE_CLIENT_{name}": f"sandbox-{name.lower()}"
    for kind in ("TAP", "TARGET")
    for name in ("ID", "SECRET")
} | {"TAP_CRMOFFICE_CLIENT_ID": "sandbox-client", "TARGET_CRMOFFICE_CLIENT_ID": "sandbox-client"}
ASKED = {"docs/operating.md", "linked-target/README.md"}
"""Pages with commands that ask, in a store with something of everything."""
SAYING_YES = "".join(
    f'{each}() {{ command {each} "$@" <<< y; }}\n' for each in ("links", "meltano")
)
DRY_RUN = {"dry_run": True, "plan_file": "plan.jsonl"}
A_TAP = """#!/bin/sh
echo '{"type": "SCHEMA", "stream": "companies", "key_properties": ["id"], "schema":
 {"properties": {"id": {"type": "string"}, "name": {"type": "string"}}}}' | tr '\\n' ' '
echo
echo '{"type": "RECORD", "stream": "companies", "record": {"id": "1", "name": "Fjellvik"}}'
"""
"""The tap that a page calls some-tap."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(tmp_path_factory.mktemp("reader"))
    try:
        yield reader
    finally:
        reader.end()


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def dealt() -> list[Any]:
    """The pages that are run here, dealt out to two readers who work at the same time."""
    pages = [page for page in pages_with_commands() if named(page) not in RUN_BY_ANOTHER_TEST]
    return [
        pytest.param(page, id=named(page), marks=pytest.mark.xdist_group(f"reader {number % 2}"))
        for number, page in enumerate(pages)
    ]


def script_of(page: Path) -> str:
    """All commands of a page that are run."""
    text = "".join(
        in_a_project_of_its_own(block.text) if "your own" in block.section else block.text
        for block in blocks_of(page)
    )
    if named(page) in ASKED:
        text = SAYING_YES + text.replace("links check ", "! links check ")  # a person is needed
    for shown, stand_in in STAND_INS.items():
        text = text.replace(shown, stand_in)
    return without(text, NOT_RUN_HERE)


def in_a_project_of_its_own(text: str) -> str:
    project = "requires_meltano: '>=4.4'\\nproject_id: own\\n"
    return (
        f"mkdir own\npushd own\nexport MELTANO_PROJECT_ROOT=$PWD\n"
        f'printf "{project}" > meltano.yml\n{text}\npopd\nexport MELTANO_PROJECT_ROOT=$PWD\n'
    )


def prepare(reader: Reader, page: Path) -> dict[str, str]:
    """Lay out what a page takes for granted; variables of the environment that it does."""
    name = named(page)
    add_plugins_shown(reader, page)
    if name not in BEGINS_WITH_NOTHING:
        reader.connect()
    (reader.folder / "state.json").write_text("{}")
    if name == "docs/composing.md":
        (table,) = re.findall(r"```text\n(nr,navn.*?)```", page.read_text(), re.DOTALL)
        (reader.folder / "firma.csv").write_text(table)
        reader.write_settings("crmoffice.json", "tap-crmoffice", refresh_token="sandbox-refresh")
        reader.write_settings("trello.json", "target-trello", token="sandbox-token")
    elif name == "linked-target/README.md":
        fill(reader.links_url("sandbox"))
        reader.write_settings("dry.json", "target-trello", token="sandbox-token", **DRY_RUN)
        assert reader.run("target-trello --config dry.json < /dev/null").returncode == 0
        return {"LINKS_URL": reader.links_url("sandbox")}
    elif name == "docs/operating.md":
        fill(reader.links_url("sandbox"))
    elif name == "target-trello/README.md":
        reader.write_settings("crm.json", "tap-crmoffice", refresh_token="sandbox-refresh")
        reader.write_settings("config.json", "target-trello", token="sandbox-token")
    elif name == "target-crmoffice/README.md":
        reader.write_program("some-tap", A_TAP)
        settings = {"refresh_token": "sandbox-refresh", "stream_maps": {}}
        reader.write_settings("config.json", "target-crmoffice", **settings)
    elif name in {"tap-crmoffice/README.md", "tap-trello/README.md"}:
        reader.write_settings("config.json", page.parent.name)
        return CLIENT
    return {}


def add_plugins_shown(reader: Reader, page: Path) -> None:
    """Add to meltano.yml what the page says is to be added."""
    path = reader.folder / "meltano.yml"
    project: dict[str, Any] = yaml.safe_load(path.read_text())
    for block in FENCED.finditer(page.read_text()):
        language, content = opened(block[0])
        shown = yaml.safe_load(content) if language == "yaml" else {}
        for kind, plugins in shown.get("plugins", {}).items():
            project["plugins"][kind] += plugins
    path.write_text(yaml.safe_dump(project, sort_keys=False, allow_unicode=True))


@pytest.mark.parametrize("page", dealt())
def test_the_commands_of_a_page_run(reader: Reader, page: Path) -> None:
    reader.begin()
    with ExitStack() as stack:
        variables = prepare(reader, page)
        if "WAREHOUSE_URL" in page.read_text():
            if not has_postgresql():
                pytest.skip("PostgreSQL is not installed")
            variables = {**variables, "WAREHOUSE_URL": stack.enter_context(running_server())}
        result = reader.run(script_of(page), stdin="sandbox-token\n", **variables)
    assert result.returncode == 0, result.stdout[-6000:]


def test_a_page_that_another_test_runs_is_named_there() -> None:
    for page, test in RUN_BY_ANOTHER_TEST.items():
        if (PROJECT / page).exists():
            assert page.rpartition("/")[2] in (PROJECT / test).read_text()


def test_each_command_that_is_not_run_is_shown_somewhere_or_run_by_ci() -> None:
    """So that the list gets no longer than it must be."""
    lines = [
        command_of(line)
        for page in pages_with_commands()
        for block in blocks_of(page)
        for line in block.text.splitlines()
    ]
    assert [command for command in NOT_RUN_HERE if command not in lines] == []
    ci = (PROJECT / ".ci" / "run").read_text() + (PROJECT / ".ci" / "each-python").read_text()
    for command, reason in NOT_RUN_HERE.items():
        if command.startswith("make") and "CI runs it" in reason:
            assert re.search(rf"^{command}$", ci, re.MULTILINE), command
    assert "for plugin in tap-crmoffice tap-trello target-crmoffice target-trello" in ci
    assert 'install --quiet --disable-pip-version-check "./$plugin"' in ci
    assert "install --quiet --disable-pip-version-check dist/*.whl" in ci


def test_a_block_says_what_language_it_is_in() -> None:
    """Else its commands would not be found."""
    for page in pages_with_commands():
        for block in FENCED.finditer(page.read_text()):
            language, content = opened(block[0])
            assert language, f"{named(page)}: {content}"


def test_what_is_answered_is_no_command() -> None:
    assert commands_in("$ sandbox start\nsandbox started\n", "console") == "sandbox start\n"
    assert command_of("make demo    # sets everything up") == "make demo"
    assert without("make test  # all\nmake demo\n", {"make test": ""}) == "make demo\n"
    assert without("make test && true\n", {"make test": ""}) == "make test && true\n"
