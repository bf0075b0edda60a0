from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from singer_rest import SettingError
from singer_sdk.helpers._flattening import flatten_schema
from tap_crmoffice.openapi import DEEPEST, MOST_NODES, Document
from tap_crmoffice.schemas import SCHEMAS
from tap_crmoffice.tenant_schemas import tenant_schemas, widened

Json = dict[str, Any]

TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["integer", "null"]}


def described(schema: Any, **components: Any) -> Json:
    """An OpenAPI 3 document whose /companies answers with this schema."""
    answer = {"200": {"content": {"application/json": {"schema": schema}}}}
    return {
        "openapi": "3.0.1",
        "paths": {"/companies": {"get": {"responses": answer}}},
        "components": {"schemas": components},
    }


def array_of(schema: Any) -> Json:
    return {"type": "array", "items": schema}


def object_of(**properties: Any) -> Json:
    return {"type": "object", "properties": properties}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def found(schema: Any, **components: Any) -> Any:
    return Document(described(schema, **components)).properties("companies")


def of_property(schema: Any, **components: Any) -> Any:
    """What becomes of a property with this schema."""
    return found(array_of(object_of(it=schema)), **components)["it"]


@pytest.mark.parametrize(
    "schema",
    [
        array_of(ref("Company")),
        object_of(items=array_of(ref("Company")), totalCount={"type": "integer"}),
        ref("Page"),
        {"allOf": [ref("Page"), object_of(totalCount={"type": "integer"})]},
        {"anyOf": [ref("Page"), {"type": "null"}]},
        {"items": ref("Company")},
        {"properties": {"items": {"items": ref("Company")}}},
    ],
    ids=str,
)
def test_the_records_of_a_list_are_found_in_an_array_or_under_items(schema: Any) -> None:
    company = object_of(segment={"type": "string"}, rank={"type": "integer"})

    properties = found(schema, Company=company, Page=object_of(items=array_of(ref("Company"))))

    assert properties == {"segment": TEXT, "rank": NUMBER}


def test_a_document_of_swagger_2_is_read_as_well() -> None:
    document = {
        "swagger": "2.0",
        "basePath": "/api",
        "paths": {
            "/companies": {
                "get": {"responses": {"200": {"schema": array_of({"$ref": "#/definitions/A"})}}}
            }
        },
        "definitions": {"A": object_of(segment={"type": "string", "x-nullable": True})},
    }

    assert Document(document).properties("companies") == {"segment": TEXT}


@pytest.mark.parametrize(
    "path", ["/companies", "/companies/", "/Companies", "/api/v1/companies", "companies"]
)
def test_a_path_may_have_a_prefix_and_a_capital_letter(path: str) -> None:
    document = described(array_of(object_of(segment={"type": "string"})))
    document["paths"] = {path: document["paths"]["/companies"]}

    assert Document(document).properties("companies") == {"segment": TEXT}


def test_the_shortest_path_is_the_list_and_one_below_a_record_is_none() -> None:
    document = described(array_of(object_of(right={"type": "string"})))
    other = described(array_of(object_of(wrong={"type": "string"})))["paths"]["/companies"]
    document["paths"]["/archive/companies"] = other
    below = {"paths": {"/users/{id}/companies": other}}

    assert Document(document).properties("companies") == {"right": TEXT}
    assert Document(below).properties("companies") is None


def test_json_wins_over_other_media_and_a_success_over_the_rest() -> None:
    right, wrong = (array_of(object_of(**{name: {"type": "string"}})) for name in ("a", "b"))
    content = {"text/plain": {"schema": wrong}, "text/json; v=1": {"schema": right}}
    responses = {
        "404": {"schema": wrong},
        "default": {"schema": wrong},
        "2XX": {"content": content},
    }
    document = {"paths": {"/companies": {"get": {"responses": responses}}}}

    assert Document(document).properties("companies") == {"a": TEXT}


