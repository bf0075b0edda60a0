"""The streams' schemas, with what the tenant's own OpenAPI document adds to them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from singer_rest import SettingError

from tap_crmoffice.openapi import Document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tap_crmoffice.openapi import Schema

__all__ = ["tenant_schemas", "widened"]

logger = logging.getLogger(__name__)


def tenant_schemas(schemas: Mapping[str, Schema], content: Any) -> dict[str, Schema]:
    """Each stream's schema with the properties that a document lists for its records.

    Args:
        schemas: the known schemas, by resource.
        content: what the document's JSON holds.

    Raises:
        SettingError: the document tells of none of the resources, so it is of another API.
    """
    document = Document(content)
    found = {resource: document.properties(resource) for resource in schemas}
    if not any(found.values()):
        raise SettingError(
            "setting 'openapi_url' is wrong: the document there tells of no list of "
            f"{', '.join(schemas)}"
        )
    for resource, properties in found.items():
        if properties is None:
            logger.warning("the document at openapi_url does not tell what %s hold", resource)
    return {
        resource: widened(schema, found[resource] or {}) for resource, schema in schemas.items()
    }


def widened(schema: Schema, properties: Mapping[str, Schema]) -> Schema:
    """A schema with the properties that it lacks, in its objects as well; its own stay."""
    own: dict[str, Schema] = schema["properties"]
    added = {name: each for name, each in properties.items() if name not in own}
    kept = {
        name: widened(each, properties[name]["properties"])
        if "properties" in each and "properties" in properties.get(name, {})
        else each
        for name, each in own.items()
    }
    return {**schema, "properties": {**kept, **added}}
