"""Reasons in plain English and Chinese, built from a customer's features with dates and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scoring_svc.modelling.features import Features, Row
from scoring_svc.modelling.measures import Measure
from scoring_svc.modelling.reasons import Category, Code, Kind
from scoring_svc.modelling.saying import Day, Number
from scoring_svc.modelling.weeks import DAYS

TOO_LITTLE_DATA = "too_little_data"
Said = Mapping[str, Number | Day]


@dataclass(frozen=True, slots=True)
class Reason:
    """`weight` in log odds of leaving over the average customer's; 0 where there is no verdict.

    `value` and `threshold` are what was measured and what it was held against, in `unit`; None where nothing
    was. A signal is what is seen, a driver what somebody can act on.
    """

    code: str
    category: Category
    kind: Kind
    weight: float
    value: float | None
    threshold: float | None
    unit: str | None
    text_en: str
    text_zh: str


_REASONS: dict[str, tuple[str, str]] = {
    "own_rhythm_broken": (
        "No order for {silence:w}, since {last_day:en}: {times:t} × its own rhythm of one every {gap:w}",
        "自 {last_day:zh}起已 {silence:t} 周未下单，以往平均每 {gap:t} 周一单，已达其 {times:t} 倍",
    ),
    "order_overdue": (
        "Only {order_days:1 order|# orders} so far, {order_days:|the last }{silence:w} ago, on {last_day:en}",
        "至今仅下单 {order_days:.0f} 次，最近一次在 {last_day:zh}（{silence:t} 周前）",
    ),
    "orders_seldom": (
        "{order_days:1 order|# orders} in {age:w}: too seldom to be sure of the next",
        "{age:t} 周内下单 {order_days:.0f} 次，间隔较长，下一单难以确定",
    ),
    "bought_rarely": (
        "{orders_52:No order|Only 1 order|Only # orders} in the last 52 weeks",
        "{orders_52:最近 52 周没有下单|最近 52 周仅下单 1 次|最近 52 周仅下单 # 次}",
    ),
    "orders_falling": (
        "{orders_13:No order|1 order|# orders} in the last 13 weeks, {orders_before_13:.0f} in the 13 before",
        "最近 13 周下单 {orders_13:.0f} 次，之前 13 周为 {orders_before_13:.0f} 次",
    ),
    "amount_falling": (
        "Bought for {net_13:,.0f} in the last 13 weeks, {net_before_13:,.0f} in the 13 before ({fall:+.0%})",
        "最近 13 周采购额 {net_13:,.0f}，之前 13 周为 {net_before_13:,.0f}（{fall:+.0%}）",
    ),
    "returns_rising": (
        "{returns_13:1 return|# returns} in the last 13 weeks, {returns_before_13:.0f} in the 13 before",
        "最近 13 周退货 {returns_13:.0f} 次，之前 13 周为 {returns_before_13:.0f} 次",
    ),
    "returns_high": (
        "{returned_share:.0%} of everything bought was returned",
        "累计退货金额占采购额的 {returned_share:.0%}",
    ),
    "complaint_open": (
        "{complaints_open:Complaint|# complaints, the oldest} open since {open_since:en} ({open_days:D})",
        "{complaints_open:投诉|有 # 件投诉未解决，最早一件}自 {open_since:zh}起未解决（{open_days:.0f} 天）",
    ),
    "complaint_slow": (
        "{slow_26:1 complaint|# complaints} of the last 26 weeks took more than two weeks to resolve",
        "最近 26 周有 {slow_26:.0f} 件投诉处理超过两周",
    ),
    "complaint_recent": (
        (
            "{complaints_26:Complaint|# complaints in 26 weeks, the latest} of "
            "{complained_on:en} ({complained_days:A})"
        ),
        "最近 26 周投诉 {complaints_26:.0f} 次，最近一次在 {complained_on:zh}（{complained_days:.0f} 天前）",
    ),
    "satisfaction_dropped": (
        (
            "Satisfaction fell from {satisfaction_before:.1f} to {satisfaction_last:.1f} on "
            "{answered_on:en} (of 5)"
        ),
        "{answered_on:zh}满意度由 {satisfaction_before:.1f} 降至 {satisfaction_last:.1f}（满分 5）",
    ),
    "satisfaction_low": (
        (
            "Satisfaction is low: {satisfaction_last:.1f} on {answered_on:en}, average "
            "{satisfaction_mean:.1f} (of 5)"
        ),
        "满意度偏低：{answered_on:zh}为 {satisfaction_last:.1f}，平均 {satisfaction_mean:.1f}（满分 5）",
    ),
    "contact_unanswered": (
        "{unanswered:1 attempt|# attempts} to reach the customer without an answer",
        "已 {unanswered:.0f} 次联系客户未获回应",
    ),
    "contact_quiet": (
        "No contact for {weeks_since_contact:w}, since {spoke_on:en}",
        "自 {spoke_on:zh}起已 {weeks_since_contact:t} 周没有联系",
    ),
    "promise_unkept": (
        (
            "{promises_unkept:Promise|# promises, the first} broken since "
            "{unkept_since:en}, not kept ({unkept_days:D})"
        ),
        (
            "{promises_unkept:承诺|有 # 项承诺未兑现，最早一项}自 "
            "{unkept_since:zh}起逾期（{unkept_days:.0f} 天）"
        ),
    ),
    "promise_broken": (
        (
            "{promises_broken_26:Promise|# promises in 26 weeks, the latest} broken on "
            "{broken_on:en} ({broken_days:A})"
        ),
        (
            "最近 26 周有 {promises_broken_26:.0f} 项承诺未按期兑现，最近一项于 "
            "{broken_on:zh}逾期（{broken_days:.0f} 天前）"
        ),
    ),
}
_DAYS_FROM = {
    "last_day": "silence",
    "open_since": "open_weeks",
    "complained_on": "weeks_since_complaint",
    "answered_on": "weeks_since_survey",
    "spoke_on": "weeks_since_contact",
    "unkept_since": "unkept_weeks",
    "broken_on": "weeks_since_broken",
}
"""Days that texts name, and the features that say how many weeks they are past."""
_IN_DAYS = {
    "open_days": "open_weeks",
    "complained_days": "weeks_since_complaint",
    "unkept_days": "unkept_weeks",
    "broken_days": "weeks_since_broken",
}


def reason(code: Code, weight: float, measure: Measure, said: Said) -> Reason:
    english, chinese = _REASONS[code.name]
    return Reason(
        code.name,
        code.category,
        code.kind,
        weight,
        measure.value,
        measure.threshold,
        measure.unit,
        english.format_map(said),
        chinese.format_map(said),
    )


def too_little_data() -> Reason:
    """Why there is no verdict on somebody who never ordered."""
    return Reason(
        TOO_LITTLE_DATA,
        "purchase",
        "signal",
        0.0,
        None,
        None,
        None,
        "No order yet: too little data for a verdict",
        "尚无订单，数据不足，无法判断",
    )


class _Named(dict[str, Any]):
    """The features of a row as they are named in texts; most are in none."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._row = row

    def __missing__(self, name: str) -> Number:
        value = self._row[name]
        number = self[name] = Number(math.nan if value is None else value)
        return number


