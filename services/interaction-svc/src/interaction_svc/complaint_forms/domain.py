"""What a customer sent from a form, read against what it asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from interaction_svc.web_pages.domain import Language, Sent, plain
from shared.problems import FieldError, Invalid

MOST: Mapping[str, int] = {"subject": 200, "description": 5_000, "order_no": 64, "product": 200}
"""The longest text of each field, in characters."""
REQUIRED = ("category", "subject", "description")
MOST_COMPLAINTS = 20
"""So many complaints come by one link."""
_SAID = {
    "required": ("is required", "为必填项"),
    "unknown": ("is none of the choices", "不是可选的类别"),
    "too_long": ("is too long", "内容过长"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a customer has before them: `values` as they were sent, and by field what is wrong."""

    id: str
    values: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Unfinished(Invalid):
    """Something is missing or wrong on the sheet (422); it is shown again with what was sent."""

    form: Mapping[str, Any] = field(kw_only=True)
    sheet: Sheet = field(kw_only=True)
    language: Language = field(kw_only=True)


def sheet_of(sent: Sent, form: Mapping[str, Any], fresh: UUID) -> Sheet:
    """The sheet as it was sent, judged; without an id of its own it is a fresh one."""
    values = {name: plain(sent.one(name)) for name in ("category", *MOST)}
    codes = {category["code"] for category in form["categories"]}
    wrong = {name: "required" for name in REQUIRED if not values[name]}
    wrong |= {name: "too_long" for name, most in MOST.items() if len(values[name]) > most}
    if values["category"] and values["category"] not in codes:
        wrong["category"] = "unknown"
    return Sheet(_id(sent.one("sheet"), fresh), values, wrong)


def unfinished(form: Mapping[str, Any], sheet: Sheet, language: Language) -> Unfinished:
    """The refusal of a sheet, which names what is wrong on it."""
    return Unfinished(
        "invalid_input",
        en="Some fields are missing or wrong.",
        zh="部分内容未填写或有误。",
        errors=tuple(FieldError(f"/{name}", why, *_SAID[why]) for name, why in sheet.wrong.items()),
        form=form,
        sheet=sheet,
        language=language,
    )


def _id(sent: str, fresh: UUID) -> str:
    try:
        return str(UUID(sent))
    except ValueError:
        return str(fresh)
