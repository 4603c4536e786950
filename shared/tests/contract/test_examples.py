"""Examples are made from schemas: those that are given come first, the rest is put together."""

from uuid import UUID

from shared.contract.examples import NO_WORDS, Examples, known_id, spoken

PERSON = {
    "type": "object",
    "required": ["name", "post", "boss"],
    "properties": {
        "name": {"type": "string"},
        "post": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "boss": {"$ref": "#/components/schemas/Boss"},
    },
    "examples": [{"name": "Jane Porter"}, {"name": "韩梅梅"}],
}
BOSS = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "note": {"type": "string"}},
}
PAGE = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
        "page": {"type": "object", "properties": {"has_more": {"type": "boolean", "examples": [True]}}},
    },
}
TREE = {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}}
SCHEMAS = {"Person": PERSON, "Boss": BOSS, "Tree": TREE}


def shown(schema):
    return {key: example["value"] for key, example in Examples(SCHEMAS).both(schema).items()}


def test_the_example_of_each_language_is_chosen_and_what_it_must_have_is_added():
    found = shown({"$ref": "#/components/schemas/Person"})
    assert (found["en"]["name"], found["zh"]["name"]) == ("Jane Porter", "韩梅梅")
    assert list(found["en"]) == ["name", "post", "boss"]
    assert found["en"]["post"] is None
    assert UUID(found["en"]["boss"]["id"])


def test_a_page_is_made_of_its_item():
    found = shown(PAGE)
    assert found["zh"]["data"][0]["name"] == "韩梅梅"
    assert found["zh"]["page"] == {"has_more": True}


def test_an_example_without_words_stands_once():
    assert shown({"type": "object", "properties": {"read": {"type": "integer", "minimum": 3}}}) == {
        "any": {"read": 3}
    }


def test_nulls_that_the_framework_dropped_inside_an_example_come_back():
    order = {"type": "object", "properties": {"buyer": {"$ref": "#/components/schemas/Person"}}}
    found = shown(
        {**order, "examples": [{"buyer": {"name": "Jane Porter", "boss": {"id": str(UUID(int=1))}}}]}
    )
    assert found["any"]["buyer"]["post"] is None


def test_the_alternative_that_speaks_the_language_is_taken():
    one = {"type": "object", "properties": {"text": {"type": "string"}}, "examples": [{"text": "Sent today"}]}
    two = {"type": "object", "properties": {"line": {"type": "string"}}, "examples": [{"line": "今日寄出"}]}
    assert shown({"oneOf": [one, two]}) == {"en": {"text": "Sent today"}, "zh": {"line": "今日寄出"}}


def test_a_schema_that_leads_back_to_itself_ends():
    assert shown({"$ref": "#/components/schemas/Tree"}) == {"any": {"below": None}}


def test_numbers_stay_within_their_limits_and_enumerations_within_their_choices():
    schema = {"type": "integer", "minimum": 5, "maximum": 9}
    assert shown(schema) == {"any": 5}
    assert shown({"type": "number", "maximum": 0.25}) == {"any": 0.25}
    assert shown({"enum": ["open", "closed"]}) == {"any": "open"}


def test_a_text_that_nobody_gave_words_is_recognisable():
    found = shown({"type": "object", "properties": {"motto": {"type": "string"}}})
    assert tuple(value["motto"] for value in found.values()) == NO_WORDS


def test_an_id_is_the_same_for_the_same_thing():
    assert known_id("CustomerRead.id") == known_id("OrderCreate.customer_id")
    assert known_id("CustomerRead.id") != known_id("OrderRead.id")
    assert UUID(known_id("CustomerRead.id")).version == 7


def test_chinese_letters_are_found_at_any_depth():
    assert spoken({"a": ["x", {"门店数": 12}]})
    assert not spoken({"a": ["x", 1, None, "café"]})
