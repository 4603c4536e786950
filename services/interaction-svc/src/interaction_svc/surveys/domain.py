"""A questionnaire as a value: which branches it may have, what is shown when, what an answer is worth."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from shared.problems import Conflict, FieldError, Invalid

QuestionType = Literal["rating", "nps", "choice", "multi_choice", "text"]
Indicator = Literal["product_quality", "service_attitude", "delivery_speed", "overall"]
Op = Literal["eq", "ne", "lte", "gte", "includes"]
SurveyStatus = Literal["open", "closed"]
VersionStatus = Literal["draft", "published"]
Occasion = Literal["complaint.closed"]
INDICATORS: tuple[str, ...] = get_args(Indicator)
SURVEY_STATUSES: tuple[str, ...] = get_args(SurveyStatus)
VERSION_STATUSES: tuple[str, ...] = get_args(VersionStatus)

MOST_SECTIONS = 20
MOST_QUESTIONS = 60
MOST_OPTIONS = 30
MOST_TEXT = 2000
"""Of a customer's free answer, in characters."""
SCALES: Mapping[str, range] = {"rating": range(1, 6), "nps": range(11)}
"""What can be said to a question that is answered with a number."""
_CHOICES = ("choice", "multi_choice")
_OPS: Mapping[str, frozenset[str]] = {
    "rating": frozenset({"eq", "ne", "lte", "gte"}),
    "nps": frozenset({"eq", "ne", "lte", "gte"}),
    "choice": frozenset({"eq", "ne"}),
    "multi_choice": frozenset({"includes"}),
    "text": frozenset(),
}
"""By what a later question can ask after an earlier one of this type."""

