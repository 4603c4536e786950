"""Rules of custom fields as pure functions: what a definition may say, and which values fit it."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, get_args
from uuid import UUID

from shared.problems import Conflict, FieldError, Invalid

Entity = Literal["customer", "contact"]
Type = Literal["text", "number", "date", "choice", "multi_choice", "reference"]
Target = Literal["customer", "distributor", "staff"]
Status = Literal["active", "retired"]
ENTITIES: tuple[str, ...] = get_args(Entity)
TYPES: tuple[str, ...] = get_args(Type)
TARGETS: tuple[str, ...] = get_args(Target)
STATUSES: tuple[str, ...] = get_args(Status)

MOST_TEXT = 500
"""Characters of a text: as UTF-8 they still fit into an entry of an index (2,704 bytes)."""
COLUMN_OF: Mapping[str, str] = {
    **dict.fromkeys(("text", "choice", "multi_choice", "reference"), "value_text"),
    "number": "value_number",
    "date": "value_date",
}
"""In which column of the index a type's values stand."""

_CHOICES = ("choice", "multi_choice")
_UNIQUE = ("text", "number", "date", "reference")
SORTABLE = ("text", "number", "date", "choice")
RANGED = ("number", "date")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_FRACTION = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_SEVERAL = re.compile("[;|；]")
_FIRST_YEAR, _LAST_YEAR = 1800, 2999
_Finding = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A field as values are judged by it; `options` are its values, true for those still offered."""

    id: UUID
    key: str
    type: Type
    target: Target | None
    required: bool
    active: bool
    options: Mapping[str, bool] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    """Each option by its names, for files that say it in words."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Definition":
        """From a row of the register."""
        options = row["options"]
        return cls(
            **{name: row[name] for name in ("id", "key", "type", "target", "required")},
            active=row["status"] == "active",
            options={each["value"]: not each["retired"] for each in options},
            said={name: each["value"] for each in options for name in each["names"].values()},
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of attributes: as they are stored, what is wrong, and whom they name."""

    attributes: dict[str, Any]
    errors: tuple[FieldError, ...]
    named: tuple[tuple[str, Target, UUID], ...]


def pointer(key: str) -> str:
    """Where an attribute stands in a body (RFC 6901)."""
    return f"/attributes/{key.replace('~', '~0').replace('/', '~1')}"


def judge(
    definitions: Iterable[Definition], wanted: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> Judged:
    """Judge attributes that are replaced as a whole; `before` are those of a record that is changed.

    Keys without a definition stay as they are. Null is as good as nothing. What stood there before stays
    allowed, so that a retired option, or a field defined later, does not stop other changes.
    """
    kept, errors, named = dict(wanted), [], []
    for one in definitions:
        value = wanted.get(one.key)
        if value is None:
            kept.pop(one.key, None)
            if one.required and one.active:
                errors.append(FieldError(pointer(one.key), "required", "is required", "为必填项"))
        elif before is None or one.key not in before or before[one.key] != value:
            finding = _RETIRED if not one.active else _fault(one, value, (before or {}).get(one.key))
            if finding is not None:
                errors.append(FieldError(pointer(one.key), *finding))
            elif one.target is not None:
                kept[one.key] = str(UUID(value))
                named.append((one.key, one.target, UUID(value)))
    return Judged(kept, tuple(errors), tuple(named))


_RETIRED: _Finding = ("field_retired", "is a retired field", "该字段已停用")


def _fault(one: Definition, value: Any, before: Any) -> _Finding | None:
    """What is wrong with a value; of several choices those that were there before may stay."""
    kept = (
        {each: True for each in before if isinstance(each, str) and each in one.options}
        if isinstance(before, list)
        else {}
    )
    return _FAULTS[one.type](replace(one, options={**one.options, **kept}) if kept else one, value)


def _not_text(_: Definition, value: Any) -> _Finding | None:
    if not isinstance(value, str):
        return "not_a_string", "must be a string", "必须是字符串"
    if not value.strip() or len(value) > MOST_TEXT:
        return "wrong_length", f"must have 1 to {MOST_TEXT} characters", f"须为 1 至 {MOST_TEXT} 个字符"
    return None


def _not_number(_: Definition, value: Any) -> _Finding | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "not_a_number", "must be a number", "必须是数字"
    return None


def _not_date(_: Definition, value: Any) -> _Finding | None:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value) and _day(value) is not None:
        return None
    return "not_a_date", "must be a date like 2026-03-01", "必须是形如 2026-03-01 的日期"


def _not_choice(one: Definition, value: Any) -> _Finding | None:
    if isinstance(value, str) and one.options.get(value):
        return None
    return "not_a_choice", "must be one of the field's options", "必须是该字段的选项之一"


def _not_choices(one: Definition, value: Any) -> _Finding | None:
    if not isinstance(value, list) or not value:
        return "not_a_list", "must be a list of options", "必须是选项列表"
    if not all(isinstance(each, str) for each in value) or len(set(value)) < len(value):
        return "not_a_choice", "must name each option once", "选项不得重复"
    return next((found for each in value if (found := _not_choice(one, each))), None)


def _not_reference(_: Definition, value: Any) -> _Finding | None:
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        return "not_a_uuid", "must be a UUID", "必须是 UUID"
    return None


_FAULTS: Mapping[str, Callable[[Definition, Any], _Finding | None]] = {
    "text": _not_text,
    "number": _not_number,
    "date": _not_date,
    "choice": _not_choice,
    "multi_choice": _not_choices,
    "reference": _not_reference,
}


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def from_cell(one: Definition, cell: str) -> Any:
    """The value that a cell of a file means; the cell itself if it means none, to be refused as any value."""
    text = cell.strip()
    if one.type == "number" and _FRACTION.fullmatch(text):
        return int(text) if _WHOLE.fullmatch(text) else float(text)
    if one.type == "date" and (day := _day(text)) is not None:
        return day.isoformat()
    if one.type == "choice":
        return one.said.get(text, text)
    if one.type == "multi_choice":
        parts = [part.strip() for part in _SEVERAL.split(text)]
        return [one.said.get(part, part) for part in parts if part]
    return text


def sought(one: Definition, text: str) -> Any:
    """The value that a filter asks for, as the index holds it; None if the field can hold no such value."""
    if one.type == "number":
        return float(text) if _FRACTION.fullmatch(text) else None
    if one.type == "date":
        return _day(text) if _ISO_DATE.fullmatch(text) else None
    if one.type == "reference":
        return None if _not_reference(one, text) else str(UUID(text))
    if one.type in _CHOICES:
        return text if text in one.options else None
    return text


def check_definition(row: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
    """Raise Invalid where the parts of a definition do not fit, or an option is gone that it had before."""
    values = [option["value"] for option in row["options"]]
    findings = [
        ((row["type"] in _CHOICES) != bool(values), _WRONG_OPTIONS),
        (len(set(values)) < len(values), _OPTION_TWICE),
        (not {each["value"] for each in (before or {}).get("options", ())} <= set(values), _OPTION_GONE),
        ((row["type"] == "reference") != (row["target"] is not None), _WRONG_TARGET),
        (row["unique"] and row["type"] not in _UNIQUE, _NEVER_UNIQUE),
        (row["entity"] == "contact" and row["unique"], _ONLY_CUSTOMERS("/unique")),
        (row["entity"] == "contact" and row["indexed"], _ONLY_CUSTOMERS("/indexed")),
    ]
    errors = tuple(error for wrong, error in findings if wrong)
    if errors:
        raise Invalid(
            "field_invalid", en="The definition does not fit.", zh="字段定义不一致。", errors=errors
        )


_WRONG_OPTIONS = FieldError(
    "/options",
    "options_wrong",
    "belong to choice and multi_choice, which need at least one",
    "仅用于 choice 与 multi_choice，且至少一项",
)
_OPTION_TWICE = FieldError("/options", "option_repeated", "hold a value twice", "存在重复的选项值")
_OPTION_GONE = FieldError(
    "/options", "option_removed", "must keep every value; retire one instead", "不得删除选项，请改为停用"
)
_WRONG_TARGET = FieldError(
    "/target", "target_wrong", "belongs to reference, which needs one", "仅用于 reference，且为必填项"
)
_NEVER_UNIQUE = FieldError("/unique", "never_unique", "is not for choices", "选项字段不能设为唯一")


def _ONLY_CUSTOMERS(where: str) -> FieldError:  # noqa: N802 - beside its constant fellows
    return FieldError(where, "only_customers", "is for fields of customers", "仅用于客户字段")


def stored(row: Mapping[str, Any]) -> bool:
    """Whether the field's values stand in the index beside the records."""
    return bool(row["status"] == "active" and (row["unique"] or row["indexed"]))


def refilled(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a change of a definition makes its part of the index out of date."""
    if stored(before) != stored(row):
        return True
    gained = (row["unique"] and not before["unique"]) or (row["indexed"] and not before["indexed"])
    return stored(row) and gained


def value_taken(key: str | None) -> Conflict:
    """A value of a unique field that another record of the distributor has."""
    en, zh = "Another customer has this value.", "另一个客户已有该值。"
    errors = () if key is None else (FieldError(pointer(key), "value_taken", en, zh),)
    return Conflict("value_taken", en=en, zh=zh, errors=errors)
