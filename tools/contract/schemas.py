"""What of a schema's change breaks those who use it.

What is *sent* to us may not be narrowed: what was taken is still taken. What is *answered* may not be
widened: readers meet nothing that they were not told of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Schema = Mapping[str, Any]
Direction = Literal["sent", "answered"]

_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_FIXED = ("pattern", "format", "multipleOf", "contentMediaType")
_ANY = "any"
_SIZES = {"int32", "int64"}


@dataclass(frozen=True)
class Choice:
    """One thing that a schema can be, with its name where it has one."""

    schema: Schema
    name: str = ""

    @property
    def kind(self) -> str:
        """Its JSON type; a number stands for integers, too."""
        kind = str(self.schema.get("type", _kind_of(self.schema)))
        return "number" if kind == "integer" else kind

    @property
    def mark(self) -> tuple[str, ...]:
        """The constants that tell it apart from others of its kind."""
        parts = self.schema.get("properties", {})
        own = [f"is {self.schema['const']!r}"] if "const" in self.schema else []
        return *own, *sorted(f"{name} {each['const']!r}" for name, each in parts.items() if "const" in each)

    @property
    def said(self) -> str:
        """For people."""
        return f"{self.kind} with {', '.join(self.mark)}" if self.mark else self.kind


@dataclass(frozen=True)
class Side:
    """One of the two documents: its schemas by name."""

    schemas: Mapping[str, Schema]

    def choices(self, schema: Schema, name: str = "") -> list[Choice]:
        """What it can be, null included, references followed."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.choices(self.schemas[name], name)
        if "allOf" in schema:
            return [Choice(self._together(schema), name)]
        either = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if either:
            return [choice for each in either for choice in self.choices(each)]
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return [Choice({**schema, "type": kind}, name) for kind in kinds]
        return [Choice(schema, name)]

    def _together(self, schema: Schema) -> Schema:
        parts = [choice.schema for part in schema["allOf"] for choice in self.choices(part)] + [schema]
        whole = {key: value for part in parts for key, value in part.items() if key != "allOf"}
        properties = {name: each for part in parts for name, each in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", ())]
        return {**whole, "properties": properties, "required": required}


@dataclass
class Comparison:
    """Compares schemas of an older and a newer document."""

    old: Side
    new: Side
    _inside: set[tuple[str, str]] = field(default_factory=set)

    def breaks(self, old: Schema, new: Schema, direction: Direction, where: str = "") -> Iterator[str]:
        """One sentence for each break, the place in the body first (`lines[].sku: …`)."""
        before, after = self.old.choices(old), self.new.choices(new)
        pairs, lost, come = _paired(before, after)
        if direction == "sent" and not any(choice.kind == _ANY for choice in after):
            yield from (_at(where, f"no longer takes {choice.said}") for choice in lost)
        elif direction == "answered" and not any(choice.kind == _ANY for choice in before):
            yield from (_at(where, f"can now be {choice.said}") for choice in come)
        for one, other in pairs:
            yield from self._of_choice(one, other, direction, where)

    def _of_choice(self, old: Choice, new: Choice, direction: Direction, where: str) -> Iterator[str]:
        names = (old.name, new.name)
        if all(names) and names in self._inside:
            return
        self._inside.add(names)
        yield from _of_fractions(old.schema, new.schema, direction, where)
        yield from _of_values(old.schema, new.schema, direction, where)
        yield from _of_limits(old.schema, new.schema, direction, where)
        yield from self._of_members(old.schema, new.schema, direction, where)
        for key, sign in (("items", "[]"), ("additionalProperties", "{}")):
            inner, other = old.schema.get(key), new.schema.get(key)
            if isinstance(inner, dict) and isinstance(other, dict):
                yield from self.breaks(inner, other, direction, f"{where}{sign}")
        self._inside.discard(names)

    def _of_members(self, old: Schema, new: Schema, direction: Direction, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, now_needed = set(old.get("required", ())), set(new.get("required", ()))
        yield from (_at(where, f"{name} is gone") for name in before if name not in after)
        if direction == "sent":
            demanded = [name for name in after if name in now_needed - needed]
            yield from (_at(where, f"{name} is now required") for name in demanded)
            if old.get("additionalProperties") is not False and new.get("additionalProperties") is False:
                yield _at(where, "no longer takes unknown fields")
        else:
            missing = [name for name in before if name in needed - now_needed and name in after]
            yield from (_at(where, f"{name} can now be absent") for name in missing)
        for name in before:
            if name in after:
                inner = f"{where}.{name}" if where else name
                yield from self.breaks(before[name], after[name], direction, inner)


def _paired(
    before: Sequence[Choice], after: Sequence[Choice]
) -> tuple[list[tuple[Choice, Choice]], list[Choice], list[Choice]]:
    """Which choice became which, which are lost, which are new.

    The only one of a kind is the same one; of several, those with the same constants, else in their order.
    """
    pairs: list[tuple[Choice, Choice]] = []
    lost, come = list(before), list(after)
    for one in before:
        alone = sum(each.kind == one.kind for each in before) == 1
        alike = [each for each in come if each.kind == one.kind]
        same = alike if alone and len(alike) == 1 else [each for each in alike if each.mark == one.mark]
        if same:
            pairs.append((one, same[0]))
            lost.remove(one)
            come.remove(same[0])
    return pairs, lost, come


def _of_fractions(old: Schema, new: Schema, direction: Direction, where: str) -> Iterator[str]:
    kinds = (old.get("type"), new.get("type"))
    if kinds == ("number", "integer") and direction == "sent":
        yield _at(where, "no longer takes fractions")
    if kinds == ("integer", "number") and direction == "answered":
        yield _at(where, "can now be a fraction")


def _of_values(old: Schema, new: Schema, direction: Direction, where: str) -> Iterator[str]:
    """Enumerations and constants."""
    before, after = _values(old), _values(new)
    if direction == "sent":
        if after is not None and before is None:
            yield _at(where, f"now takes only {_list(after)}")
        elif after is not None and before is not None:
            gone = [value for value in before if value not in after]
            yield from (_at(where, f"no longer takes {value!r}") for value in gone)
    elif before is not None and after is None:
        yield _at(where, f"can now be more than {_list(before)}")
    elif before is not None and after is not None:
        come = [value for value in after if value not in before]
        yield from (_at(where, f"can now be {value!r}") for value in come)


def _of_limits(old: Schema, new: Schema, direction: Direction, where: str) -> Iterator[str]:
    """Limits, patterns and formats; an answer's limits are facts, not promises, but its format is one."""
    if direction == "answered":
        if old.get("format") != new.get("format") and not {old.get("format"), new.get("format")} <= _SIZES:
            yield _at(where, f"format was {old.get('format')}, is {new.get('format')}")
        return
    for name in _LEAST:
        if new.get(name) is not None and (old.get(name) is None or new[name] > old[name]):
            yield from _unless_same(name, old, new, where)
    for name in _MOST:
        if new.get(name) is not None and (old.get(name) is None or new[name] < old[name]):
            yield from _unless_same(name, old, new, where)
    for name in _FIXED:
        sizes = {old.get(name), new.get(name)} - {None} <= _SIZES
        if new.get(name) is not None and new.get(name) != old.get(name) and not (name == "format" and sizes):
            yield _at(where, f"{name} was {old.get(name)}, is {new[name]}")
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        yield _at(where, "no longer takes an item twice")


def _unless_same(name: str, old: Schema, new: Schema, where: str) -> Iterator[str]:
    """A limit of zero, or one that the type has anyway, takes nothing away."""
    nothing = name.startswith("min") and name != "minimum" and new[name] == 0
    if not nothing and not _of_the_type(name, new):
        yield _at(where, f"{name} was {old.get(name, 'none')}, is {new[name]}")


def _of_the_type(name: str, schema: Schema) -> bool:
    """Whether the limit is that of a 64-bit integer."""
    return schema.get("type") == "integer" and abs(schema[name]) >= 2**63 - 1


def _values(schema: Schema) -> Sequence[Any] | None:
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    return found if isinstance(found, list) else None


def _kind_of(schema: Schema) -> str:
    if "properties" in schema:
        return "object"
    found = _values(schema)
    return {str: "string", int: "number", bool: "boolean"}.get(type(found[0]), _ANY) if found else _ANY


def _list(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values))


def _at(where: str, what: str) -> str:
    return f"{where}: {what}" if where else what
