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
                    "type": "choice",
                    "text": {"zh": "哪里没做好？", "en": "What went wrong?"},
                    "required": False,
                    "options": [
                        {"code": "late", "text": {"zh": "回复太慢", "en": "It took too long"}},
                        {"code": "unsolved", "text": {"zh": "问题没有解决", "en": "It is not solved"}},
                    ],
                    "indicator": None,
                    "show_if": {"question": "attitude", "op": "lte", "value": 2},
                },
            ],
        }
    ],
}
DOCUMENT_EN: dict[str, Any] = {
    "title": {"zh": None, "en": "Yearly survey"},
    "intro": None,
    "thanks": {"zh": None, "en": "Thank you for your time."},
    "sections": [
        {
            "title": {"zh": None, "en": "All in all"},
            "questions": [
                {
                    "code": "recommend",
                    "type": "nps",
                    "text": {"zh": None, "en": "How likely would you recommend us?"},
                    "required": True,
                    "options": [],
                    "indicator": None,
                    "show_if": None,
                },
                {
                    "code": "better",
                    "type": "multi_choice",
                    "text": {"zh": None, "en": "What should become better?"},
                    "required": False,
                    "options": [
                        {"code": "price", "text": {"zh": None, "en": "Prices"}},
                        {"code": "speed", "text": {"zh": None, "en": "Delivery"}},
                    ],
                    "indicator": None,
                    "show_if": None,
                },
            ],
        }
    ],
}
