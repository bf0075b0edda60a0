"""A target on the public `hotglue-singer-sdk`: each record is one POST, one after the other.

It runs in an environment of its own, as a program; see `peers`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hotglue_singer_sdk import typing as th  # type: ignore[import-not-found]
from hotglue_singer_sdk.target_sdk.client import HotglueSink  # type: ignore[import-not-found]
from hotglue_singer_sdk.target_sdk.target import TargetHotglue  # type: ignore[import-not-found]


class Comments(HotglueSink):  # type: ignore[misc]
    """Posts an activity as a comment; all else is the SDK's own `process_record`."""

    name = "activities"
    endpoint = "/actions/comments"
    unified_schema = None
    auto_validate_unified_schema = False

    @property
    def base_url(self) -> str:
        """The address of the card."""
        return f"{self.config['api_url']}/cards/{self.config['card_id']}"

    @property
    def http_headers(self) -> dict[str, str]:
        """The sign-in."""
        return {"Authorization": str(self.config["authorization"])}

    def preprocess_record(self, record: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        """The comment of an activity."""
        del context
        footer = f"Starts: {record['startsAt']}\nCRMOffice activity: {record['id']}"
        return {"text": f"{record['subject']}\n\n---\n{footer}"}


class TargetComments(TargetHotglue):  # type: ignore[misc]
    """The target."""

    name = "target-comments"
    SINK_TYPES: ClassVar[list[type]] = [Comments]
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("card_id", th.StringType, required=True),
        th.Property("authorization", th.StringType, required=True),
    ).to_dict()


if __name__ == "__main__":
    TargetComments.cli()
