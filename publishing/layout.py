"""Which file of the repository is which page of the site, and where its links lead there.

The pages are written so that GitHub shows them. There, a link may lead to any file of the
repository; in a site, only to what is in it. So the READMEs of the packages, and every other file
that a page links to, become pages as well.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from publishing import PROJECT
from publishing.packages import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = PROJECT / "docs"
README = PROJECT / "README.md"
HOME = "index.md"
PICTURES = {".png", ".svg", ".jpg", ".webp", ".gif"}
LANGUAGES = {".py": "python", ".yml": "yaml", ".toml": "toml"}
FENCED = re.compile(r"^( *)(`{3,})\w*\n.*?^\1\2\n", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()[^)\s]+(?=\))")


class DeadLink(SystemExit):
    """A page links to a file that is not there."""


@dataclass
class Layout:
    """The pages of the site.

    Attributes:
        pages: the page's path in the site, by file.
        root: the folder that all files are in.
        shown: the files that are pages only because a page links to them.
        pictures: those that a page shows, with their paths in the site.
    """

    pages: dict[Path, str]
    root: Path = PROJECT
    shown: set[Path] = field(default_factory=set)
    pictures: dict[Path, str] = field(default_factory=dict)

    def text_of(self, file: Path) -> str:
        """The text of a page, with the links that the site needs."""
        return "".join(
            part if is_code else LINK.sub(lambda found: self.link(file, found[0]), part)
            for part, is_code in parts_of(file.read_text())
        )

    def link(self, file: Path, address: str) -> str:
        """A link as the site has it.

        Args:
            file: the one that links.
            address: where to, as GitHub understands it.

        Raises:
            DeadLink: nothing is there.
        """
        path, mark, anchor = address.partition("#")
        if re.match(r"[a-z]+:", address) or not path:
            return address
        target = (file.parent / path).resolve()
        if not target.is_file():
            raise DeadLink(f"{file.relative_to(self.root)}: {address}")
        return (
            os.path.relpath(self._place_of(target), Path(self.pages[file]).parent) + mark + anchor
        )

    def _place_of(self, file: Path) -> str:
        if file.suffix in PICTURES:
            return self.pictures.setdefault(file, f"pictures/{file.relative_to(self.root)}")
        return self._page_of(file)

    def _page_of(self, file: Path) -> str:
        if file not in self.pages:
            self.shown.add(file)
            name = file.relative_to(self.root).as_posix().lstrip(".")  # hidden ones are not built
            self.pages[file] = f"files/{name}.md"
        return self.pages[file]


def written_pages() -> Layout:
    """The pages that are written as such; the README is the first."""
    pages = {path: path.name for path in sorted(DOCS.glob("*.md"))}
    pages |= {folder / "README.md": f"packages/{folder.name}.md" for folder in folders()}
    return Layout({**pages, PROJECT / "CHANGELOG.md": "changelog.md", README: HOME})


def write_pages(folder: Path) -> set[str]:
    """Write all pages of the site, with the pictures that they show.

    Args:
        folder: where to; it is made if it is missing.

    Returns:
        The pages' paths in the folder.

    Raises:
        DeadLink: a page links to a file that is not there.
    """
    layout = written_pages()
    texts = {page: layout.text_of(file) for file, page in list(layout.pages.items())}
    texts |= {layout.pages[file]: as_page(file) for file in sorted(layout.shown)}
    for page, text in texts.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text(text)
    for picture, place in layout.pictures.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, folder / place)
    return set(texts)


def as_page(file: Path) -> str:
    """Any file as a page that shows it."""
    language = LANGUAGES.get(file.suffix, "text")
    return f"# {file.relative_to(PROJECT)}\n\n````{language}\n{file.read_text()}\n````\n"


def parts_of(text: str) -> Iterator[tuple[str, bool]]:
    """The prose of a page and its blocks of code, in turn, and whether each is code."""
    end = 0
    for block in FENCED.finditer(text):
        yield text[end : block.start()], False
        yield block[0], True
        end = block.end()
    yield text[end:], False
