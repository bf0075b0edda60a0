"""`python -m publishing.site`: build the pages of docs/ as a site, into build/site."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from publishing import PROJECT
from publishing.layout import DOCS, HOME, write_pages
from publishing.packages import folders

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

BUILD = PROJECT / "build"
SETTINGS = DOCS / "zensical.toml"
ORDER: Mapping[str, tuple[str, ...]] = {
    "Start": ("quick-start.md", "real-accounts.md"),
    "How it works": ("how-it-decides.md", "what-trello-allows.md", "security.md"),
    "Use": ("settings.md", "composing.md"),
    "Operate": ("scheduling.md", "operating.md", "scaling.md", "benchmarks.md"),
    "Packages": tuple(f"packages/{folder.name}.md" for folder in folders()),
    "Project": ("development.md", "changelog.md"),
}
"""Where a page stands in the navigation; one that does not exist leaves no gap."""


def navigation(pages: Container[str]) -> str:
    """The generator's setting `nav`.

    Args:
        pages: those that exist, by their path in the site.
    """
    sections = [
        f"{{ {json.dumps(title)} = {json.dumps([page for page in places if page in pages])} }}"
        for title, places in ORDER.items()
    ]
    return f"nav = [{', '.join([json.dumps(HOME), *sections])}]\n"


def lay_out(folder: Path) -> None:
    """Write what the generator reads.

    Args:
        folder: an empty folder; it gets a folder `docs` and the generator's settings.
    """
    pages = write_pages(folder / "docs")
    settings = SETTINGS.read_text().replace("[project]\n", f"[project]\n{navigation(pages)}", 1)
    (folder / "zensical.toml").write_text(settings)


def build(folder: Path) -> int:
    """Lay the pages out and build the site; a warning is an error.

    Args:
        folder: emptied first; the site is in its folder `site`.

    Returns:
        The generator's exit code.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lay_out(folder)
    program = Path(sys.executable).parent / "zensical"
    command = (program, "build", "--strict", "--config-file", folder / "zensical.toml")
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(build(BUILD))
