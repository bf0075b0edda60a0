"""Who wins where both sides edited the same property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

__all__ = ["ASK", "NEWEST", "ConflictPolicy"]

NEWEST = "newest"
"""The side that was edited last wins."""
ASK = "ask"
"""Neither wins: a person is to decide."""


class ConflictPolicy:
    """The setting `conflict_policy`: the name of the system that wins, `newest` or `ask`.

    Args:
        setting: one name for all, or by stream a name, or by stream and property a name. As a
            property has a name on each side, both are given to cover both directions.
        default: the system that wins where the setting says nothing; if it is neither of the two
            systems, the source of the run wins.
        source: system that this run's records come from.
        systems: the two systems' names.

    Raises:
        SettingError: when the setting names another system.
    """

    def __init__(
        self,
        setting: str | Mapping[str, Any] | None,
        *,
        default: str,
        source: str,
        systems: Collection[str],
    ) -> None:
        self._setting = setting or default
        self._default = default if default in systems else source
        self._systems = systems
        self._source = source
        for winner in _winners(self._setting):
            if winner not in systems and winner not in {default, NEWEST, ASK}:
                names = " or ".join((*sorted(systems), NEWEST, ASK))
                raise SettingError(f"setting 'conflict_policy' names '{winner}': use {names}")

    def source_wins(
        self,
        streams: Collection[str],
        name: str,
        source_time: datetime | None = None,
        destination_time: datetime | None = None,
    ) -> bool | None:
        """Whether this run's source wins for a property of a pair of streams; None: nobody does.

        Args:
            streams: the source and the destination stream; the setting may name either.
            name: the property, in the destination's terms.
            source_time: when the source's record was last edited, aware, if it tells.
            destination_time: the same of the destination's record.
        """
        winner = self._winner(streams, name)
        if winner == NEWEST:
            if source_time and destination_time and source_time != destination_time:
                return source_time > destination_time
            winner = self._default
        return None if winner == ASK else winner == self._source

    def _winner(self, streams: Collection[str], name: str) -> str:
        winner = self._default
        if isinstance(self._setting, str):
            winner = self._setting
        else:
            for setting in (self._setting[key] for key in streams if key in self._setting):
                if isinstance(setting, str):
                    winner = setting
                elif name in setting:
                    winner = setting[name]
                    break
        return winner if winner in {*self._systems, NEWEST, ASK} else self._default


def _winners(setting: Any) -> list[str]:
    if isinstance(setting, str):
        return [setting]
    return [winner for inner in setting.values() for winner in _winners(inner)]
