"""The command `sandbox`: one line for each error, an example in each help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sandbox.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nonsense"], 2, "No such command 'nonsense'. (see: sandbox --help)"),
        (["start", "--port", "0"], 2, "Invalid value for '--port': 0 is not in the range"),
        (["start", "--sync", "it's"], 1, "--sync is no command: No closing quotation"),
        (["reset", "--data", "FILE/below"], 1, "FILE/below can't be made: Not a directory"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    given = [each.replace("FILE", str(file)) for each in arguments]
    result = CliRunner().invoke(main, given, prog_name="sandbox")
    assert result.exit_code == code
    assert result.output.startswith(f"sandbox: {message.replace('FILE', str(file))}")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("command", [[], *([name] for name in main.commands)])
def test_each_help_has_an_example(command: list[str]) -> None:
    assert "Example: sandbox" in CliRunner().invoke(main, [*command, "--help"]).output
