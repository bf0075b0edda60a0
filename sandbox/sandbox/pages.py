"""The page that a person sees at the sandbox's address."""

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


def home(base: str, counts: dict[str, int]) -> str:
    """Return the first page: both systems' addresses and how much is in them."""
    rows = "".join(
        f"<tr><td>{escape(kind)}</td><td>{number}</td></tr>"
        for kind, number in sorted(counts.items())
    )
    shown = escape(base)
    return document(
        "Sandbox: CRMOffice and Trello",
        f"<p>Trello API: <code>{shown}/trello/1</code><br>"
        f"CRMOffice API: <code>{shown}/crmoffice</code>, signed in to at "
        f"<code>{shown}/crmoffice/auth</code></p>"
        '<p>Look at <a href="/look/crmoffice">CRMOffice</a> and '
        '<a href="/look/trello">Trello</a>.</p>'
        '<p><a href="/crmoffice/swagger">The assumed contract of CRMOffice</a> · '
        '<a href="/sandbox/requests">requests so far</a> · '
        '<a href="/sandbox/switches">switches</a> · <a href="/sandbox/log">last requests</a></p>'
        f"<h2>Records</h2><table>{rows}</table>",
    )
