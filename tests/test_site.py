"""The pages as a site: complete, without a dead link, and fetching nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from publishing import settings_reference
from publishing.layout import (
    DOCS,
    HOME,
    README,
    DeadLink,
    Layout,
    as_page,
    parts_of,
    write_pages,
    written_pages,
)
from publishing.site import ORDER, build, navigation
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser fetches of its own accord."""


class Page(HTMLParser):
    """The anchors of a page, where it leads, and what it fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in FETCHED and FETCHED[tag] in values:
            self.fetched.append(values[FETCHED[tag]])


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("texts")
    return {page: (folder / page).read_text() for page in write_pages(folder)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "build"
    assert build(folder) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    # the page for an unknown address is served under any, so its links begin at the root
    found = [path for path in site.rglob("*.html") if path.name != "404.html"]
    return {path: Page(path.read_text()) for path in found}


def test_the_site_has_every_page(site: Path, texts: dict[str, str]) -> None:
    for page in texts:
        assert (site / page).with_suffix(".html").is_file(), page


def test_no_link_of_the_site_is_dead(pages: dict[Path, Page]) -> None:
    followed = 0
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            address, _, anchor = link.partition("#")
            target = (path.parent / unquote(address)).resolve() if address else path
            if target.is_dir():
                target /= "index.html"
            assert target.is_file(), f"{path.name}: {link}"
            if anchor:
                assert unquote(anchor) in pages[target].anchors, f"{path.name}: {link}"
            followed += 1
    assert followed > 500


def test_a_page_fetches_nothing_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.fetched, path
        assert [each for each in page.fetched if re.match(r"(https?:)?//", each)] == [], path
    for sheet in site.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", sheet.read_text()), sheet


def test_no_page_has_a_diagram_whose_program_would_be_fetched(
    texts: dict[str, str],
) -> None:
    for page, text in texts.items():
        assert "```mermaid" not in text, page


def test_every_page_has_its_place_in_the_navigation(texts: dict[str, str]) -> None:
    placed = [page for pages in ORDER.values() for page in pages]
    written = {page for page in texts if not page.startswith("files/")}
    assert written - {HOME} <= set(placed)
    assert len(placed) == len(set(placed))


def test_the_navigation_leaves_out_pages_that_are_not_there() -> None:
    shown = navigation({"security.md"})
    assert '"How it works" = ["security.md"]' in shown
    assert "benchmarks" not in shown


def test_a_link_leads_to_the_same_place_in_the_site() -> None:
    readme = PROJECT / "sandbox" / "README.md"
    page = DOCS / "security.md"
    layout = Layout({page: "security.md", readme: "packages/sandbox.md", README: HOME})
    assert layout.link(page, "../sandbox/README.md#faults") == "packages/sandbox.md#faults"
    assert layout.link(readme, "../docs/security.md") == "../security.md"
    assert layout.link(page, "../README.md") == HOME
    assert layout.link(page, "../meltano.yml") == "files/meltano.yml.md"
    assert layout.shown == {PROJECT / "meltano.yml"}
    assert layout.link(README, "docs/security.md") == "security.md"
    assert layout.link(page, "https://example.com/a") == "https://example.com/a"
    assert layout.link(page, "#mails") == "#mails"
    with pytest.raises(DeadLink, match=r"docs/security\.md: nowhere\.md"):
        layout.link(page, "nowhere.md")


def test_a_picture_is_taken_along(tmp_path: Path) -> None:
    page, picture = tmp_path / "sandbox" / "README.md", tmp_path / "docs" / "look.png"
    picture.parent.mkdir()
    picture.write_bytes(b"")
    layout = Layout({page: "packages/sandbox.md"}, root=tmp_path)
    assert layout.link(page, "../docs/look.png") == "../pictures/docs/look.png"
    assert layout.pictures == {picture: "pictures/docs/look.png"}
    assert layout.shown == set()


def test_links_in_code_are_left_alone() -> None:
    text = "[a](b)\n\n```sh\n[c](d)\n```\n\n   ```\n   x\n   ```\nend"
    assert [part for part, is_code in parts_of(text) if is_code] == [
        "```sh\n[c](d)\n```\n",
        "   ```\n   x\n   ```\n",
    ]
    assert "".join(part for part, _ in parts_of(text)) == text


def test_a_file_that_a_page_links_to_is_shown_as_a_page() -> None:
    text = as_page(PROJECT / "meltano.yml")
    assert text.startswith("# meltano.yml\n\n````yaml\n")
    assert (PROJECT / "meltano.yml").read_text() in text


@pytest.mark.parametrize("page", sorted(written_pages().pages), ids=str)
def test_a_page_is_written_so_that_github_and_the_site_read_the_same(page: Path) -> None:
    """The site's reader wants an empty line before a list, and four spaces for what is within."""
    before = ""
    prose = "".join(part if not is_code else "\n" for part, is_code in parts_of(page.read_text()))
    for line in prose.splitlines():
        item = re.match(r" *([-*]|\d+\.) ", line)
        if item and before.strip() and not re.match(r" *([-*]|\d+\.) |  ", before):
            pytest.fail(f"no empty line before: {line}")
        before = line
    for block, is_code in parts_of(page.read_text()):
        indent = len(block) - len(block.lstrip(" "))
        assert not is_code or indent % 4 == 0, block


def test_the_reference_of_settings_is_up_to_date() -> None:
    assert settings_reference.PATH.read_text() == settings_reference.text(), "run: make settings"
