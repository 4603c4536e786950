"""Which texts a template has, which variables it declares, and which text a reader gets."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from shared.problems import Conflict

Form = Literal["email", "sms", "im"]
FORMS: tuple[Form, ...] = get_args(Form)
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
VariableKind = Literal["text", "number", "date", "money", "url", "list"]

FORM_OF: Mapping[str, Form] = {
    "email": "email",
    "sms": "sms",
    "wecom": "im",
    "dingtalk": "im",
    "feishu": "im",
    "webhook": "im",
}
"""By the channel of a message, which of a template's texts it sends."""

MOST_SUBJECT, MOST_SMS, MOST_TITLE, MOST_MARKDOWN, MOST_MJML = 200, 500, 100, 4_000, 40_000
MOST_LIST = 200
"""How many items a list may have when a text is filled in."""

ALWAYS = frozenset({"name", "company", "preheader", "unsubscribe_url", "preferences_url"})
"""Variables that every text may name besides those that its template declares.

`name` is the recipient's; the addresses are empty where the message has none.
"""

_SMS_ALONE, _SMS_JOINED = 70, 67


def sms_parts(text: str) -> int:
    """How many short messages carry it: 70 characters in one, 67 in each of several (UCS-2)."""
    return 1 if len(text) <= _SMS_ALONE else -(-len(text) // _SMS_JOINED)


def chosen(texts: Mapping[str, Mapping[str, Any]], form: str, language: str) -> Language | None:
    """The language in which this form is said: the one asked for, else the other; None: neither."""
    if form in texts.get(language, {}):
        return "zh" if language == "zh" else "en"
    return next((each for each in LANGUAGES if form in texts.get(each, {})), None)


def name_taken() -> Conflict:
    """A template is asked for by its name."""
    return Conflict("template_exists", en="A template has this name already.", zh="已有同名模板。")


def shipped_stays() -> Conflict:
    """Rules and playbooks that come with Tonglu name the templates that come with it."""
    return Conflict(
        "template_shipped",
        en="This template comes with Tonglu and stays; its texts can be changed.",
        zh="内置模板不可删除，但可修改其内容。",
    )


def nothing_published() -> Conflict:
    """A version that is not there cannot be put in force."""
    return Conflict("version_unknown", en="There is no such version.", zh="没有该版本。")
