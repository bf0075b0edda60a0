"""`python -m publishing.packages`: build all packages into dist/, as they are released.

In the repository a package finds its siblings beside it, so that `pip install ./tap-trello` works
from a clone. A released one names them with a range of versions instead. So each package is built
from a copy in which that is changed, and which has the licence beside it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from publishing import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

DIST = PROJECT / "dist"
SIBLING = re.compile(r'"([a-z-]+) @ \{root:parent:uri\}/\1/\."')
"""How a package refers to one beside it."""
DIRECT = re.compile(r"\[tool\.hatch\.metadata\]\nallow-direct-references = true\n+")
"""What permits that. Without it, a reference that was overlooked can't be built."""
NOT_RELEASED = shutil.ignore_patterns("tests", "__pycache__", "*.egg-info", ".*", "dist", "build")


def folders() -> list[Path]:
    """The folders of the packages, by name."""
    return sorted(path.parent for path in PROJECT.glob("*/pyproject.toml"))


def version_of(folder: Path) -> str:
    """The version of a package; its pyproject.toml is the one place that states it."""
    stated = re.search(r'^version = "([\d.]+)"$', settings_of(folder), re.MULTILINE)
    if stated is None:
        raise SystemExit(f"{folder.name}/pyproject.toml states no version")
    return stated[1]


def settings_of(folder: Path) -> str:
    """The text of a package's pyproject.toml."""
    return (folder / "pyproject.toml").read_text()


def range_of(version: str) -> str:
    """The versions that fit with this one: until the first may break something.

    Args:
        version: three numbers, such as 0.2.0. The first tells of breaks; before 1.0, the second.
    """
    major, minor, _ = (int(number) for number in version.split("."))
    return f">={version},<{major + 1}" if major else f">={version},<0.{minor + 1}"


def as_released(text: str, versions: Mapping[str, str]) -> str:
    """A pyproject.toml that refers to its siblings by version.

    Args:
        text: the pyproject.toml in the repository.
        versions: of the packages, by name.
    """
    return SIBLING.sub(
        lambda found: f'"{found[1]}{range_of(versions[found[1]])}"', DIRECT.sub("", text)
    )


def build(destination: Path) -> None:
    """Build source archives and, from these, wheels of all packages; older ones are removed.

    Args:
        destination: a folder; it is made if it is missing.
    """
    versions = {folder.name: version_of(folder) for folder in folders()}
    shutil.rmtree(destination, ignore_errors=True)
    with tempfile.TemporaryDirectory() as copies:
        for folder in folders():
            copy = Path(copies) / folder.name
            shutil.copytree(folder, copy, ignore=NOT_RELEASED)
            (copy / "pyproject.toml").write_text(as_released(settings_of(folder), versions))
            shutil.copy(PROJECT / "LICENSE", copy)
            _build_one(copy, destination)


def _build_one(folder: Path, destination: Path) -> None:
    command = (sys.executable, "-m", "build", "--quiet", "--no-isolation", folder)
    subprocess.run((*command, "--outdir", destination), check=True)


def main() -> None:
    """Build, and say what there is."""
    build(DIST)
    for path in sorted(DIST.iterdir()):
        sys.stdout.write(f"{path.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
