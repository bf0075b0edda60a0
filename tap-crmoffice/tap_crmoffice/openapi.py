"""What an OpenAPI 3 or Swagger 2 document tells of the records of a resource.

The document is somebody else's: whatever it holds, something comes of it, at worst nothing. Types
are told as widely as the records may turn out: each may be null, and of formats only `date-time`
counts, since targets refuse what breaks a narrower promise. `{}` stands for anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote

from tap_crmoffice.contract import ITEMS

__all__ = ["Document", "Schema"]

DEEPEST = 5  # objects and arrays within each other
MOST_NODES = 500  # schemas looked at for one property of a record
MOST_NODES_IN_ALL = 20_000  # the same for all properties of a resource
MOST_PROPERTIES = 1000  # of an object
MOST_STEPS = 40  # references and combinations on the way to one schema
KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object"})
DATE_TIME = "date-time"
NOTHING = ({"type": "null"}, {"enum": [None]}, {"const": None})

Schema = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A schema of the document, and the references that led to it."""

    schema: Any
    trail: tuple[str, ...] = ()


@dataclass
class Facts:
    """What a schema tells, with all that it refers to and is combined of.

    Attributes:
        kinds: the types besides null.
        date_time: whether a text is a time.
        items: what an array holds.
        properties: what an object holds.
    """

    kinds: set[str] = field(default_factory=set)
    date_time: bool = False
    items: Place = field(default_factory=lambda: Place(None))
    properties: dict[str, Place] = field(default_factory=dict)

    def add(self, other: Facts) -> None:
        """Take in what holds as well."""
        self.kinds |= other.kinds
        self.date_time = self.date_time or other.date_time
        self.items = other.items if self.items.schema is None else self.items
        self.properties = {**other.properties, **self.properties}

    def add_alternative(self, other: Facts) -> None:
        """Take in what may hold instead; a property that differs may then be anything."""
        for name, place in other.properties.items():
            if name in self.properties and self.properties[name].schema != place.schema:
                self.properties[name] = Place(None)
        self.date_time = self.date_time and other.date_time
        self.add(Facts(other.kinds, items=other.items, properties=other.properties))


