"""Writing a row whether or not it is there, while other processes may do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

__all__ = ["upsert"]


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    key: Sequence[str],
    values: Mapping[str, Any],
    *,
    once: Mapping[str, Any] | None = None,
) -> None:
    """Insert a row, or give the row with the same key these values.

    Args:
        connection: in a transaction.
        table: one of the link store's.
        key: the columns that no two rows have the same values in.
        values: by column, those of the key included.
        once: further values, which a row that is there already does not get.
    """
    if connection.dialect.name == "postgresql":  # only the one that is needed is loaded
        from sqlalchemy.dialects import postgresql as dialect  # noqa: PLC0415
    else:
        from sqlalchemy.dialects import sqlite as dialect  # type: ignore[no-redef]  # noqa: PLC0415
    insert = dialect.insert(table).values({**values, **(once or {})})
    changes = {name: value for name, value in values.items() if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changes))
