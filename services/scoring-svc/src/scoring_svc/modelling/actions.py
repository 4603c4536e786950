"""What to do about a reason, as it is recommended while a company has not said otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    code: str
    text_en: str
    text_zh: str


NOTHING = "none"
GET_TO_KNOW = "get_to_know"
_TEXTS: dict[str, tuple[str, str]] = {
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


def action(code: str) -> Action:
    """Raise KeyError for a code that is not recommended by default."""
    return Action(code, *_TEXTS[code])