class Document:
    """A document.

    Args:
        content: what its JSON holds.
    """

    def __init__(self, content: Any) -> None:
        self._content = content
        self._nodes_left = self._nodes_left_in_all = 0

    def properties(self, resource: str) -> dict[str, Schema] | None:
        """JSON schemas by name of the records' properties; None where it does not tell.

        Args:
            resource: name of the resource, whose list answers GET at a path that ends with it.
        """
        self._nodes_left, self._nodes_left_in_all = MOST_NODES, MOST_NODES_IN_ALL
        answer = self._facts(Place(self._answer(resource)))
        if ITEMS in answer.properties:
            answer = self._facts(answer.properties[ITEMS])
        found = self._facts(answer.items).properties
        return {name: self._translated_anew(place) for name, place in found.items()} or None

    def _answer(self, resource: str) -> Any:
        """The schema of the answer to GET of a list: that of the shortest path, if there are more.

        Addresses may have a prefix, such as /api/v1, and begin with a capital letter.
        """
        lists = {
            path: self._target(item).get("get")
            for path, item in objects_of(get(self._content, "paths"))
            if is_list(path, resource)
        }
        described = [path for path, operation in lists.items() if isinstance(operation, dict)]
        if not described:
            return None
        path = min(described, key=lambda each: (len(each), each))
        responses = get(lists[path], "responses")
        successes = sorted(each for each in responses if each.startswith("2"))
        schemas = (
            self._schema_of(self._target(responses.get(status)))
            for status in (*successes, "default")
        )
        return next((schema for schema in schemas if schema is not None), None)

    def _schema_of(self, response: Schema) -> Any:
        """The schema of a response: Swagger 2 has it directly, OpenAPI 3 by media type."""
        if "schema" in response:
            return response["schema"]
        content = objects_of(response.get("content"))
        in_order = sorted(content, key=lambda each: "json" not in each[0].lower())
        return next((media["schema"] for _, media in in_order if "schema" in media), None)

    def _translated_anew(self, place: Place) -> Schema:
        self._nodes_left = MOST_NODES
        return self._translated(place, DEEPEST)

    def _translated(self, place: Place, levels: int) -> Schema:
        """A schema that stands for itself; `{}` where it does not tell one type."""
        facts = self._facts(place)
        if len(facts.kinds) != 1 or not levels:
            return {}
        (kind,) = facts.kinds
        schema: Schema = {"type": [kind, "null"]}
        if kind == "string" and facts.date_time:
            schema["format"] = DATE_TIME
        if kind == "array":
            items = self._translated(facts.items, levels - 1)
            schema.update({"items": items} if items else {})
        if kind == "object":
            inner = {
                name: self._translated(each, levels - 1) for name, each in facts.properties.items()
            }
            schema.update({"properties": inner} if inner and levels > 1 else {})
        return schema

    def _facts(self, place: Place, steps: int = MOST_STEPS) -> Facts:
        """What a schema tells; nothing where it can't be followed, or leads back to itself."""
        facts = Facts()
        self._nodes_left -= 1
        self._nodes_left_in_all -= 1
        schema = place.schema
        left = min(self._nodes_left, self._nodes_left_in_all, steps)
        if not isinstance(schema, dict) or left < 0:
            return facts
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in place.trail:
            target = Place(self._at(reference), (*place.trail, reference))
            facts.add(self._facts(target, steps - 1))
        facts.add(own_facts(place))
        for part in list_of(schema.get("allOf")):
            facts.add(self._facts(Place(part, place.trail), steps - 1))
        for word in ("oneOf", "anyOf"):
            facts.add(self._choice(Place(schema.get(word), place.trail), steps))
        return facts

    def _choice(self, place: Place, steps: int) -> Facts:
        found: Facts | None = None
        for schema in list_of(place.schema):
            if schema in NOTHING:
                continue
            facts = self._facts(Place(schema, place.trail), steps - 1)
            if not facts.kinds:
                return Facts(set(KINDS))
            if found is None:
                found = facts
            else:
                found.add_alternative(facts)
        return found or Facts()

    def _target(self, item: Any) -> Schema:
        """An object, or the one that it refers to; empty where there is none."""
        found = get(item)
        reference = found.get("$ref")
        return get(self._at(reference)) if isinstance(reference, str) else found

    def _at(self, reference: str) -> Any:
        """What a reference within the document leads to; None for any other."""
        if not reference.startswith("#"):
            return None
        found = self._content
        for part in unquote(reference[1:]).split("/")[1:]:
            found = get(found).get(part.replace("~1", "/").replace("~0", "~"))
        return found


def own_facts(place: Place) -> Facts:
    """What a schema itself tells."""
    schema = place.schema
    told = schema.get("type")
    kinds = {each for each in (told if isinstance(told, list) else [told]) if is_text(each)}
    kinds -= {"null"}
    properties = {
        name: Place(each, place.trail)
        for name, each in islice(get(schema, "properties").items(), MOST_PROPERTIES)
        if is_text(name)
    }
    if "items" in schema and not kinds:
        kinds = {"array"}
    if properties and not kinds:
        kinds = {"object"}
    return Facts(
        kinds if kinds <= KINDS else set(KINDS),
        date_time=schema.get("format") == DATE_TIME,
        items=Place(schema.get("items"), place.trail),
        properties=properties,
    )


def is_list(path: str, resource: str) -> bool:
    """Whether a path may be that of a resource's list."""
    return "{" not in path and path.rstrip("/").rpartition("/")[2].lower() == resource


def is_text(value: Any) -> bool:
    """Whether it is a text that UTF-8 can carry."""
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False


def get(value: Any, name: str | None = None) -> Schema:
    """An object, or the one under its name; empty where there is none."""
    found = value.get(name) if name is not None and isinstance(value, dict) else value
    return found if isinstance(found, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list; empty where there is none."""
    return value if isinstance(value, list) else []


def objects_of(value: Any) -> list[tuple[str, Schema]]:
    """The objects in an object, with their names."""
    return [(name, each) for name, each in get(value).items() if isinstance(each, dict)]
