"""From texts as they were sent to texts that can be filled in, or what is wrong with them, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notify_svc.templates import compiling
from notify_svc.templates.compiling import MjmlError
from notify_svc.templates.domain import ALWAYS
from notify_svc.templates.grammar import GrammarError, check
from shared.problems import FieldError, Invalid

_MOST_ERRORS = 20
_WORDS: Mapping[str, tuple[str, str]] = {
    "template_syntax": ("cannot be read, see line {line}", "第 {line} 行语法有误"),
    "template_too_deep": ("is nested too deeply, see line {line}", "第 {line} 行嵌套过深"),
    "template_too_long": ("says too much, see line {line}", "内容过长（第 {line} 行）"),
    "template_not_allowed": ("may not say what stands in line {line}", "第 {line} 行的写法不被允许"),
    "variable_undeclared": (
        "names a variable that is not declared, see line {line}",
        "第 {line} 行使用了未声明的变量",
    ),
    "filter_unknown": ("names an unknown filter, see line {line}", "第 {line} 行使用了未知的过滤器"),
    "test_unknown": ("names an unknown test, see line {line}", "第 {line} 行使用了未知的测试"),
    "loop_not_allowed": (
        "may loop over a declared list only, and not within a loop, see line {line}",
        "第 {line} 行：循环仅可用于已声明的列表，且不可嵌套",
    ),
    "mjml_invalid": ("is no MJML, see line {line}", "不是有效的 MJML（第 {line} 行）"),
}


def compiled(texts: Mapping[str, Any], variables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The texts with e-mail as HTML and plain text in place of MJML; Invalid with every wrong place."""
    names = ALWAYS | {each["name"] for each in variables}
    lists = {each["name"] for each in variables if each["kind"] == "list"}
    errors: list[FieldError] = []
    made: dict[str, Any] = {}
    for language, forms in texts.items():
        made[language] = {}
        for form, fields in forms.items():
            place = f"/texts/{language}/{form}"
            errors.extend(_wrong(place, fields, names, lists))
            made[language][form] = _made(place, form, fields, language, errors)
    if errors:
        raise Invalid(
            "template_invalid",
            en="The template cannot be used as it is.",
            zh="模板内容有误。",
            errors=tuple(errors[:_MOST_ERRORS]),
        )
    return made


def _wrong(
    place: str, fields: Mapping[str, Any], names: set[str] | frozenset[str], lists: set[str]
) -> Iterator[FieldError]:
    for name, text in _texts_of(fields):
        try:
            check(text, declared=names, lists=lists)
        except GrammarError as error:
            yield _error(f"{place}/{name}", error.code, error.line)
    for position, name in enumerate(fields.get("provider_parameters") or ()):
        if name not in names:
            yield _error(f"{place}/provider_parameters/{position}", "variable_undeclared", 1)


def _texts_of(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if name == "button" and value is not None:
            yield from ((f"button/{part}", value[part]) for part in ("label", "url"))
        elif isinstance(value, str) and name != "provider_template":
            yield name, value


def _made(
    place: str, form: str, fields: Mapping[str, Any], language: str, errors: list[FieldError]
) -> dict[str, Any]:
    if form != "email" or errors:
        return dict(fields)
    try:
        html = compiling.html_of(fields["mjml"], language)
    except MjmlError as error:
        errors.append(_error(f"{place}/mjml", "mjml_invalid", error.line or 1))
        return {}
    kept = {name: value for name, value in fields.items() if name != "mjml"}
    return {**kept, "html": html, "text": compiling.text_of(html)}


def _error(pointer: str, code: str, line: int) -> FieldError:
    en, zh = _WORDS[code]
    return FieldError(pointer, code, en.format(line=line), zh.format(line=line))
