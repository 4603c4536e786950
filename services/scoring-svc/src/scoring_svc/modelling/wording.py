"""Reasons and actions in plain English and Chinese, built from facts with their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from scoring_svc.modelling.evidence import Evidence, evidence, promise_facts
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.reasons import Category, Code

TOO_LITTLE_DATA = "too_little_data"


@dataclass(frozen=True, slots=True)
class Reason:
    """`weight` in log odds of leaving over the average customer's; 0 where there is no verdict.

    `evidence` names what it rests on where that has an id of its own: broken promises.
    """

    code: str
    category: Category
    weight: float
    text_en: str
    text_zh: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    code: str
    text_en: str
    text_zh: str


_REASONS: dict[str, tuple[str, str]] = {
    "own_rhythm_broken": (
        "No order for {silence:.1f} weeks; it used to be one every {gap:.1f} weeks",
        "已 {silence:.1f} 周未下单，以往平均每 {gap:.1f} 周一单",
    ),
    "order_overdue": (
        "Only {order_days:.0f} order(s) so far, the last {silence:.1f} weeks ago ({last_day})",
        "至今仅下单 {order_days:.0f} 次，最近一次在 {silence:.1f} 周前（{last_day}）",
    ),
    "orders_seldom": (
        "{order_days:.0f} order(s) in {age:.1f} weeks: too seldom to be sure of the next",
        "{age:.1f} 周内下单 {order_days:.0f} 次，间隔较长，下一单难以确定",
    ),
    "bought_rarely": (
        "Only {orders_52:.0f} order(s) in the last 52 weeks",
        "最近 52 周仅下单 {orders_52:.0f} 次",
    ),
    "orders_falling": (
        "{orders_13:.0f} order(s) in the last 13 weeks, {orders_before_13:.0f} in the 13 weeks before",
        "最近 13 周下单 {orders_13:.0f} 次，之前 13 周为 {orders_before_13:.0f} 次",
    ),
    "amount_falling": (
        "Bought for {net_13:,.0f} in the last 13 weeks, {net_before_13:,.0f} in those before ({fall:+.0%})",
        "最近 13 周采购额 {net_13:,.0f}，之前 13 周为 {net_before_13:,.0f}（{fall:+.0%}）",
    ),
    "returns_rising": (
        "{returns_13:.0f} return(s) in the last 13 weeks, {returns_before_13:.0f} in the 13 weeks before",
        "最近 13 周退货 {returns_13:.0f} 次，之前 13 周为 {returns_before_13:.0f} 次",
    ),
    "returns_high": (
        "{returned_share:.0%} of everything bought was returned",
        "累计退货金额占采购额的 {returned_share:.0%}",
    ),
    "complaint_open": (
        "{complaints_open:.0f} complaint(s) open, the oldest for {open_days:.0f} days",
        "有 {complaints_open:.0f} 件投诉未解决，最久的已 {open_days:.0f} 天",
    ),
    "complaint_slow": (
        "{slow_26:.0f} complaint(s) of the last 26 weeks took more than two weeks to resolve",
        "最近 26 周有 {slow_26:.0f} 件投诉处理超过两周",
    ),
    "complaint_recent": (
        "{complaints_26:.0f} complaint(s) in 26 weeks, the latest {weeks_since_complaint:.1f} weeks ago",
        "最近 26 周投诉 {complaints_26:.0f} 次，最近一次在 {weeks_since_complaint:.1f} 周前",
    ),
    "satisfaction_dropped": (
        "Satisfaction fell from {satisfaction_before:.1f} to {satisfaction_last:.1f} of 5",
        "满意度由 {satisfaction_before:.1f} 降至 {satisfaction_last:.1f}（满分 5）",
    ),
    "satisfaction_low": (
        "Satisfaction is low: last answer {satisfaction_last:.1f}, average {satisfaction_mean:.1f} of 5",
        "满意度偏低：最近一次 {satisfaction_last:.1f}，平均 {satisfaction_mean:.1f}（满分 5）",
    ),
    "contact_unanswered": (
        "{unanswered:.0f} attempts to reach the customer without an answer",
        "已 {unanswered:.0f} 次联系客户未获回应",
    ),
    "contact_quiet": (
        "No contact for {weeks_since_contact:.1f} weeks",
        "已 {weeks_since_contact:.1f} 周没有联系",
    ),
    "promise_unkept": (
        "{promises_unkept:.0f} broken promise(s) not kept yet; the first was {unkept_en}",
        "有 {promises_unkept:.0f} 项承诺逾期未兑现，最早一项{unkept_zh}",
    ),
    "promise_broken": (
        "{promises_broken_26:.0f} promise(s) broken in 26 weeks; the latest was {broken_en}",
        "最近 26 周有 {promises_broken_26:.0f} 项承诺未按期兑现，最近一项{broken_zh}",
    ),
}

_ACTIONS: dict[str, tuple[str, str]] = {
    "none": ("Nothing to do now", "暂无需处理"),
    "get_to_know": (
        "Get to know the customer's needs; there is no order to judge by yet",
        "了解客户需求；尚无订单可供判断",
    ),
    "remind_to_reorder": ("Ask about stock and offer a reorder", "询问库存情况并提议补货"),
    "ask_about_needs": (
        "Ask what has changed in their needs and whom else they buy from",
        "了解需求变化及其他供货来源",
    ),
    "look_into_returns": ("Find out why goods come back and settle it", "查明退货原因并解决"),
    "resolve_complaint": (
        "Resolve the open complaint and tell the customer the result",
        "尽快解决未结投诉并告知客户结果",
    ),
    "make_good": (
        "Check that the complaint was settled to the customer's content",
        "回访投诉处理结果，确认客户满意",
    ),
    "ask_what_went_wrong": ("Ask what went wrong and answer it", "询问不满意的原因并作出回应"),
    "try_another_way": ("Reach another contact person or use another channel", "更换联系人或联系渠道"),
    "call_customer": ("Call or visit the customer", "电话联系或拜访客户"),
    "keep_promise": (
        "Keep the promise, or tell the customer when it will be kept",
        "尽快兑现承诺，或告知客户何时兑现",
    ),
    "follow_up_promise": (
        "Ask whether what came late is in order now",
        "回访逾期承诺的落实情况，确认客户满意",
    ),
}


def reason(code: Code, weight: float, facts: dict[str, float | str], known: Features, index: int) -> Reason:
    english, chinese = _REASONS[code.name]
    return Reason(
        code.name,
        code.category,
        weight,
        english.format(**facts),
        chinese.format(**facts),
        evidence(code.name, known, index),
    )


def too_little_data() -> Reason:
    """Why there is no verdict on somebody who never ordered."""
    return Reason(
        TOO_LITTLE_DATA,
        "purchase",
        0.0,
        "No order yet: too little data for a verdict",
        "尚无订单，数据不足，无法判断",
    )


def action(code: str) -> Action:
    return Action(code, *_ACTIONS[code])


def wording_facts(known: Features, index: int) -> dict[str, float | str]:
    """The numbers that the texts of one customer may name."""
    row = known.row(index)
    facts: dict[str, float | str] = {
        name: float("nan") if value is None else value for name, value in row.items()
    }
    seen, treated = known.rhythm, known.care
    before = float(seen.net_before_13[index])
    facts["silence"] = float(seen.silence[index])
    facts["gap"] = float(seen.last_week[index]) / max(float(seen.repeats[index]), 1.0)
    facts["fall"] = float(seen.net_13[index]) / before - 1.0 if before > 0 else 0.0
    facts["returned_share"] = float(seen.returned[index]) / max(float(seen.sold[index]), 1e-9)
    facts["open_days"] = float(treated.open_weeks[index]) * 7.0
    facts["satisfaction_before"] = float(treated.satisfaction_last[index] + treated.satisfaction_drop[index])
    return facts | promise_facts(known, index)
