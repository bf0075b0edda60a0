"""Which index SQLite uses: told once, so that a store stays fast whatever its size.

Without statistics SQLite guesses, and its guesses make a look-up of some ids read all links of a
stream. Statistics of its own (ANALYZE) would change with the data. So it gets fixed ones, those of
a large store: https://www.sqlite.org/lang_analyze.html#fixed_results_of_analyze
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["fix_query_plans"]

ROWS = 1_000_000
IN_ONE_STATE = 200_000
ONE_OF_AN_ID = f"{ROWS} 1 1 1 1"

STATISTICS = {
    "links_of_a": ONE_OF_AN_ID,
    "links_of_b": ONE_OF_AN_ID,
    "one_link_of_a": ONE_OF_AN_ID,
    "one_link_of_b": ONE_OF_AN_ID,
    "links_in_state": " ".join(map(str, (ROWS, *[IN_ONE_STATE] * 5, 1))),
}
"""By index of `links`: all rows, then how many share the first column, the first two, ..."""


def fix_query_plans(connection: sa.Connection) -> None:
    """Set the statistics of an SQLite store; connections opened from now on use them."""
    connection.exec_driver_sql("ANALYZE store_version")  # makes the table that no statement may
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
        [("links", index, statistics) for index, statistics in STATISTICS.items()],
    )
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # loads what was written