def test_responses_and_paths_may_be_references() -> None:
    document = described(array_of(object_of(a={"type": "string"})))
    item = document["paths"]["/companies"]
    document["shared"] = {"a/b": item, "ok": item["get"]["responses"]["200"]}
    item["get"]["responses"]["200"] = {"$ref": "#/shared/ok"}
    document["paths"]["/companies"] = {"$ref": "#/shared/a~1b"}

    assert Document(document).properties("companies") == {"a": TEXT}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, TEXT),
        ({"type": "string", "nullable": True}, TEXT),
        ({"type": ["string", "null"]}, TEXT),
        ({"type": ["null", "integer"], "format": "int64"}, NUMBER),
        ({"type": "string", "format": "date-time"}, {**TEXT, "format": "date-time"}),
        ({"type": "string", "format": "date"}, TEXT),
        ({"type": "string", "format": "uuid", "pattern": "^a", "enum": ["a"]}, TEXT),
        ({"type": "number", "format": "double", "minimum": 3}, {"type": ["number", "null"]}),
        ({"type": "boolean"}, {"type": ["boolean", "null"]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, TEXT),
        (
            {"oneOf": [{"type": "null"}, {"type": "string", "format": "date-time"}]},
            {**TEXT, "format": "date-time"},
        ),
        ({"allOf": [{"type": "string"}], "description": "x"}, TEXT),
        ({"type": "array"}, {"type": ["array", "null"]}),
        (array_of({"type": "string"}), {"type": ["array", "null"], "items": TEXT}),
        ({"type": "object"}, {"type": ["object", "null"]}),
        (
            object_of(a={"type": "string"}),
            {"type": ["object", "null"], "properties": {"a": TEXT}},
        ),
        (
            {"oneOf": [object_of(a={"type": "string"}), object_of(b={"type": "integer"})]},
            {"type": ["object", "null"], "properties": {"a": TEXT, "b": NUMBER}},
        ),
        (
            {"oneOf": [object_of(a={"type": "string"}), object_of(a={"type": "integer"})]},
            {"type": ["object", "null"], "properties": {"a": {}}},
        ),
        (
            {
                "oneOf": [
                    {"type": "string"},
                    {"type": "string", "format": "date-time"},
                ]
            },
            TEXT,
        ),
    ],
    ids=str,
)
def test_a_type_is_told_as_widely_as_the_values_may_be(schema: Any, expected: Json) -> None:
    assert of_property(schema) == expected


@pytest.mark.parametrize(
    "schema",
    [
        *({}, True, None, 3, "string", [], {"type": "null"}, {"type": "file"}, {"type": 3}),
        *({"type": ["integer", "string"]}, {"enum": ["a", 1]}, {"not": {"type": "string"}}),
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"oneOf": [{"type": "string"}, {}]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"$ref": "#/components/schemas/Nowhere"},
        {"$ref": "other.json#/Company"},
        {"$ref": "https://example.com/schemas.json"},
        {"$ref": "#"},
        {"$ref": 3},
        ref("Loop"),
        ref("Itself"),
    ],
    ids=str,
)
def test_what_is_not_understood_may_be_anything(schema: Any) -> None:
    assert of_property(schema, Loop=ref("Itself"), Itself=ref("Loop")) == {}


def test_a_record_that_holds_another_of_its_kind_ends_there() -> None:
    company = object_of(name={"type": "string"}, parent=ref("Company"), children=array_of(ref("C")))

    assert found(array_of(ref("Company")), Company=company, C=ref("Company")) == {
        "name": TEXT,
        "parent": {},
        "children": {"type": ["array", "null"]},
    }


def test_properties_of_a_base_are_properties_as_well() -> None:
    base = object_of(id={"type": "string"}, seen={"type": "string", "format": "date-time"})
    company = {"allOf": [ref("Base"), object_of(rank={"type": "integer"})]}

    assert found(array_of(ref("Company")), Base=base, Company=company) == {
        "id": TEXT,
        "seen": {**TEXT, "format": "date-time"},
        "rank": NUMBER,
    }


def test_objects_within_each_other_end_somewhere() -> None:
    deep: Json = {"type": "string"}
    for _ in range(2 * DEEPEST):
        deep = object_of(a=deep)

    assert json.dumps(of_property(deep)).count("properties") == DEEPEST - 1


