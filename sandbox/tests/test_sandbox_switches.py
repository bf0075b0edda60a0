from __future__ import annotations

import re
from pathlib import Path

from sandbox.switches import Switches

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_readme_explains_every_switch_and_no_other() -> None:
    table = README.split("## Switches")[1].split("## Faults")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(explained) == sorted(Switches.__struct_fields__)
