"""Errors named by what to do next.

Every message is one line that a person can act on and holds no secret.
"""

from __future__ import annotations

__all__ = [
    "NotFound",
    "OutcomeUnknown",
    "PluginError",
    "RecordRefused",
    "SettingError",
    "StopRun",
]


class PluginError(Exception):
    """Base of all errors that are told in one line, without a traceback."""


class SettingError(PluginError):
    """A setting is missing or wrong: the run can't begin until somebody corrects it."""


class StopRun(PluginError):
    """Nothing further can succeed now (no network, token revoked): stop without STATE."""


class RecordRefused(PluginError):
    """The API refuses this one record; others may go on.

    Attributes:
        status: the HTTP status, or None when the plugin itself refuses.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotFound(RecordRefused):
    """The API has no such record (any more)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404)


class OutcomeUnknown(PluginError):
    """A write may or may not have been carried out: look before you write it again."""
