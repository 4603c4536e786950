"""Subjects kept as a code with parameters, put into words when they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in both languages."""

    zh: str
    en: str

    def said_in(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


_SUBJECTS = {
    "churn.call_customer": Words(
        "请联系客户：流失风险{level}{reasons}{action}",
        "Call the customer: churn risk {level}{reasons}{action}",
    ),
    "reminder.digest": Words("您有 {count} 条提醒到期", "{count} reminders are due"),
    "complaint.handle": Words(
        "请处理分配给您的投诉（{severity}{category}）",
        "Handle the complaint assigned to you ({severity}{category})",
    ),
    "complaint.escalated": Words(
        "投诉已升级，请关注（{severity}{category}）",
        "A complaint was escalated to you ({severity}{category})",
    ),
    "complaint.watched": Words(
        "您关注的投诉{what}（{severity}{category}）",
        "A complaint that you follow was {what} ({severity}{category})",
    ),
    "playbook.step": Words("{zh}", "{en}"),
    "care.occasion": Words("客户关怀：{zh}（{on}）", "Customer care: {en} ({on})"),
    "care.missed": Words("客户关怀未及时进行：{zh}，{count} 人", "Care came too late: {en}, {count} people"),
    "sla.warned": Words(
        "投诉即将超时：{metric}（{severity}{category}）",
        "A complaint is about to be late: {metric} ({severity}{category})",
    ),
    "sla.breached": Words(
        "投诉已超时：{metric}（{severity}{category}）",
        "A complaint is late: {metric} ({severity}{category})",
    ),
    "webhook.disabled": Words(
        "Webhook 已停用：{why}",
        "A webhook was disabled: {why}",
    ),
}

_WORDS = {
    "level": {
        "low": Words("低", "low"),
        "medium": Words("中", "medium"),
        "high": Words("高", "high"),
        "unknown": Words("未知", "unknown"),
    },
    "severity": {
        "low": Words("轻微", "low"),
        "normal": Words("一般", "normal"),
        "high": Words("严重", "high"),
        "critical": Words("紧急", "critical"),
    },
    "what": {
        "resolved": Words("已处理完成", "resolved"),
        "closed": Words("已关闭", "closed"),
        "reopened": Words("已重新打开", "reopened"),
        "escalated": Words("已升级", "escalated"),
    },
    "why": {
        "gone": Words("接收方已下线（410）", "its receiver is gone (410)"),
        "failing": Words("连续五天投递失败", "nothing arrived for five days"),
    },
    "metric": {
        "first_answer": Words("首次答复", "first answer"),
        "next_answer": Words("后续答复", "next answer"),
        "resolution": Words("处理完成", "resolution"),
    },
    "reasons": {
        "own_rhythm_broken": Words("购买节奏中断", "own buying rhythm broken"),
        "order_overdue": Words("下单逾期", "an order is overdue"),
        "orders_seldom": Words("下单偏少", "orders seldom"),
        "bought_rarely": Words("一年内很少下单", "bought rarely in a year"),
        "orders_falling": Words("下单减少", "orders are falling"),
        "amount_falling": Words("采购额下降", "spending is falling"),
        "returns_rising": Words("退货增多", "returns are rising"),
        "returns_high": Words("退货偏多", "many returns"),
        "complaint_open": Words("投诉未解决", "a complaint is open"),
        "complaint_slow": Words("投诉处理过慢", "complaints were resolved slowly"),
        "complaint_recent": Words("近期有投诉", "recent complaints"),
        "satisfaction_dropped": Words("满意度下降", "satisfaction dropped"),
        "satisfaction_low": Words("满意度偏低", "satisfaction is low"),
        "contact_unanswered": Words("联系未获回应", "contact goes unanswered"),
        "contact_quiet": Words("联系中断", "contact has gone quiet"),
        "promise_unkept": Words("承诺逾期未兑现", "a broken promise is not kept yet"),
        "promise_broken": Words("承诺未按期兑现", "promises were broken"),
        "too_little_data": Words("数据不足", "too little data"),
    },
    "action": {
        "get_to_know": Words("了解客户需求", "get to know their needs"),
        "remind_to_reorder": Words("提议补货", "offer a reorder"),
        "ask_about_needs": Words("询问需求变化", "ask what has changed in their needs"),
        "look_into_returns": Words("查明退货原因", "find out why goods come back"),
        "resolve_complaint": Words("先解决投诉", "resolve the complaint first"),
        "make_good": Words("回访投诉结果", "check that the complaint was settled"),
        "ask_what_went_wrong": Words("询问不满原因", "ask what went wrong"),
        "try_another_way": Words("更换联系方式", "reach them another way"),
        "call_customer": Words("电话联系或拜访", "call or visit"),
        "keep_promise": Words("尽快兑现承诺", "keep the promise"),
        "follow_up_promise": Words("回访逾期的承诺", "follow up the late promise"),
    },
}


def _word(field: str, code: str, language: Language) -> str:
    known = _WORDS.get(field, {}).get(code)
    return known.said_in(language) if known else code


def _reasons(codes: Sequence[str], language: Language) -> str:
    if not codes:
        return ""
    said = [_word("reasons", code, language) for code in codes]
    return f"（{'、'.join(said)}）" if language == "zh" else f" ({', '.join(said)})"


def _action(code: str | None, language: Language) -> str:
    if not code or code == "none":
        return ""
    said = _word("action", code, language)
    return f"，建议：{said}" if language == "zh" else f", suggested: {said}"


def _category(code: str | None, language: Language) -> str:
    if not code:
        return ""
    return f"，{code}" if language == "zh" else f", {code}"


def subject_said(
    text: str | None, code: str | None, parameters: Mapping[str, Any], language: Language
) -> str:
    """The subject as a person reads it: the typed text, or the code put into words.

    A code that this version does not know is shown as it is, so that newer rows stay readable.
    """
    if text is not None or code is None:
        return text or ""
    words = _SUBJECTS.get(code)
    if words is None:
        return code
    return words.said_in(language).format(
        level=_word("level", str(parameters.get("level", "unknown")), language),
        what=_word("what", str(parameters.get("what", "resolved")), language),
        why=_word("why", str(parameters.get("why", "failing")), language),
        metric=_word("metric", str(parameters.get("metric", "resolution")), language),
        severity=_word("severity", str(parameters.get("severity", "normal")), language),
        reasons=_reasons(parameters.get("reasons", ()), language),
        action=_action(parameters.get("action"), language),
        category=_category(parameters.get("category"), language),
        count=parameters.get("count", 0),
        zh=str(parameters.get("zh", "")),
        en=str(parameters.get("en", "")),
        on=str(parameters.get("on", "")),
    )
