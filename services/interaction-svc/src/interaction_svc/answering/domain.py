"""What a customer sent from the page, read against the questions that it was sent for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interaction_svc.surveys.domain import (
    MOST_TEXT,
    SCALES,
    Answers,
    Document,
    Leaf,
    Question,
    asked_on,
    next_leaf,
)
from interaction_svc.web_pages.domain import Language, Sent, plain
from shared.problems import FieldError, Invalid

BEFORE = "q_"
"""What the name of a question's field begins with."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a customer has before them: one leaf of a questionnaire, and what they answered so far.

    `place` says which version and leaf it is, and comes back with the answers. `wrong` are codes of what is
    wrong, by question.
    """

    document: Document
    leaves: Sequence[Leaf]
    leaf: int
    place: str
    answers: Answers
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> Mapping[str, str]:
        return self.leaves[self.leaf].title

    @property
    def questions(self) -> list[Question]:
        return asked_on(self.leaves[self.leaf], self.answers)

    @property
    def is_first(self) -> bool:
        return self.step == 1

    @property
    def is_last(self) -> bool:
        """Whether nothing follows, as far as is known before this leaf is answered."""
        later = self.leaves[self.leaf + 1 :]
        return next_leaf(self.leaves, self.leaf, self.answers) is None and not any(
            _hangs_on(leaf, self.leaves[self.leaf]) for leaf in later
        )

    @property
    def step(self) -> int:
        """The how manieth leaf it is of those that are asked."""
        return sum(bool(asked_on(leaf, self.answers)) for leaf in self.leaves[: self.leaf]) + 1

    @property
    def steps(self) -> int:
        """How many there are, as far as is known."""
        return self.step + sum(bool(asked_on(leaf, self.answers)) for leaf in self.leaves[self.leaf + 1 :])


@dataclass(eq=False)
class Unfinished(Invalid):
    """Something is missing or wrong on the sheet (422); it is shown again with what was sent."""

    sheet: Sheet = field(kw_only=True)
    language: Language = field(kw_only=True)


def read_answers(
    questions: Iterable[Question], sent: Sent, *, strictly: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers that can be kept, and by question what is wrong; without `strictly` nothing is missed."""
    given: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for question in questions:
        values = sent.all_of(BEFORE + question["code"])
        answer = _READ[question["type"]](question, values) if values else None
        if answer is not None:
            given[question["code"]] = answer
        elif values:
            wrong[question["code"]] = "too_long" if question["type"] == "text" else "unknown"
        elif question["required"] and strictly:
            wrong[question["code"]] = "required"
    return given, wrong


def _number(question: Question, values: Sequence[str]) -> int | None:
    text = values[0]
    value = int(text) if text.isascii() and text.isdecimal() and len(text) <= len("10") else None
    return value if value in SCALES[question["type"]] else None


def _option(question: Question, values: Sequence[str]) -> str | None:
    return values[0] if values[0] in _codes(question) else None


def _options(question: Question, values: Sequence[str]) -> list[str] | None:
    codes = _codes(question)
    return [code for code in codes if code in values] if set(values) <= set(codes) else None


def _text(_: Question, values: Sequence[str]) -> str | None:
    kept = plain(values[0])
    return kept if 0 < len(kept) <= MOST_TEXT else None


_READ: Mapping[str, Any] = {
    "rating": _number,
    "nps": _number,
    "choice": _option,
    "multi_choice": _options,
    "text": _text,
}


def _codes(question: Question) -> list[str]:
    return [option["code"] for option in question["options"]]


def _hangs_on(later: Leaf, leaf: Leaf) -> bool:
    codes = {question["code"] for question in leaf.questions}
    return any(each["show_if"] and each["show_if"]["question"] in codes for each in later.questions)


_SAID = {
    "required": ("is required", "为必填项"),
    "unknown": ("is none of the answers", "不是可选的答案"),
    "too_long": ("cannot be read or is too long", "无法读取或过长"),
}


def unfinished(sheet: Sheet, language: Language) -> Unfinished:
    """The refusal of a sheet, which names what is wrong on it."""
    return Unfinished(
        "invalid_input",
        en="Some answers are missing or wrong.",
        zh="部分问题未作答或有误。",
        errors=tuple(FieldError(f"/{BEFORE}{code}", why, *_SAID[why]) for code, why in sheet.wrong.items()),
        sheet=sheet,
        language=language,
    )
