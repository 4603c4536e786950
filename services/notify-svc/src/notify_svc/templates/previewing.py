"""A template shown as it would be sent, with what to look at before."""

from collections.abc import Mapping
from typing import Any, Protocol

from notify_svc.templates.domain import Language, sms_parts
from notify_svc.templates.rendering import Published, Rendered, RenderFailed, render
from notify_svc.templates.schemas import TemplatePreviewAsk
from shared.problems import FieldError, Invalid

_CHANNEL = {"email": "email", "sms": "sms", "im": "wecom"}
_SOMEBODY = {"zh": "王芳", "en": "Jane Porter"}
_LINKS = {"unsubscribe": "https://example.com/unsubscribe", "preferences": "https://example.com/preferences"}


class _Asked(Protocol):
    @property
    def language(self) -> Language: ...
    @property
    def variables(self) -> dict[str, Any]: ...


def filled(
    version: Mapping[str, Any], asked: _Asked, channel: str, *, name: str | None, company: str
) -> Rendered:
    """A version with the declared examples, or what was given; RenderFailed as `render`."""
    texts = Published(
        version["template_id"], version["name"], version["number"], version["variables"], version["compiled"]
    )
    examples = {each["name"]: each["example"] for each in version["variables"]}
    return render(
        texts,
        channel=channel,
        language=asked.language,
        variables={**examples, **asked.variables},
        person={"name": _SOMEBODY[asked.language] if name is None else name},
        links=_LINKS,
        company=company,
    )


def shown(
    version: Mapping[str, Any], asked: TemplatePreviewAsk, *, name: str | None, company: str
) -> dict[str, Any]:
    """The preview; Invalid at the variable that is missing or wrong."""
    try:
        made = filled(version, asked, _CHANNEL[asked.form], name=name, company=company)
    except RenderFailed as failed:
        raise refused(failed, "/form") from None
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


def refused(failed: RenderFailed, place: str) -> Invalid:
    """What is wrong, at the variable, or at `place` where it is the text that is missing."""
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
    return Invalid.at(place, failed.code, en="cannot be shown", zh="无法预览")
