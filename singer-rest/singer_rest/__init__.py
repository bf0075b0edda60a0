"""What Singer plugins over a REST API share."""

from __future__ import annotations

from singer_rest.answers import retry_after
from singer_rest.client import RestClient
from singer_rest.command import PlainErrors, PlainStreamErrors
from singer_rest.computed_once import computed_once
from singer_rest.errors import (
    NotFound,
    OutcomeUnknown,
    PluginError,
    RecordRefused,
    SettingError,
    StopRun,
)
from singer_rest.pacer import Pacer
from singer_rest.private_file import write_private
from singer_rest.progress import Progress
from singer_rest.sub_commands import with_settings
from singer_rest.terminal import secret_line, show_address
from singer_rest.watched import WatchedStream

__all__ = [
    "NotFound",
    "OutcomeUnknown",
    "Pacer",
    "PlainErrors",
    "PlainStreamErrors",
    "PluginError",
    "Progress",
    "RecordRefused",
    "RestClient",
    "SettingError",
    "StopRun",
    "WatchedStream",
    "computed_once",
    "retry_after",
    "secret_line",
    "show_address",
    "with_settings",
    "write_private",
]