def test_a_property_of_endless_width_does_not_take_the_place_of_the_next_one() -> None:
    wide = object_of(**{f"p{number}": ref("Wide") for number in range(50)})
    models = {"Wide": wide} | {f"W{number}": wide for number in range(50)}
    wide_record = object_of(
        a=object_of(**{f"p{number}": ref(f"W{number}") for number in range(50)}),
        b={"type": "string"},
    )

    properties = found(array_of(wide_record), **models)

    assert properties["b"] == TEXT
    assert len(json.dumps(properties["a"])) < MOST_NODES * 100


def test_names_that_no_output_can_carry_are_left_out() -> None:
    assert found(array_of(object_of(**{"": {}, "\ud83d": {}, "a": {"type": "string"}}))) == {
        "a": TEXT
    }


@pytest.mark.parametrize("document", [None, [], "x", {}, {"paths": []}, {"paths": {"/x": {}}}])
def test_a_document_without_the_list_tells_nothing(document: Any) -> None:
    assert Document(document).properties("companies") is None


def test_a_document_of_another_api_is_named() -> None:
    with pytest.raises(SettingError, match=r"setting 'openapi_url' is wrong: .* no list of"):
        tenant_schemas(SCHEMAS, {"openapi": "3.0.1", "paths": {"/pets": {}}})


def test_known_properties_keep_their_types_and_objects_are_merged() -> None:
    known = SCHEMAS["companies"]
    company = object_of(
        name={"type": "integer"},
        updatedAt={"type": "string"},
        postAddress=object_of(country={"type": "integer"}, municipality={"type": "string"}),
        visitAddress={"type": "string"},
        segment={"type": "string"},
    )

    schema = tenant_schemas(SCHEMAS, described(array_of(company)))["companies"]

    properties, before = schema["properties"], known["properties"]
    assert {name: each for name, each in properties.items() if each != before.get(name)} == {
        "postAddress": {
            **before["postAddress"],
            "properties": {**before["postAddress"]["properties"], "municipality": TEXT},
        },
        "segment": TEXT,
    }
    assert schema["required"] == known["required"]
    assert "segment" not in known["properties"]


def test_a_resource_that_the_document_leaves_out_keeps_its_schema(
    caplog: pytest.LogCaptureFixture,
) -> None:
    schemas = tenant_schemas(SCHEMAS, described(array_of(object_of(a={"type": "string"}))))

    assert schemas["users"] == SCHEMAS["users"]
    assert "does not tell what users hold" in caplog.text


words = st.sampled_from(
    [
        *("$ref", "type", "properties", "items", "allOf", "anyOf", "oneOf", "format", "a", "b"),
        *("nullable", "enum", "required", "additionalProperties"),
    ]
)
values = st.sampled_from(
    [
        *("string", "integer", "object", "array", "null", "date-time", True, None, 3),
        *("#/components/schemas/A", "#/components/schemas/B", "#/paths", "#", "#//", "x"),
    ]
)
odd = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=300)
@given(schema=odd, a=odd, b=odd, wrapped=st.booleans())
def test_an_odd_document_never_fails_and_what_comes_of_it_is_json_schema(
    schema: Any, a: Any, b: Any, wrapped: bool
) -> None:
    record = object_of(it=schema, other=ref("A")) if wrapped else schema
    properties = found(array_of(record), A=a, B=b) or {}

    result = widened(SCHEMAS["companies"], properties)
    Draft202012Validator.check_schema(result)
    flatten_schema(result, max_level=3)
    json.dumps(result)
    validator = Draft202012Validator({"type": "object", "properties": properties})
    validator.validate(dict.fromkeys(properties))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(words | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(
    content=anything
    | st.fixed_dictionaries(
        {
            "paths": st.fixed_dictionaries(
                {
                    "/companies": anything
                    | st.fixed_dictionaries({"get": st.fixed_dictionaries({"responses": anything})})
                }
            )
        }
    )
)
def test_whatever_the_json_holds_nothing_fails(content: Any) -> None:
    properties = Document(content).properties("companies")

    assert properties is None or widened(SCHEMAS["companies"], properties)
