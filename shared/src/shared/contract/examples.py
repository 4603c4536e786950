"""Example values made from schemas, in English and in Chinese.

A schema's own `examples` come first: the first one that holds a Chinese letter speaks Chinese, the first
without speaks English. What has none is put together from its parts; a page of a list is made of its item.
"""

import copy
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

Language = Literal["en", "zh"]
Schema = Mapping[str, Any]

LANGUAGES: tuple[Language, Language] = ("en", "zh")
SUMMARIES = {"en": "English", "zh": "中文", "any": "Example · 示例"}
NO_WORDS = ("text", "文字")
"""What stands where nobody gave an example; a test finds it."""
REF = "#/components/schemas/"

_NOTHING = object()
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_BY_FORMAT = {
    "date-time": "2026-03-01T09:30:00Z",
    "date": "2026-03-01",
    "time": "09:30:00",
    "email": "buying@harbourlights.example",
    "uri": "https://harbourlights.example/",
    "binary": "name,kind\nHarbour Lights Ltd,organisation\n",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
}
_BY_NAME: dict[str, tuple[str, str]] = {
    "name": ("Harbour Lights Ltd", "上海海纳百货有限公司"),
    "display_name": ("Jane Moore", "李伟"),
    "subject": ("Ask whether the trial batch sold well", "回访：试销批次卖得如何"),
    "description": ("The second carton arrived damaged.", "第二箱到货时已破损。"),
    "summary": ("Asks for prices of 500 pieces.", "询问五百件的价格。"),
    "note": ("They open at nine.", "对方九点上班。"),
    "text": ("We sent the replacement today.", "换货今日已寄出。"),
    "reason": ("Out of stock", "缺货"),
    "address": ("12 Quay Street, Bristol", "上海市黄浦区南京东路 1 号"),
    "title": ("Autumn range", "秋季新品"),
    "label": ("Wholesale", "批发"),
}
"""Words for texts that have no example of their own."""

_MARKS = {
    "code": "C-1024",
    "channel": "online_shop",
    "currency": "CNY",
    "region": "310000",
    "timezone": "Asia/Shanghai",
    "phone": "+862162881234",
    "external_id": "oX9f-7Qw2",
    "order_no": "SO-2026-0301",
    "sku": "TEA-250",
    "etag": '"v3"',
    "language": "zh-CN",
    "username": "li.wei",
    "email": "li.wei@example.com",
    "password": "correct-horse-battery",
    "current_password": "correct-horse-battery",
    "access_token": "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiI…",
    "refresh_token": "tlr_9sX2…",
    "permissions": "customers:read",
    "scopes": "customers:read",
}
"""Strings for machines, the same in every language."""


def spoken(value: Any) -> bool:
    """Whether the value holds a Chinese letter."""
    if isinstance(value, str):
        return bool(_CHINESE.search(value))
    if isinstance(value, Mapping):
        return any(spoken(part) for pair in value.items() for part in pair)
    return isinstance(value, Sequence) and any(map(spoken, value))


