"""`python -m tests.sync_command FOLDER`: the job `sync` without Meltano, in one process.

The file `port` in the folder tells where the sandbox answers; the link store and the bookmarks are
kept beside it. It is what the button of the sandbox's page runs in tests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sandbox.page.setup import PageSetup
from sandbox.testing import RunningSandbox

from tests.office import Office
from tests.shipped import PROJECT

LINKS = "links.db"


def page_setup(folder: Path) -> PageSetup:
    """The setup of a page whose button runs this command."""
    python = ("env", f"PYTHONPATH={PROJECT}", sys.executable)
    return PageSetup((*python, "-m", "tests.sync_command", str(folder)), folder / LINKS)


def office_in(folder: Path, box: RunningSandbox) -> Office:
    """The office whose bookmarks and links are in a folder; the command finds it there, too."""
    (folder / "port").write_text(str(box.port))
    bookmarks = folder / "bookmarks.json"
    states = json.loads(bookmarks.read_text()) if bookmarks.exists() else {}
    return Office(box, folder, states=states)


def sync(office: Office) -> None:
    """Run both directions, and keep their bookmarks for the next run."""
    office.sync()
    (office.folder / "bookmarks.json").write_text(json.dumps(office.states))


def main() -> None:
    """Sync once."""
    folder = Path(sys.argv[1])
    box = RunningSandbox(data=folder)  # one that runs already: it is only asked, never started
    box.port = int((folder / "port").read_text())
    sync(office_in(folder, box))


if __name__ == "__main__":
    main()
