"""A template shown as it would be sent, with what to look at before."""

from collections.abc import Mapping
from typing import Any

from notify_svc.templates.domain import sms_parts
from notify_svc.templates.rendering import Published, Rendered, RenderFailed, render
from notify_svc.templates.schemas import TemplatePreviewAsk
from shared.problems import FieldError, Invalid

_CHANNEL = {"email": "email", "sms": "sms", "im": "wecom"}
_SOMEBODY = {"zh": "王芳", "en": "Jane Porter"}
_LINKS = {"unsubscribe": "https://example.com/unsubscribe", "preferences": "https://example.com/preferences"}


def shown(
    version: Mapping[str, Any], asked: TemplatePreviewAsk, *, name: str | None, company: str
) -> dict[str, Any]:
    """The preview; Invalid at the variable that is missing or wrong."""
    texts = Published(
        version["template_id"], version["name"], version["number"], version["variables"], version["compiled"]
    )
    examples = {each["name"]: each["example"] for each in version["variables"]}
    try:
        made = render(
            texts,
            channel=_CHANNEL[asked.form],
            language=asked.language,
            variables={**examples, **asked.variables},
            person={"name": _SOMEBODY[asked.language] if name is None else name},
            links=_LINKS,
            company=company,
        )
    except RenderFailed as failed:
        raise _refused(failed) from None
    return {
        "language": made.language,
        "subject": made.subject,
        "html": made.html,
        "text": made.text,
        "title": made.title,
        "button": made.button,
        "warnings": _warnings(made, asked),
    }


def _warnings(made: Rendered, asked: TemplatePreviewAsk) -> list[str]:
    found = []
    if made.language != asked.language:
        found.append("other_language")
    if asked.form == "sms" and sms_parts(made.text) > 1:
        found.append("several_messages")
    if made.html is not None and _LINKS["unsubscribe"] not in made.html:
        found.append("no_unsubscribe")
    return found


def _refused(failed: RenderFailed) -> Invalid:
    if failed.code in {"variable_missing", "variable_wrong"}:
        en, zh = (
            ("is missing", "缺失") if failed.code == "variable_missing" else ("does not fit", "不符合声明")
        )
        pointer = f"/variables/{failed.about}"
        return Invalid(
            failed.code,
            en=f"A variable {en}.",
            zh=f"变量{zh}。",
            errors=(FieldError(pointer, failed.code, en, zh),),
        )
    return Invalid.at("/form", failed.code, en="cannot be shown", zh="无法预览")