class Examples:
    """Makes examples of one document's schemas."""

    def __init__(self, schemas: Mapping[str, dict[str, Any]]) -> None:
        self._schemas = schemas

    def complete(self) -> None:
        """Give the schemas' own examples back what they must have and lack."""
        for name, schema in self._schemas.items():
            if "examples" in schema:
                schema["examples"] = [self._whole(each, schema, "en", name) for each in schema["examples"]]

    def both(self, schema: Schema, name: str = "") -> dict[str, dict[str, Any]]:
        """The `examples` of a media type: `en` and `zh`, or `any` where the languages do not differ."""
        en, zh = (self.value(schema, language, name) for language in LANGUAGES)
        values = {"any": en} if en == zh else {"en": en, "zh": zh}
        return {key: {"summary": SUMMARIES[key], "value": value} for key, value in values.items()}

    def fields(self, schema: Schema) -> Iterator[str]:
        """The names of an object's members."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(REF)]
        yield from schema.get("properties", ())

    def value(self, schema: Schema, language: Language, name: str = "", seen: tuple[str, ...] = ()) -> Any:
        """A value that fits; a schema that leads back to itself ends with null."""
        if "$ref" in schema:
            target = schema["$ref"].removeprefix(REF)
            if target in seen:
                return None
            return self.value(self._schemas[target], language, target, (*seen, target))
        given = _chosen(schema, language)
        if given is _NOTHING:
            return self._made(schema, language, name, seen)
        return self._whole(copy.deepcopy(given), schema, language, name)

    def _whole(self, given: Any, schema: Schema, language: Language, name: str) -> Any:
        """The example with what it must have and lacks: the framework drops every null of an example."""
        schema = self._meant(schema, given)
        if isinstance(given, list) and "items" in schema:
            return [self._whole(each, schema["items"], language, name) for each in given]
        parts = schema.get("properties", {})
        if not isinstance(given, dict) or not parts:
            return given
        whole = {
            key: self._whole(value, parts.get(key, {}), language, _path(name, key))
            for key, value in given.items()
        }
        for key in schema.get("required", ()):
            if key not in whole:
                lacking = parts[key]
                value = self.value(lacking, language, _path(name, key))
                whole[key] = None if self._nullable(lacking) else value
        return {key: whole[key] for key in dict.fromkeys([*parts, *whole]) if key in whole}

    def _meant(self, schema: Schema, given: Any) -> Schema:
        """The schema that the value is of: references followed, the alternative with its fields chosen."""
        if "$ref" in schema:
            return self._meant(self._schemas[schema["$ref"].removeprefix(REF)], given)
        meant = [self._meant(each, given) for each in _alternatives(schema) if each.get("type") != "null"]
        if not meant or not isinstance(given, dict):
            return meant[0] if len(meant) == 1 else schema
        return next((each for each in meant if given.keys() <= each.get("properties", {}).keys()), schema)

    def _nullable(self, schema: Schema) -> bool:
        if "$ref" in schema:
            return self._nullable(self._schemas[schema["$ref"].removeprefix(REF)])
        kinds = schema.get("type")
        return (
            kinds == "null"
            or (isinstance(kinds, list) and "null" in kinds)
            or any(map(self._nullable, _alternatives(schema)))
        )

    def _made(self, schema: Schema, language: Language, name: str, seen: tuple[str, ...]) -> Any:
        if alternatives := [each for each in _alternatives(schema) if each.get("type") != "null"]:
            return self._best(alternatives, language, name, seen)
        if "allOf" in schema:
            parts = [self.value(each, language, name, seen) for each in schema["allOf"]]
            return {key: value for part in parts for key, value in (part or {}).items()}
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, language, name, seen)
        if kind == "array":
            return [self.value(schema["items"], language, name, seen)] if "items" in schema else []
        if kind == "string":
            return self._string(schema, language, name)
        return {"integer": _number, "number": _number, "boolean": _false}.get(kind, _nothing)(schema)

    def _best(self, alternatives: Sequence[Schema], language: Language, name: str, seen: Any) -> Any:
        """The first alternative that speaks the language, else the first."""
        made = [self.value(each, language, name, seen) for each in alternatives]
        wanted = language == "zh"
        return next((value for value in made if spoken(value) == wanted), made[0])

    def _object(self, schema: Schema, language: Language, name: str, seen: tuple[str, ...]) -> dict[str, Any]:
        return {
            key: self.value(part, language, _path(name, key), seen)
            for key, part in schema.get("properties", {}).items()
        }

    def _string(self, schema: Schema, language: Language, name: str) -> str:
        last = name.rpartition(".")[2]
        if schema.get("format") == "uuid":
            return known_id(name)
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        if last in _MARKS:
            return _MARKS[last]
        en, zh = _BY_NAME.get(last, NO_WORDS)
        return (zh if language == "zh" else en)[: schema.get("maxLength")]


def known_id(name: str) -> str:
    """A UUIDv7 that is always the same for a name; `id` of `CustomerRead` is a `customer_id`."""
    whole, _, last = name.rpartition(".")
    if last == "id":
        noun = re.match(r"[A-Z]?[a-z]+", whole.rpartition(".")[2])
        last = f"{noun.group().lower()}_id" if noun else last
    digest = hashlib.sha256(last.encode()).hexdigest()
    return f"0196f0c4-{digest[:4]}-7{digest[4:7]}-9{digest[7:10]}-{digest[10:22]}"


def _path(name: str, key: str) -> str:
    return f"{name}.{key}"


def _chosen(schema: Schema, language: Language) -> Any:
    """The schema's own example in this language, else whatever it says of its value, else `_NOTHING`."""
    own = schema.get("examples") or ([schema["example"]] if "example" in schema else [])
    if own:
        wanted = language == "zh"
        return next((each for each in own if spoken(each) == wanted), own[0])
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return next((each for each in schema["enum"] if each is not None), None)
    return _NOTHING if schema.get("default") is None else schema["default"]


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return found


def _kind(schema: Schema) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    return next(each for each in kinds if each != "null") if isinstance(kinds, list) else str(kinds)


def _number(schema: Schema) -> float | int:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    most = schema.get("maximum", 1)
    return (
        max(least, min(1, most)) if _kind(schema) == "integer" else max(float(least), min(0.5, float(most)))
    )


def _false(_: Schema) -> bool:
    return False


def _nothing(_: Schema) -> None:
    return None
