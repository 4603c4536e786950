"""What the page itself says, in both languages."""

from collections.abc import Mapping

from interaction_svc.web_pages.domain import Language
from interaction_svc.web_pages.words import Told

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "language": "语言",
        "progress": "第 {step} 页，共 {steps} 页",
        "required_mark": "（必填）",
        "rating_low": "非常不满意",
        "rating_high": "非常满意",
        "nps_low": "完全不可能",
        "nps_high": "非常可能",
        "several": "可多选",
        "text_hint": "选填，最多 2000 字",
        "text_hint_required": "最多 2000 字",
        "next": "下一页",
        "send": "提交",
        "back": "上一页",
        "wrong": "请检查以下问题",
        "required": "请回答此问题",
        "unknown": "请选择一个答案",
        "too_long": "请缩短内容",
        "kept": "已填写的内容会自动保留，可稍后通过同一链接继续。",
        "stop_asking": "不想再收到满意度问卷？",
        "stop": "不再邀请我",
        "stopped_title": "已为您停止邀请",
        "stopped": "我们不会再邀请您填写满意度问卷。",
        "resume": "撤销，继续填写",
        "thanks_title": "提交成功",
        "thanks": "感谢您的反馈，这将帮助我们做得更好。",
        "leave_empty": "请留空",
    },
    "en": {
        "language": "Language",
        "progress": "Page {step} of {steps}",
        "required_mark": "(required)",
        "rating_low": "Very dissatisfied",
        "rating_high": "Very satisfied",
        "nps_low": "Not at all likely",
        "nps_high": "Extremely likely",
        "several": "Choose all that apply",
        "text_hint": "Optional, up to 2,000 characters",
        "text_hint_required": "Up to 2,000 characters",
        "next": "Next",
        "send": "Submit",
        "back": "Back",
        "wrong": "Please look at these questions",
        "required": "Please answer this question",
        "unknown": "Please choose one of the answers",
        "too_long": "Please shorten this",
        "kept": "Your answers are kept; you can go on later with the same link.",
        "stop_asking": "Don’t want to get surveys any more?",
        "stop": "Don’t invite me again",
        "stopped_title": "We will not ask again",
        "stopped": "You will not be invited to our surveys any more.",
        "resume": "Undo and go on with the survey",
        "thanks_title": "Thank you",
        "thanks": "Thank you for your feedback. It helps us do better.",
        "leave_empty": "Leave this empty",
    },
}
REFUSALS: Mapping[str, Told] = {
    "link_unknown": {
        "zh": ("链接无效", "此链接不存在或已更新。请使用最近一次收到的链接。"),
        "en": (
            "This link does not work",
            "It is not known, or there is a newer one. Use the latest you got.",
        ),
    },
    "link_expired": {
        "zh": ("问卷已结束", "此问卷已过期或已关闭，感谢您的关注。"),
        "en": ("This survey is over", "It has expired or was closed. Thank you for your interest."),
    },
}
"""Title and text by the code of a problem."""
