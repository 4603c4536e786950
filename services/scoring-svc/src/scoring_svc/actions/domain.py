"""Which recommendation fits a customer best, and those that hold while nobody set others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scoring_svc.modelling.actions import GET_TO_KNOW, NOTHING, action
from scoring_svc.modelling.reasons import CODES, Category
from scoring_svc.modelling.wording import TOO_LITTLE_DATA

Tier = Literal["core", "important", "ordinary"]
Stage = Literal["prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back"]
REASONS = frozenset((*(code.name for code in CODES), TOO_LITTLE_DATA))
MOST = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do where everything that it names holds; None: whatever it is."""

    name: str
    action: str
    text_en: str
    text_zh: str
    reason: str | None = None
    category: Category | None = None
    tier: str | None = None
    stage: str | None = None
    priority: int = 0
    active: bool = True

    def recommended(self) -> dict[str, str]:
        """As it is kept with a score."""
        return {"code": self.action, "text_en": self.text_en, "text_zh": self.text_zh}


def _default(name: str, code: str, reason: str | None) -> Rule:
    said = action(code)
    return Rule(name, code, said.text_en, said.text_zh, reason=reason)


DEFAULTS: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        *(_default(code.name, code.action, code.name) for code in CODES),
        _default(TOO_LITTLE_DATA, GET_TO_KNOW, TOO_LITTLE_DATA),
        _default("otherwise", NOTHING, None),
    )
}
_DRIVER, _SIGNAL, _NEITHER = range(3)


def recommend(rules: Iterable[Rule], score: Mapping[str, Any]) -> dict[str, str]:
    """The recommendation for a score's row, with its code and texts.

    The highest priority wins; then a rule for a driver, for a signal, for neither; then the stronger reason
    (a code before its category), then the one that names more, then the first by name. What is seen of a
    customer at low risk asks for nothing by itself.
    """
    calm = score["churn_level"] == "low"
    reasons = [
        each for each in score["churn"]["reasons"] if not (calm and each["kind"] == "signal")
    ]  # strongest first
    best = min(
        (
            (_rank(rule, found, place), rule)
            for rule in rules
            if rule.active and _fits(rule, score)
            for place, found in _causes(rule, reasons)
        ),
        key=lambda each: each[0],
        default=None,
    )
    return (DEFAULTS["otherwise"] if best is None else best[1]).recommended()


def _fits(rule: Rule, score: Mapping[str, Any]) -> bool:
    return rule.tier in (None, score["tier"]) and rule.stage in (None, score["lifecycle_stage"])


def _causes(rule: Rule, reasons: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any] | None]]:
    """The reasons that a rule is for, by strength; one that is for none holds without any."""
    if rule.reason is None and rule.category is None:
        return [(0, None)]
    return [
        (place, each)
        for place, each in enumerate(reasons)
        if each["code"] == rule.reason or each["category"] == rule.category
    ]


def _rank(rule: Rule, reason: Mapping[str, Any] | None, place: int) -> tuple[Any, ...]:
    kind = _NEITHER if reason is None else _DRIVER if reason["kind"] == "driver" else _SIGNAL
    named = sum(each is not None for each in (rule.tier, rule.stage))
    return (-rule.priority, kind, place, rule.reason is None, -named, rule.name)
