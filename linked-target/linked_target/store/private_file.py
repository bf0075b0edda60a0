"""Files with personal data: readable by their owner only, and written as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["written_privately"]


@contextmanager
def written_privately(path: Path) -> Iterator[IO[str]]:
    """A text file to be written; at the end it takes the place of an older one.

    Raises:
        StopRun: when it can't be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.exists() and not path.is_file():
            raise StopRun(f"{path} is no file")
        number = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with open(number, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - it is open
                yield file
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StopRun(f"{path} can't be written: {error.strerror}") from None
