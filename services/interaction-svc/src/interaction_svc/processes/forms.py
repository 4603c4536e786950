"""What may be written into the form of a step."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import PydanticCustomError

from shared.http.types import clean_text
from shared.problems import FieldError, Invalid

MOST_TEXT = 10_000
MOST_NUMBER = 10**15
"""Up to here a double holds a number of cents exactly."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")

Wrong = tuple[str, str, str]
"""Code, English and Chinese of what is wrong with a value."""
_REQUIRED: Wrong = ("required", "is required", "为必填项")
_UNKNOWN: Wrong = ("unknown_field", "is not a known field", "是未知字段")


def filled(fields: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it is kept: its values in the template's order, without those that are empty.

    Invalid names every wrong value at `/form/<code>`. Null and an empty text are no values.
    """
    kept: dict[str, Any] = {}
    findings = [_at(code, _UNKNOWN) for code in given.keys() - {field["code"] for field in fields}]
    for field in fields:
        value = given.get(field["code"])
        value = value.strip() if isinstance(value, str) else value
        if value is None or value == "":
            findings += [_at(field["code"], _REQUIRED)] if field["required"] else []
        elif (wrong := _CHECKS[field["type"]](value, field)) is not None:
            findings.append(_at(field["code"], wrong))
        else:
            kept[field["code"]] = value
    if findings:
        errors = tuple(sorted(findings, key=lambda each: each.pointer))
        raise Invalid(
            "invalid_input", en="Some fields are missing or wrong.", zh="部分字段缺失或有误。", errors=errors
        )
    return kept


def _at(code: str, wrong: Wrong) -> FieldError:
    """A name that no field could have is not repeated."""
    pointer = f"/form/{code}" if _CODE.fullmatch(code) else "/form"
    return FieldError(pointer, *wrong)


def _text(value: Any, _: Mapping[str, Any]) -> Wrong | None:
    if not isinstance(value, str):
        return "not_a_string", "must be a string", "必须是字符串"
    if len(value) > MOST_TEXT:
        return "too_long", f"is longer than {MOST_TEXT} characters", f"超过 {MOST_TEXT} 个字符"
    try:
        clean_text(value)
    except PydanticCustomError:
        return "forbidden_character", "holds a control or direction character", "包含控制字符或方向字符"
    return None


def _number(value: Any, _: Mapping[str, Any]) -> Wrong | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "not_a_number", "must be a number", "必须是数字"
    if isinstance(value, float) and not math.isfinite(value):
        return "not_finite", "must be a finite number", "必须是有限数值"
    if abs(value) > MOST_NUMBER:
        return "out_of_range", f"must be at most {MOST_NUMBER}", f"不能大于 {MOST_NUMBER}"
    return None


def _date(value: Any, _: Mapping[str, Any]) -> Wrong | None:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            date.fromisoformat(value)
            return None
    except ValueError:
        pass
    return "not_a_date", "must be a date", "必须是日期"


def _choice(value: Any, field: Mapping[str, Any]) -> Wrong | None:
    if isinstance(value, str) and value in field["options"]:
        return None
    return "not_a_choice", "must be one of the options", "必须是选项之一"


def _boolean(value: Any, _: Mapping[str, Any]) -> Wrong | None:
    return (
        None
        if isinstance(value, bool)
        else ("not_a_boolean", "must be true or false", "必须是 true 或 false")
    )


_CHECKS: Mapping[str, Callable[[Any, Mapping[str, Any]], Wrong | None]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "boolean": _boolean,
}
