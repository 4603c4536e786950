"""What the page itself says, in both languages."""

from collections.abc import Mapping

from interaction_svc.web_pages.domain import Language
from interaction_svc.web_pages.words import Told

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "language": "语言",
        "category": "投诉类别",
        "subject": "一句话说明问题",
        "description": "详细情况",
        "order_no": "订单号",
        "product": "产品",
        "optional": "（选填）",
        "required_mark": "（必填）",
        "send": "提交",
        "wrong": "请检查以下内容",
        "required": "请填写此项",
        "unknown": "请选择一个类别",
        "too_long": "请缩短内容",
        "thanks": "我们已收到您的投诉，会尽快处理。",
        "yours": "您提交的投诉",
        "result": "处理结果",
        "more": "还有其他问题？",
        "leave_empty": "请留空",
        "received": "已受理",
        "classified": "已受理",
        "investigating": "处理中",
        "resolving": "处理中",
        "mediation": "处理中",
        "waiting_customer": "等待您的答复",
        "resolved": "已有结果",
        "informed": "已告知结果",
        "merged": "已并入另一投诉",
        "closed": "已关闭",
    },
    "en": {
        "language": "Language",
        "category": "What is it about?",
        "subject": "The problem in one sentence",
        "description": "What happened",
        "order_no": "Order number",
        "product": "Product",
        "optional": "(optional)",
        "required_mark": "(required)",
        "send": "Send",
        "wrong": "Please look at these fields",
        "required": "Please fill this in",
        "unknown": "Please choose one of these",
        "too_long": "Please shorten this",
        "thanks": "We have your complaint and will look into it.",
        "yours": "What you sent",
        "result": "The result",
        "more": "Is there something else?",
        "leave_empty": "Leave this empty",
        "received": "received",
        "classified": "received",
        "investigating": "being looked into",
        "resolving": "being looked into",
        "mediation": "being looked into",
        "waiting_customer": "waiting for your answer",
        "resolved": "there is a result",
        "informed": "you were told the result",
        "merged": "goes on with another one",
        "closed": "closed",
    },
}
REFUSALS: Mapping[str, Told] = {
    "link_unknown": {
        "zh": ("链接无效", "此链接不存在。请使用最近一次收到的链接。"),
        "en": ("This link does not work", "It is not known. Use the latest one that you got."),
    },
    "link_expired": {
        "zh": ("链接已失效", "此链接已过期或表单已关闭，请联系我们。"),
        "en": ("This link is over", "It has expired, or the form was closed. Please contact us."),
    },
    "link_used_up": {
        "zh": ("提交次数已达上限", "此链接提交的投诉已达上限，请联系我们。"),
        "en": (
            "Too many complaints",
            "So many were sent by this link that it takes no more. Please contact us.",
        ),
    },
}
"""Title and text by the code of a problem."""