def facts_said(known: Features, index: int, row: Row) -> Said:
    """What the texts of one customer may name: its features, and the days that they stand for."""
    said = _Named(row)
    seen, treated = known.rhythm, known.care
    before = float(seen.net_before_13[index])
    said["silence"] = Number(seen.silence[index])
    said["gap"] = Number(float(seen.last_week[index]) / max(float(seen.repeats[index]), 1.0))
    said["times"] = Number(said["silence"] / max(said["gap"], 1e-9))
    said["fall"] = Number(float(seen.net_13[index]) / before - 1.0 if before > 0 else 0.0)
    said["returned_share"] = Number(float(seen.returned[index]) / max(float(seen.sold[index]), 1e-9))
    said["satisfaction_before"] = Number(treated.satisfaction_last[index] + treated.satisfaction_drop[index])
    said |= {name: Number(said[feature] * DAYS) for name, feature in _IN_DAYS.items()}
    said |= _days(known.today.astype(date), said)
    return said


def _days(today: date, said: Mapping[str, Number]) -> dict[str, Day]:
    """The days behind the weeks; none where there never was one."""
    ago = {name: said[feature] for name, feature in _DAYS_FROM.items() if not math.isnan(said[feature])}
    days = {name: today - timedelta(days=round(weeks * DAYS)) for name, weeks in ago.items()}
    return {name: Day(day.year, day.month, day.day) for name, day in days.items()}
