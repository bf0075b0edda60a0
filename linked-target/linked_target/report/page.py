"""The page: templates, style and program in one file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import shlex
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from linked_target.cli.listing import in_words, text_of
from linked_target.cli.status import COUNTS, OF_STATE
from linked_target.report.chart import plot_of_outcomes, plot_of_quota, plot_of_records
from linked_target.report.timeline import counted, share_of_quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from linked_target.report.chart import Plot
    from linked_target.report.contents import Contents, History

__all__ = ["command", "page_of"]

TEMPLATES = Path(__file__).with_name("templates")
LONGEST = 600
"""Characters of a value or an error that are shown."""


def page_of(
    contents: Contents, links: Iterable[dict[str, Any]], *, at_work: list[str], searchable: int
) -> Iterator[str]:
    """The page, piece by piece: what a large store holds is never in memory as a whole.

    Args:
        contents: what it tells.
        links: blocks of the links that its search knows.
        at_work: runs that are under way, in words.
        searchable: how many links its search knows.
    """
    style, program = _trusted("page.css"), _trusted("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(program)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template("page.html")
        .generate(
            contents=contents,
            charts=[(each, _plots(each)) for each in contents.histories],
            columns=[
                name for name in COUNTS if any(each.counts[name] for each in contents.streams)
            ],
            states=list(dict.fromkeys(OF_STATE.values())),
            at_work=at_work,
            searchable=searchable,
            blocks=links,
            style=style,
            program=program,
            policy=policy,
            version=version("linked-target"),
        )
    )


def command(name: str, which: Sequence[str], *options: str) -> str:
    """A command that a person can paste into a shell, whatever the words contain.

    Args:
        name: e.g. "resolve".
        which: the link or record that it is about.
        options: further words.
    """
    if any(word.startswith("-") for word in which):
        return shlex.join(["links", name, *options, "--", *which])
    return shlex.join(["links", name, *which, *options])


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.filters |= {"number": _number, "span": in_words, "value": _value, "when": _when}
    environment.globals |= {
        "command": command,
        "counted": counted,
        "share_of_quota": share_of_quota,
    }
    return environment


def _plots(history: History) -> list[Plot]:
    plots = (plot_of_outcomes, plot_of_records, plot_of_quota)
    return [plot for make in plots if (plot := make(history.spans)) is not None]


def _trusted(name: str) -> Markup:
    """A file of this package, to stand in the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - it is our own


def _hash(text: str) -> str:
    """What a Content-Security-Policy calls an element that holds this text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _value(value: Any) -> str:
    """A value as it is shown; long ones are cut."""
    text = text_of(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _when(moment: datetime | None) -> Markup:
    """A time in UTC, also for machines."""
    if moment is None:
        return Markup("")
    return Markup('<time datetime="{}">{}</time>').format(f"{moment:%FT%TZ}", f"{moment:%F %H:%M}")
