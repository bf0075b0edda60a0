"""The released packages: what is in them, and that they need nothing of the repository."""

from __future__ import annotations

import re
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from publishing.packages import (
    DIST,
    NOT_RELEASED,
    SIBLING,
    as_released,
    build,
    folders,
    range_of,
    settings_of,
    version_of,
)
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
NAMES = {
    folder.name: re.findall(r'^name = "(.+)"$', settings_of(folder), re.MULTILINE)[0]
    for folder in folders()
}

every_package = pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    destination = tmp_path_factory.mktemp("release") / DIST.name
    build(destination)
    return destination


def wheel_of(dist: Path, folder: Path) -> zipfile.ZipFile:
    (found,) = dist.glob(f"{NAMES[folder.name].replace('-', '_')}-*.whl")
    return zipfile.ZipFile(found)


def metadata_of(wheel: zipfile.ZipFile) -> Metadata:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Metadata.from_email(wheel.read(name), validate=True)


def test_a_wheel_and_a_source_archive_are_built_of_each_package(dist: Path) -> None:
    assert len(folders()) == 7
    assert len(list(dist.glob("*.whl"))) == len(list(dist.glob("*.tar.gz"))) == len(folders())


@every_package
def test_a_wheel_tells_what_it_is(dist: Path, folder: Path) -> None:
    metadata = metadata_of(wheel_of(dist, folder))
    assert str(metadata.version) == version_of(folder)
    assert metadata.summary
    assert metadata.license_expression == "Apache-2.0"
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (folder / "README.md").read_text()


@every_package
def test_a_wheel_has_the_licence_and_tells_type_checkers_that_it_is_typed(
    dist: Path, folder: Path
) -> None:
    wheel = wheel_of(dist, folder)
    (licence,) = [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    assert wheel.read(licence) == (PROJECT / "LICENSE").read_bytes()
    assert [name for name in wheel.namelist() if re.fullmatch(r"\w+/py\.typed", name)]


@every_package
def test_a_wheel_is_for_the_pythons_that_are_tested(dist: Path, folder: Path) -> None:
    metadata = metadata_of(wheel_of(dist, folder))
    python = "Programming Language :: Python :: "
    told = [each for each in metadata.classifiers or () if each.startswith(python)]
    assert told == [python + version for version in PYTHONS]
    assert metadata.requires_python is not None
    minors = [
        f"3.{minor}.0" for minor in range(30) if metadata.requires_python.contains(f"3.{minor}.0")
    ]
    assert minors == [f"{version}.0" for version in PYTHONS]
    assert f"for version in {' '.join(PYTHONS)}" in (PROJECT / ".ci" / "each-python").read_text()


@every_package
def test_a_wheel_needs_its_siblings_by_version_and_nothing_by_address(
    dist: Path, folder: Path
) -> None:
    needed = metadata_of(wheel_of(dist, folder)).requires_dist or []
    assert [requirement for requirement in needed if requirement.url] == []
    siblings = {each.name: each for each in needed if each.name in NAMES.values()}
    assert set(siblings) == set(SIBLING.findall(settings_of(folder)))
    for name, requirement in siblings.items():
        version = version_of(PROJECT / name)
        assert requirement.specifier.contains(version)
        assert requirement == Requirement(name + range_of(version))


@every_package
def test_a_source_archive_has_what_a_wheel_is_built_from_and_no_more(
    dist: Path, folder: Path
) -> None:
    (found,) = dist.glob(f"{NAMES[folder.name].replace('-', '_')}-*.tar.gz")
    with tarfile.open(found) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        stated = archive.extractfile(f"{found.name.removesuffix('.tar.gz')}/pyproject.toml")
        assert stated is not None
        assert b"{root" not in stated.read()
    package = {name for name in wheel_of(dist, folder).namelist() if ".dist-info" not in name}
    assert names == {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", *package}


def test_a_reference_to_a_sibling_becomes_the_versions_that_fit_with_it() -> None:
    text = '"one @ {root:parent:uri}/one/.", # why\n"other>=1",\n'
    assert as_released(text, {"one": "0.2.3"}) == '"one>=0.2.3,<0.3", # why\n"other>=1",\n'
    assert range_of("1.4.0") == ">=1.4.0,<2"


def test_what_is_not_released_stays_out_of_the_copy_that_is_built() -> None:
    left_out = NOT_RELEASED("", ["tests", "README.md", ".hypothesis", "singer_rest"])
    assert left_out == {"tests", ".hypothesis"}


def test_all_packages_have_the_version_that_the_changelog_tells_of() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text()
    newest = re.findall(r"^## \[?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)[0]
    assert {version_of(folder) for folder in folders()} == {newest}


def test_a_version_is_stated_in_one_place() -> None:
    for folder in folders():
        for module in (folder / NAMES[folder.name].replace("-", "_")).rglob("*.py"):
            assert version_of(folder) not in module.read_text(), module
