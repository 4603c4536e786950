"""Questionnaires to show: what the documentation of the API prints, in both languages."""

from typing import Any

DOCUMENT_ZH: dict[str, Any] = {
    "title": {"zh": "投诉处理满意度", "en": "How we handled your complaint"},
    "intro": {"zh": "只需一分钟。", "en": "It takes a minute."},
    "thanks": None,
    "sections": [
        {
            "title": {"zh": "处理结果", "en": "The result"},
            "questions": [
                {
                    "code": "attitude",
                    "type": "rating",
                    "text": {"zh": "您对服务态度满意吗？", "en": "How did our staff treat you?"},
                    "required": True,
                    "options": [],
                    "indicator": "service_attitude",
                    "show_if": None,
                },
                {
                    "code": "why",
                    "type": "text",
                    "text": {"zh": "哪里没做好？", "en": "What went wrong?"},
                    "required": False,
                    "options": [],
                    "indicator": None,
                    "show_if": {"question": "attitude", "op": "lte", "value": 2},
                },
            ],
        }
    ],
}
DOCUMENT_EN: dict[str, Any] = {
    "title": {"zh": "年度满意度调查", "en": "Yearly survey"},
    "intro": None,
    "thanks": {"zh": "感谢您的参与。", "en": "Thank you for your time."},
    "sections": [
        {
            "title": {"zh": "总体评价", "en": "All in all"},
            "questions": [
                {
                    "code": "recommend",
                    "type": "nps",
                    "text": {"zh": "您愿意推荐我们吗？", "en": "How likely would you recommend us?"},
                    "required": True,
                    "options": [],
                    "indicator": None,
                    "show_if": None,
                },
                {
                    "code": "better",
                    "type": "multi_choice",
                    "text": {"zh": "哪些方面需要改进？", "en": "What should become better?"},
                    "required": False,
                    "options": [
                        {"code": "price", "text": {"zh": "价格", "en": "Prices"}},
                        {"code": "speed", "text": {"zh": "交期", "en": "Delivery"}},
                    ],
                    "indicator": None,
                    "show_if": None,
                },
            ],
        }
    ],
}
