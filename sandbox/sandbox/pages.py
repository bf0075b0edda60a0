"""Small pages that a person sees on the way, such as that of a sign-in."""

from __future__ import annotations

from html import escape

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#172b4d}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left;"
    "vertical-align:top;border-bottom:1px solid #dfe1e6}code{background:#f4f5f7;padding:0 .2rem}"
)


def document(title: str, body: str) -> str:
    """Return a whole page; it needs nothing from elsewhere."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
