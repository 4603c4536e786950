"""Pydantic's error kinds in our codes and two languages; limits are named, values never."""

from collections.abc import Mapping
from typing import Any

_KINDS: dict[str, tuple[str, str, str]] = {
    "missing": ("required", "is required", "为必填项"),
    "extra_forbidden": ("unknown_field", "is not a known field", "是未知字段"),
    "string_too_long": ("too_long", "is longer than {max_length} characters", "超过 {max_length} 个字符"),
    "string_too_short": ("too_short", "is shorter than {min_length} characters", "少于 {min_length} 个字符"),
    "string_pattern_mismatch": ("wrong_form", "does not have the expected form", "格式不符"),
    "string_type": ("not_a_string", "must be a string", "必须是字符串"),
    "string_unicode": ("not_unicode", "is not valid Unicode", "不是有效的 Unicode"),
    "too_long": ("too_many", "holds too many items", "项目过多"),
    "too_short": ("too_few", "holds too few items", "项目过少"),
    "int_type": ("not_an_integer", "must be an integer", "必须是整数"),
    "int_parsing": ("not_an_integer", "must be an integer", "必须是整数"),
    "int_parsing_size": ("out_of_range", "must fit into 64 bits", "超出 64 位整数范围"),
    "int_too_large": ("out_of_range", "must fit into 64 bits", "超出 64 位整数范围"),
    "int_from_float": ("not_an_integer", "must be an integer", "必须是整数"),
    "float_type": ("not_a_number", "must be a number", "必须是数字"),
    "float_parsing": ("not_a_number", "must be a number", "必须是数字"),
    "finite_number": ("not_finite", "must be a finite number", "必须是有限数值"),
    "bool_type": ("not_a_boolean", "must be true or false", "必须是 true 或 false"),
    "bool_parsing": ("not_a_boolean", "must be true or false", "必须是 true 或 false"),
    "greater_than_equal": ("out_of_range", "must be at least {ge}", "不能小于 {ge}"),
    "less_than_equal": ("out_of_range", "must be at most {le}", "不能大于 {le}"),
    "greater_than": ("out_of_range", "must be greater than {gt}", "必须大于 {gt}"),
    "less_than": ("out_of_range", "must be less than {lt}", "必须小于 {lt}"),
    "literal_error": ("not_a_choice", "must be one of {expected}", "必须是以下之一：{expected}"),
    "enum": ("not_a_choice", "must be one of {expected}", "必须是以下之一：{expected}"),
    "union_tag_invalid": (
        "not_a_choice",
        "must be one of {expected_tags}",
        "必须是以下之一：{expected_tags}",
    ),
    "union_tag_not_found": ("required", "must say of which kind it is", "须说明其类型"),
    "uuid_parsing": ("not_a_uuid", "must be a UUID", "必须是 UUID"),
    "uuid_type": ("not_a_uuid", "must be a UUID", "必须是 UUID"),
    "datetime_parsing": ("not_a_time", "must be an RFC 3339 time", "必须是 RFC 3339 时间"),
    "datetime_from_date_parsing": ("not_a_time", "must be an RFC 3339 time", "必须是 RFC 3339 时间"),
    "datetime_type": ("not_a_time", "must be an RFC 3339 time", "必须是 RFC 3339 时间"),
    "timezone_aware": ("no_time_zone", "must carry a time zone", "必须带有时区"),
    "date_parsing": ("not_a_date", "must be a date", "必须是日期"),
    "date_from_datetime_parsing": ("not_a_date", "must be a date", "必须是日期"),
    "list_type": ("not_a_list", "must be a list", "必须是列表"),
    "dict_type": ("not_an_object", "must be an object", "必须是对象"),
    "model_type": ("not_an_object", "must be an object", "必须是对象"),
    "model_attributes_type": ("not_an_object", "must be an object", "必须是对象"),
    "json_invalid": ("json_invalid", "is not valid JSON", "不是有效的 JSON"),
    "forbidden_character": (
        "forbidden_character",
        "holds a control or direction character",
        "包含控制字符或方向字符",
    ),
    "too_deep": ("too_deep", "is nested too deeply", "嵌套过深"),
    "url_parsing": ("not_a_url", "must be a URL", "必须是网址"),
    "url_scheme": ("not_a_url", "must be a URL of an allowed scheme", "网址协议不被允许"),
}
_LIMITS = ("max_length", "min_length", "ge", "le", "gt", "lt", "expected", "expected_tags")


def explain(kind: str, context: Mapping[str, Any] | None, message: str) -> tuple[str, str, str]:
    """Code, English and Chinese for one finding.

    A kind of our own (`PydanticCustomError`) is its own code with its own message, in Chinese from the
    `zh` of its context; by rule of the house they hold no value. Any other unknown kind says only that the
    value is wrong.
    """
    known = _KINDS.get(kind)
    if known is None:
        own = kind.islower() and kind not in ("value_error", "assertion_error")
        zh = str((context or {}).get("zh", message))
        return (kind, message, zh) if own else ("wrong_value", "is not valid", "无效")
    limits = {name: (context or {}).get(name, "?") for name in _LIMITS}
    code, en, zh = known
    return code, en.format(**limits), zh.format(**limits)