Question = Mapping[str, Any]
Document = Mapping[str, Any]
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is asked at once: questions of one section, none of which depends on another of them."""

    title: Mapping[str, str]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    """One answer that is a number; a question that names no indicator is about everything."""

    question: str
    kind: str
    indicator: str
    value: int


def questions_of(document: Document) -> list[Question]:
    """All questions in their order."""
    return [question for section in document["sections"] for question in section["questions"]]


def check_document(document: Document) -> None:
    """Raise Invalid, naming each place, for what no form of the parts alone can say."""
    wrong = tuple(_wrong(document))
    if wrong:
        raise Invalid(
            "document_wrong", en="The questionnaire is not right.", zh="问卷内容有误。", errors=wrong
        )


def _wrong(document: Document) -> Iterator[FieldError]:
    earlier: dict[str, Question] = {}
    for at, question in _placed(document):
        if question["code"] in earlier:
            yield FieldError(f"{at}/code", "code_taken", "is another question's", "与其他问题重复")
        yield from _wrong_in(at, question)
        yield from _wrong_condition(at, question, earlier)
        earlier[question["code"]] = question
    if len(earlier) > MOST_QUESTIONS:
        yield FieldError(
            "/document/sections",
            "too_many_questions",
            f"has more than {MOST_QUESTIONS} questions",
            f"问题不得超过 {MOST_QUESTIONS} 个",
        )


def _placed(document: Document) -> Iterator[tuple[str, Question]]:
    for number, section in enumerate(document["sections"]):
        for place, question in enumerate(section["questions"]):
            yield f"/document/sections/{number}/questions/{place}", question


def _wrong_in(at: str, question: Question) -> Iterator[FieldError]:
    codes = [option["code"] for option in question["options"]]
    if question["type"] in _CHOICES:
        if len(codes) < 2:  # noqa: PLR2004 - one alone is no choice
            yield FieldError(f"{at}/options", "options_missing", "needs two at least", "至少需要两个选项")
    elif codes:
        yield FieldError(f"{at}/options", "options_unwanted", "has no options", "该题型没有选项")
    if len(codes) != len(set(codes)):
        yield FieldError(f"{at}/options", "code_taken", "has a code twice", "选项代码重复")
    if question["indicator"] is not None and question["type"] not in SCALES:
        yield FieldError(f"{at}/indicator", "indicator_unwanted", "is no number", "非评分题不能设置指标")


def _wrong_condition(at: str, question: Question, earlier: Mapping[str, Question]) -> Iterator[FieldError]:
    condition = question["show_if"]
    if condition is None:
        return
    asked = earlier.get(condition["question"])
    if asked is None:
        yield FieldError(f"{at}/show_if/question", "not_earlier", "is no earlier question", "须为前面的问题")
    elif condition["op"] not in _OPS[asked["type"]]:
        yield FieldError(f"{at}/show_if/op", "op_wrong", "does not fit that question", "与该问题的题型不符")
    elif condition["value"] not in _possible(asked):
        yield FieldError(f"{at}/show_if/value", "value_wrong", "is no answer to it", "不是该问题的答案")


def _possible(question: Question) -> Sequence[Any]:
    scale = SCALES.get(question["type"])
    return [option["code"] for option in question["options"]] if scale is None else scale


def shown(question: Question, answers: Answers) -> bool:
    """Whether a question is asked after these answers; one whose question has no answer is not."""
    condition = question["show_if"]
    if condition is None:
        return True
    given, wanted = answers.get(condition["question"]), condition["value"]
    if given is None:
        return False
    if condition["op"] == "includes":
        return wanted in given
    return bool(_COMPARED[condition["op"]](given, wanted))


_COMPARED: Mapping[str, Any] = {
    "eq": lambda given, wanted: given == wanted,
    "ne": lambda given, wanted: given != wanted,
    "lte": lambda given, wanted: given <= wanted,
    "gte": lambda given, wanted: given >= wanted,
}


def leaves(document: Document) -> list[Leaf]:
    """The questionnaire leaf by leaf: a section, or as much of it as can be asked without knowing answers."""
    found: list[Leaf] = []
    for section in document["sections"]:
        together: list[Question] = []
        for question in section["questions"]:
            condition = question["show_if"]
            if condition and condition["question"] in {each["code"] for each in together}:
                found.append(Leaf(section["title"], tuple(together)))
                together = []
            together.append(question)
        found.append(Leaf(section["title"], tuple(together)))
    return found


def asked_on(leaf: Leaf, answers: Answers) -> list[Question]:
    """The questions of a leaf that are asked after these answers."""
    return [question for question in leaf.questions if shown(question, answers)]


def next_leaf(found: Sequence[Leaf], after: int, answers: Answers) -> int | None:
    """The first leaf behind `after` with a question to ask; None at the end."""
    return next((at for at in range(after + 1, len(found)) if asked_on(found[at], answers)), None)


def leaf_before(found: Sequence[Leaf], before: int, answers: Answers) -> int | None:
    """The last leaf before `before` with a question to ask; None at the beginning."""
    return next((at for at in range(before - 1, -1, -1) if asked_on(found[at], answers)), None)


def pruned(document: Document, answers: Answers) -> dict[str, Any]:
    """The answers to what was asked: whoever went back and chose otherwise leaves a branch behind."""
    kept: dict[str, Any] = {}
    for question in questions_of(document):
        if question["code"] in answers and shown(question, kept):
            kept[question["code"]] = answers[question["code"]]
    return kept


def unanswered(found: Sequence[Leaf], answers: Answers) -> int | None:
    """The first leaf that lacks an answer which is required; None when all are there."""
    for at, leaf in enumerate(found):
        if any(each["required"] and each["code"] not in answers for each in asked_on(leaf, answers)):
            return at
    return None


def rated(document: Document, answers: Answers) -> list[Rated]:
    """The answers that are numbers, in the order of the questions."""
    return [
        Rated(
            question["code"],
            question["type"],
            question["indicator"] or "overall",
            answers[question["code"]],
        )
        for question in questions_of(document)
        if question["type"] in SCALES and question["code"] in answers
    ]


def remarks(document: Document, answers: Answers) -> str | None:
    """What the customer wrote in words of their own, line by line."""
    said = [
        answers[question["code"]]
        for question in questions_of(document)
        if question["type"] == "text" and question["code"] in answers
    ]
    return "\n".join(said) or None


def is_bad(found: Iterable[Rated], rule: Mapping[str, Any]) -> bool:
    """Whether one of these answers is as bad as the rule says."""
    limits = {"rating": rule["rating_at_most"], "nps": rule["nps_at_most"]}
    return any(limits[each.kind] is not None and each.value <= limits[each.kind] for each in found)


def frozen() -> Conflict:
    """What whoever would change what customers have answered is told."""
    return Conflict(
        "version_frozen",
        en="Customers have answered this version. Write a new one.",
        zh="该版本已有客户作答，请新建版本。",
    )
