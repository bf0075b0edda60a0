"""Files with secrets: readable by their owner only, and replaced in one step."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_private"]


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 that is either the old or the new one at any time.

    Raises:
        OSError: when it can't be written; the old one is still there then.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives a text
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108 - mkstemp gives a text
        raise
