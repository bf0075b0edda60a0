"""How the sandbox behaves where the real systems are unknown, or may be set either way."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every switch with its default; the README explains each."""

    # Trello
    quotas: bool = True
    quota_headers: bool = True
    token_limit: Positive = 100
    key_limit: Positive = 300
    window_ms: Positive = 10_000
    member_limit: Positive = 100
    member_window_ms: Positive = 900_000
    block_after_429: Positive = 200
    invite_answer: Literal["member", "organization"] = "organization"
    comment_edit_touches_card: bool = False
    comment_delete_touches_card: bool = False
    since_inclusive: bool = False
    errors_as_json: bool = False
    emails_visible: bool = False
    nested_on_cards: bool = True
    organization_feed_has_boards: bool = True
    label_edit_touches_board: bool = False
    member_removal_touches_board: bool = False
    most_cards_per_answer: Positive | None = None
    most_actions_per_answer: Positive | None = None
    # CRMOffice
    sign_in: Literal["ask", "allow", "deny"] = "ask"
    code_lifetime: int = 60
    token_lifetime: int = 3600
    rotate_refresh_token: bool = True
    keep_initial_refresh_token: bool = True
    ids_as_numbers: bool = False
    updated_since: Literal["honoured", "ignored"] = "honoured"
    total_count: bool = True
    lists_as_bare_arrays: bool = False
    owner_id: Literal["id", "userName", "mixed"] = "mixed"
    naive_timestamps: bool = False
    commit_delay_ms: Natural = 0
    custom_fields: bool = False
    document_needs_sign_in: bool = False
    validation_status: Literal[400, 422] = 422
    crm_quota: Positive | None = None
    crm_window_ms: Positive = 10_000

    def changed(self, changes: dict[str, object]) -> Switches:
        """Return the switches with some of them changed.

        Values may be JSON values or the words ``on`` and ``off``.

        Raises:
            ValueError: an unknown switch, or a value that it can't take.
        """
        words = {"on": True, "off": False}
        plain = {
            name: words.get(value, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        try:
            return msgspec.convert({**msgspec.structs.asdict(self), **plain}, Switches)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
