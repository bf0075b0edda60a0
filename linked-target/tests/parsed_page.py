"""A page, read as a program reads it: for tests of what it says."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"meta", "link", "input", "rect", "line", "br", "hr", "img"})


class ParsedPage(HTMLParser):
    """A page's elements, the text of each, and the data of its search."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @property
    def body(self) -> str:
        return " ".join(self.texts["main"][0].split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def codes(self) -> list[str]:
        return self.texts["code"]

    def links(self) -> list[dict[str, Any]]:
        """The links that the search knows, as its program understands them."""
        pairs: list[list[str]] = []
        found = []
        for block in json.loads(self.texts["script"][0]):
            pairs += block["pairs"]
            for number, name in enumerate(block["n"]):
                link = {key: block[key][number] for key in "sabd"}
                link["name"], link["pair"] = name, pairs[block["p"][number]]
                link["t"] = block["t"][number] if block["t"] else None
                link["w"] = block["w"].get(str(number), "")
                found.append(link)
        return found
