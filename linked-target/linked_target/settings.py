"""The settings that all linked targets share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import SettingError
from singer_sdk import typing as th

from linked_target.store.links import StreamPair
from linked_target.sync.direction import OnDelete

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from linked_target.destination import DestinationStream

__all__ = ["check_streams", "linked_settings", "match_keys_of", "on_delete_of", "pins_of"]

BY_STREAM = th.ObjectType(additional_properties=True)


def linked_settings(own: th.PropertiesList, *, default_source: str) -> dict[str, Any]:
    """The JSON schema of a linked target's settings: its own ones and the common ones.

    Args:
        own: the target's own settings.
        default_source: name of the system that it is usually fed from.
    """
    common = th.PropertiesList(
        th.Property(
            "source",
            th.StringType,
            default=default_source,
            title="Source system",
            description="Name of the system the records come from; links of other sources "
            "never collide with these.",
        ),
        th.Property(
            "links_url",
            th.StringType,
            default="sqlite:///links.db",
            title="Link store",
            description="SQLAlchemy URL of the link store, the state file of linked ids. Both "
            "directions share it.",
        ),
        th.Property(
            "conflict_policy",
            th.CustomType({"type": ["string", "object", "null"]}),
            default="crmoffice",
            title="Conflict policy",
            description="Which system wins where both edited the same property: 'crmoffice', "
            "'trello', 'newest' for the side that was edited last (where both tell a time, else "
            "crmoffice), or 'ask': neither, until a person decides (links conflicts, links "
            "resolve). Or an object that gives it per stream, or per stream and property. A "
            "property has a name on either side: give both, so that both directions decide alike.",
        ),
        th.Property(
            "propagate_nulls",
            th.BooleanType,
            default=False,
            title="Propagate nulls",
            description="Whether emptying a property on one side empties it on the other.",
        ),
        th.Property(
            "create",
            th.ObjectType(additional_properties=th.BooleanType),
            default={},
            title="Create",
            description="Per destination stream, whether records without a partner get a new one "
            "(default true). With false only linked and matched records sync.",
        ),
        th.Property(
            "match_keys",
            BY_STREAM,
            default={},
            title="Match keys",
            description="Per destination stream, the keys by which a partner is found, the best "
            'first; names joined with + form one key, e.g. ["email", "givenName+familyName"].',
        ),
        th.Property(
            "references",
            BY_STREAM,
            title="References",
            description="Per destination stream and property, the source stream whose ids the "
            "property holds.",
        ),
        th.Property(
            "reference_keys",
            BY_STREAM,
            title="Reference keys",
            description="Per source stream, further properties by which its records are "
            "referred to.",
        ),
        th.Property(
            "user_map",
            th.ObjectType(additional_properties=th.StringType),
            default={},
            title="User map",
            description="Pairs pinned by hand: CRMOffice user (id or userName) to Trello member "
            "(id or username). The same in both directions.",
        ),
        th.Property(
            "edited_at",
            th.ObjectType(additional_properties=th.StringType),
            title="Edited at",
            description="Per source stream, the property with the time of a record's last edit, "
            "for the conflict policy 'newest'.",
        ),
        th.Property(
            "on_delete",
            th.CustomType(
                {"type": ["string", "object", "null"], "additionalProperties": {"type": "string"}}
            ),
            default=OnDelete.KEEP.value,
            title="On delete",
            description="What becomes of a record whose partner was deleted: 'keep' leaves it and "
            "makes no new partner, 'unlink' leaves it as one that never had a partner, 'delete' "
            "deletes it too, unless somebody edited it since. For all, or an object that says it "
            "per destination stream.",
        ),
        th.Property(
            "max_deletes",
            th.IntegerType(minimum=0),
            default=50,
            title="Most deletes",
            description="With on_delete 'unlink' or 'delete': if more records are gone than this, "
            "the run stops and touches none of their partners.",
        ),
        th.Property(
            "max_creates",
            th.IntegerType(minimum=0),
            title="Most creates",
            description="If a run would create more records than this, it stops and creates none. "
            "Creations are put off to the end of the input for that. No limit if not set.",
        ),
        th.Property(
            "history_days",
            th.IntegerType(minimum=0),
            default=90,
            title="Days of history",
            description="How many days the link store keeps what was done about each record, with "
            "the values before and after (links show). A run drops what is older.",
        ),
        th.Property(
            "max_workers",
            th.IntegerType(minimum=1, maximum=64),
            default=16,
            title="Most workers",
            description="How many requests may be under way at once. The API's quota is kept "
            "whatever their number.",
        ),
        th.Property(
            "dry_run",
            th.BooleanType,
            default=False,
            title="Dry run",
            description="Only tell what would be created, changed, held, in conflict or deleted: "
            "nothing is written, neither to the API nor to the link store nor to STATE.",
        ),
        th.Property(
            "plan_file",
            th.StringType,
            title="Plan file",
            description="File for the steps of a dry run, one JSON object a line; written anew.",
        ),
        th.Property(
            "shard",
            th.StringType,
            title="Shard",
            description="Name of this run's share of the records. Runs of one direction with "
            "different names may use the link store at the same time; see to it that no record is "
            "in two shares.",
        ),
        th.Property(
            "on_error",
            th.StringType,
            allowed_values=["fail", "keep"],
            default="fail",
            title="On error",
            description="What a record that can't be written means for the exit code: 'fail' "
            "exits 1 at the end, after STATE; 'keep' exits 0. Either way the record is kept on "
            "the failed list and tried again.",
        ),
        th.Property(
            "on_unknown_stream",
            th.StringType,
            allowed_values=["error", "ignore"],
            default="error",
            title="On unknown stream",
            description="What to do about a stream that the target does not have.",
        ),
    )
    schema: dict[str, Any] = th.PropertiesList(*own, *common).to_dict()
    return schema


def match_keys_of(
    setting: Mapping[str, Sequence[str]], stream: DestinationStream
) -> Sequence[tuple[str, ...]]:
    """The match keys of a stream: configured ones, else its own.

    Raises:
        SettingError: when a key names a property that the stream does not have.
    """
    configured = setting.get(stream.name)
    if configured is None:
        return stream.match_keys
    keys = [tuple(part.strip() for part in key.split("+")) for key in configured]
    for name in (name for key in keys for name in key):
        if name not in stream.properties:
            raise SettingError(
                f"setting 'match_keys' names '{name}', which is no property of {stream.name}: "
                f"use {', '.join(stream.properties)}"
            )
    return keys


def on_delete_of(setting: str | Mapping[str, str] | None, stream: str) -> OnDelete:
    """What `on_delete` says for a destination stream.

    Raises:
        SettingError: when it is none of the known policies.
    """
    policy = setting if isinstance(setting, str) else (setting or {}).get(stream)
    try:
        return OnDelete(policy or OnDelete.KEEP)
    except ValueError:
        known = ", ".join(each.value for each in OnDelete)
        raise SettingError(f"setting 'on_delete' is '{policy}': use {known}") from None


def check_streams(config: Mapping[str, Any], streams: Collection[str]) -> None:
    """Make sure that settings by destination stream name only streams which exist.

    Raises:
        SettingError: when one does not; its setting would silently do nothing.
    """
    for setting in ("create", "match_keys", "references", "on_delete"):
        by_stream = config.get(setting) or {}
        for name in () if isinstance(by_stream, str) else by_stream:
            if name not in streams:
                raise SettingError(
                    f"setting '{setting}' names the stream '{name}': use {', '.join(streams)}"
                )


def pins_of(
    user_map: Mapping[str, str], streams: tuple[str, str] | None, *, inverted: bool
) -> dict[StreamPair, dict[str, str]]:
    """The pinned pairs in the direction of this target.

    Args:
        user_map: the setting, CRMOffice user to Trello member.
        streams: source and destination stream of the users, if the target has any.
        inverted: whether the source is Trello.

    Raises:
        SettingError: when two users are pinned to one member.
    """
    if streams is None:
        return {}
    pairs = {str(user): str(member) for user, member in user_map.items()}
    inverse = {member: user for user, member in pairs.items()}
    if len(inverse) < len(pairs):
        raise SettingError("setting 'user_map' names a member twice; a pair is unique on both ends")
    if inverted:
        pairs = inverse
    return {StreamPair(*streams): pairs}
