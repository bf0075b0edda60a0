"""How large is the page of `links report`, and how soon can a person use it?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.bed import BIN
from tests.bench.bulk_links import make_store
from tests.bench.measure import best, measured, nowhere
from tests.bench.report import Table, seconds
from tests.browser import chromium, opened_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

ROUNDS = 3
LARGEST = 20  # MB
LATEST = 3.0  # seconds
USABLE = "#search:not([hidden])"
SEARCH = """
() => {
  const text = document.getElementById("text");
  const begun = performance.now();
  text.value = "ring kunden 99";
  text.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  return (performance.now() - begun) / 1000;
}
"""


class Opened(NamedTuple):
    """What a person waits for, in seconds, and how many links the search finds."""

    usable: float
    searched: float
    found: str


def measure(folder: Path, numbers: Sequence[int] = (1_000, 100_000)) -> Table:
    """Make the page of stores with so many links, open it, and search in it.

    Args:
        folder: an empty folder.
        numbers: links of each store.
    """
    made, sizes, opened = [], [], []
    with chromium() as browser:
        for number in numbers:
            url = make_store(folder / f"{number}.db", number)
            page = folder / f"{number}.html"
            command = (BIN / "links", "--links-url", url, "report", "--out", page)
            made += best(partial(measured, command, nowhere, folder))
            sizes.append(page.stat().st_size / 1e6)
            opened.append(min(_opened(browser, page) for _ in range(ROUNDS)))
    return Table(
        [f"{number:,} links" for number in numbers],
        (
            ("size of the page", [f"{size:.1f} MB (at most {LARGEST})" for size in sizes]),
            ("until it can be used", [_limited(each.usable) for each in opened]),
            ("a search in it", [seconds(each.searched) for each in opened]),
            ("links found by it", [each.found for each in opened]),
            ("making it, wall time", [seconds(each.seconds) for each in made]),
            ("CPU time of that", [seconds(each.cpu_seconds) for each in made]),
            ("peak memory of that", [f"{each.megabytes:.0f} MB" for each in made]),
        ),
    )


def _opened(browser: Browser, path: Path) -> Opened:
    with opened_page(browser) as opened:
        page = opened.page
        page.goto(path.as_uri())
        page.wait_for_selector(USABLE)
        usable = page.evaluate("performance.now() / 1000")
        searched = page.evaluate(SEARCH)
        return Opened(usable, searched, page.inner_text("#found").split(" ", 1)[0])


def _limited(value: float) -> str:
    return f"{seconds(value)} (at most {LATEST:g} s)"
