"""When something happened last on the boards, asked once everything else is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_trello.account import Account

__all__ = ["LastLook"]


class LastLook:
    """A look at the boards that follows a reading, taken while its last records are being given.

    So giving them and waiting for the answer take place at the same time. An early look counts if
    nothing was being read when it was taken, and nothing has been asked for since.

    Args:
        account: whose boards to look at.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._activity: dict[str, str | None] = {}
        self._sent: int | None = None
        """How many requests had been sent once the early look was taken."""

    def behind(self, sources: Sequence[Callable[[], Any]]) -> list[Callable[[], Any]]:
        """The sources of a `ReadAhead` and the early look as the last one, which gives nothing.

        It is worth it where the others are read at the same time, and one was given as a whole
        when it begins: let at most as many be read at once as there are others.
        """
        return [*sources, self._look_early] if len(sources) > 1 else list(sources)

    def _look_early(self) -> Iterator[Any]:
        """Look now, unless something is being read."""
        traffic = self._account.client.traffic
        sent = traffic.sent  # first: whatever is sent after this makes the look too early
        if not traffic.under_way:
            self._activity = self._account.activity_now()
            self._sent = sent + 1
        return iter(())

    @property
    def activity(self) -> dict[str, str | None]:
        """When something happened last on each board, at some time after the reading."""
        if self._sent == self._account.client.traffic.sent:
            return self._activity
        return self._account.activity_now()
