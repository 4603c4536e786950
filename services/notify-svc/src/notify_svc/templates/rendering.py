"""A published text filled in for one recipient: bounded, escaped for where it is read, never surprising."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from jinja2 import Template, TemplateError

from notify_svc.templates.domain import FORM_OF, MOST_LIST, Language, chosen
from notify_svc.templates.filters import filters_of
from notify_svc.templates.grammar import environment

MOST_OUTPUT = 1024 * 1024
_MOST_VALUE = 2_000
_URL = re.compile(r"https?://[^\s<>\"'`\\]{1,1900}")
_MARKS = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "`": "｀"})
_WIDE = re.compile(r"\s+")


class RenderFailed(Exception):
    """It cannot be filled in; the code says why (`variable_missing`, `text_missing`, …), `about` of what."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.about = about


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a template: its texts by language and form, with e-mail as HTML and plain text.

    `texts` is `{language: {form: {field: text}}}`, `variables` the declarations in their order.
    """

    id: UUID
    name: str
    version: int
    variables: Sequence[Mapping[str, Any]]
    texts: Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent; only what the channel has is filled: HTML for e-mail, title and button for IM.

    `provider_parameters` are the values by which an SMS provider fills in its own approved template.
    """

    language: Language
    text: str
    subject: str | None = None
    html: str | None = None
    title: str | None = None
    button: Mapping[str, str] | None = None
    provider_template: str | None = None
    provider_parameters: Mapping[str, str] | None = None


def render(
    published: Published,
    *,
    channel: str,
    language: str,
    variables: Mapping[str, Any],
    person: Mapping[str, Any],
    links: Mapping[str, str],
    company: str = "",
) -> Rendered:
    """Fill a template in for a recipient; raises RenderFailed and nothing else.

    `person` holds the recipient's `name`; `links` may hold `unsubscribe` and `preferences`. Without a text in
    the language the other one is taken.
    """
    form = FORM_OF[channel]
    said = chosen(published.texts, form, language)
    if said is None:
        raise RenderFailed("text_missing", form)
    given = {
        **_checked(published.variables, variables),
        "name": str(person.get("name") or ""),
        "company": company,
        "preheader": "",
        "unsubscribe_url": links.get("unsubscribe", ""),
        "preferences_url": links.get("preferences", ""),
    }
    return _FORMS[form](published.texts[said][form], said, given)


def _checked(declared: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in declared:
        name = each["name"]
        value = given.get(name)
        if value is None:
            if each.get("required", True):
                raise RenderFailed("variable_missing", name)
            values[name] = [] if each["kind"] == "list" else ""
        elif not _KINDS[each["kind"]](value):
            raise RenderFailed("variable_wrong", name)
        else:
            values[name] = value
    return values


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_VALUE


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_money(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("amount_minor"), int)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_LIST and all(map(_is_text, value))


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "number": _is_number,
    "date": _is_text,
    "money": _is_money,
    "url": lambda value: isinstance(value, str) and _URL.fullmatch(value) is not None,
    "list": _is_list,
}


def _email(texts: Mapping[str, Any], said: Language, given: Mapping[str, Any]) -> Rendered:
    subject = _filled(texts["subject"], said, "plain", given)
    preheader = _filled(texts.get("preheader") or "", said, "plain", given)
    whole = {**given, "preheader": _line(preheader)}
    html = _filled(texts["html"], said, "html", whole)
    text = _filled(texts["text"], said, "plain", whole).strip() + "\n"
    return Rendered(said, text, subject=_line(subject), html=html)


def _sms(texts: Mapping[str, Any], said: Language, given: Mapping[str, Any]) -> Rendered:
    names = texts.get("provider_parameters") or ()
    return Rendered(
        said,
        _line(_filled(texts["text"], said, "plain", given)),
        provider_template=texts.get("provider_template"),
        provider_parameters={name: _line(str(given.get(name, ""))) for name in names},
    )


def _im(texts: Mapping[str, Any], said: Language, given: Mapping[str, Any]) -> Rendered:
    button = texts.get("button")
    shown = None
    if button is not None:
        url = _filled(button["url"], said, "plain", given)
        if url and not _URL.fullmatch(url):
            raise RenderFailed("variable_wrong", "button")
        shown = {"label": _line(_filled(button["label"], said, "plain", given)), "url": url} if url else None
    return Rendered(
        said,
        _filled(texts["markdown"], said, "markdown", given),
        title=_line(_filled(texts["title"], said, "plain", given)),
        button=shown,
    )


_FORMS: Mapping[str, Callable[..., Rendered]] = {"email": _email, "sms": _sms, "im": _im}


def _line(text: str) -> str:
    """One line: a subject with a line end in it would be another header."""
    return _WIDE.sub(" ", text).strip()


def _unmarked(value: Any) -> Any:
    """A value in markdown that makes no link, mention or quote of its own."""
    return value.translate(_MARKS) if isinstance(value, str) else value


@lru_cache(maxsize=8)
def _environment(said: Language, place: str) -> Any:
    finalize = _unmarked if place == "markdown" else None
    return environment(autoescape=place == "html", filters=filters_of(said), finalize=finalize)


@lru_cache(maxsize=512)
def _template(text: str, said: Language, place: str) -> Template:
    made: Template = _environment(said, place).from_string(text)
    return made


def _filled(text: str, said: Language, place: str, given: Mapping[str, Any]) -> str:
    parts: list[str] = []
    length = 0
    try:
        for part in _template(text, said, place).generate(given):
            length += len(part)
            if length > MOST_OUTPUT:
                raise RenderFailed("output_too_long")
            parts.append(part)
    except (TemplateError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        raise RenderFailed("render_failed") from None
    return "".join(parts)
