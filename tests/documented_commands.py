"""The commands that the pages show, as a reader pastes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishing.layout import FENCED, written_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHELL = {"sh", "console"}
"""Languages of blocks that hold commands; in `console`, only what stands after a prompt."""
PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A block of commands.

    Attributes:
        page: the file it stands in.
        section: the heading above it.
        text: what is to be run.
    """

    page: Path
    section: str
    text: str


def pages_with_commands() -> list[Path]:
    """All pages that show commands."""
    return [page for page in written_pages().pages if list(blocks_of(page))]


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of commands of a page, in their order."""
    text = page.read_text()
    for found in FENCED.finditer(text):
        language, content = opened(found[0])
        if language in SHELL:
            headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text[: found.start()]), re.MULTILINE)
            yield Block(page, headings[-1], commands_in(content, language))


def opened(block: str) -> tuple[str, str]:
    """The language and the content of a block, whose indentation is that of its first line."""
    first, _, rest = block.partition("\n")
    indent = len(first) - len(first.lstrip(" "))
    lines = [line[indent:] for line in rest.splitlines()[:-1]]
    return first.strip(" `"), "\n".join(lines) + "\n"


def commands_in(content: str, language: str) -> str:
    """What is typed, without what is answered."""
    if language != "console":
        return content
    lines = content.splitlines()
    return "".join(f"{line[len(PROMPT) :]}\n" for line in lines if line.startswith(PROMPT))


def without(text: str, left_out: Mapping[str, str]) -> str:
    """The text with the lines left out that hold one of these commands and nothing else."""
    return "".join(
        "" if command_of(line) in left_out else f"{line}\n" for line in text.splitlines()
    )


def command_of(line: str) -> str:
    """A line without the comment at its end."""
    return re.sub(r"(^|\s+)#.*", "", line).strip()
