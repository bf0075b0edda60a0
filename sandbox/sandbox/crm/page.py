"""The OpenAPI page: the assumed contract, readable without any outside resource."""

from __future__ import annotations

from html import escape
from typing import Any

from sandbox.pages import document


def contract_page(schema: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(_parameters(operation))}</td>"
        f"<td>{', '.join(operation['responses'])}</td></tr>"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    models = [_model(name, model) for name, model in schema["components"]["schemas"].items()]
    info = schema["info"]
    body = (
        f"<p>{escape(info['description'])}</p>"
        '<p>Machine-readable: <a href="openapi.json">openapi.json</a></p>'
        "<h2>Routes</h2><table><tr><th>Method</th><th>Path</th><th>Parameters</th>"
        f"<th>Answers</th></tr>{''.join(rows)}</table><h2>Records</h2>{''.join(models)}"
    )
    return document(f"{info['title']}: {info['version']} contract", body)


def _parameters(operation: dict[str, Any]) -> str:
    return ", ".join(each["name"] for each in operation.get("parameters", []))


def _model(name: str, model: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(key)}</code></td><td>{escape(_type(value))}</td>"
        f"<td>{escape(value.get('description', ''))}</td></tr>"
        for key, value in model.get("properties", {}).items()
    ]
    return f"<h3>{escape(name)}</h3><table>{''.join(rows)}</table>"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "anyOf" in value:
        return " or ".join(_type(each) for each in value["anyOf"])
    if value.get("type") == "array":
        return f"array of {_type(value.get('items', {}))}"
    return str(value.get("type", "any"))
