"""Charts as plain numbers: bars in a frame of 100 units' height, and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linked_target.report.timeline import Span

__all__ = ["Bar", "Plot", "plot_of_outcomes", "plot_of_quota", "plot_of_records"]

STEP = 10.0
"""Units from one span to the next."""
GAP = 1.0
HEIGHT = 100.0
LEAST = 2.0
"""Units of a bar that stands for little, so that it can be seen."""


@dataclass(frozen=True)
class Bar:
    """A rectangle; `kind` decides its colour."""

    kind: str
    x: float
    y: float
    height: float
    width: float = STEP - 2 * GAP


@dataclass(frozen=True)
class Plot:
    """Bars over spans.

    Attributes:
        title: what is shown, and what the upper edge stands for.
        summary: the same in words, for those who can't see it.
        width: units; the height is 100.
        bars: the rectangles.
        kinds: what the colours mean, by kind.
        is_flat: whether its heights measure nothing.
        limit: height in units of a line to compare with.
    """

    title: str
    summary: str
    width: float
    bars: Sequence[Bar]
    kinds: dict[str, str]
    is_flat: bool = False
    limit: float | None = None


def plot_of_outcomes(spans: Sequence[Span]) -> Plot:
    """How the runs ended: the worst end of each span."""
    bars = []
    for number, span in enumerate(spans):
        if not span.runs:
            continue
        kind = "stopped" if span.stopped else "failures" if span.imperfect else "ok"
        height = {"ok": 40.0, "failures": 70.0, "stopped": HEIGHT}[kind]
        bars.append(Bar(kind, number * STEP + GAP, HEIGHT - height, height))
    runs, stopped, imperfect = (
        sum(each)
        for each in zip(
            *((len(span.runs), span.stopped, span.imperfect) for span in spans), strict=True
        )
    )
    return Plot(
        "The worst end of a run",
        f"{runs:,} runs, of which {stopped:,} stopped before their end and {imperfect:,} had "
        "failed records.",
        len(spans) * STEP,
        bars,
        {"ok": "well", "failures": "with failed records", "stopped": "stopped"},
        is_flat=True,
    )


def plot_of_records(spans: Sequence[Span]) -> Plot:
    """How many records the runs wrote, and how many failed."""
    kinds = {"new": "linked anew", "edited": "edited", "failed": "failed"}
    numbers = [
        {
            "new": span.count("created", "matched"),
            "edited": span.count("updated", "deleted"),
            "failed": span.count("failed"),
        }
        for span in spans
    ]
    most = max((sum(each.values()) for each in numbers), default=0)
    totals = {kind: sum(each[kind] for each in numbers) for kind in kinds}
    told = ", ".join(f"{totals[kind]:,} {word}" for kind, word in kinds.items())
    return Plot(
        f"Records, up to {most:,}" if most else "Records: none",
        f"{told}; at most {most:,} in one bar.",
        len(spans) * STEP,
        [
            bar
            for number, each in enumerate(numbers)
            for bar in _stacked(number * STEP + GAP, each, most or 1)
        ],
        kinds,
    )


def plot_of_quota(spans: Sequence[Span]) -> Plot | None:
    """The share of the quota that the busiest run of each span used; None if none is known."""
    shares = [span.share for span in spans]
    known = [share for share in shares if share is not None]
    if not known:
        return None
    top = max(1.0, *known)
    waited, too_many = (sum(each) for each in zip(*_costs(spans), strict=True))
    return Plot(
        f"Share of the quota that the busiest run used, up to {top:.0%}",
        f"The busiest run used {max(known):.0%} of its quota; requests waited {waited:,.0f} s in "
        f"all, and {too_many:,} were refused as too many.",
        len(spans) * STEP,
        [
            bar
            for number, share in enumerate(shares)
            if share
            for bar in _stacked(number * STEP + GAP, {"quota": share}, top)
        ],
        {"quota": "busiest run"},
        limit=HEIGHT - HEIGHT / top,
    )


def _costs(spans: Sequence[Span]) -> list[tuple[float, int]]:
    return [(span.waited, span.too_many) for span in spans]


def _stacked(x: float, numbers: dict[str, float] | dict[str, int], most: float) -> list[Bar]:
    """Bars on top of each other, the first at the bottom; none for what is zero."""
    bars = []
    y = HEIGHT
    for kind, number in numbers.items():
        if number:
            height = max(LEAST, number / most * HEIGHT)
            y -= height
            bars.append(Bar(kind, x, round(max(y, 0.0), 2), round(height, 2)))
    return bars
