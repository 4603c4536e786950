"""What every page says, in both languages."""

from collections.abc import Mapping

from interaction_svc.web_pages.domain import Language

TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
Told = Mapping[Language, tuple[str, str]]
"""Title and text of a refusal."""
FAILED: Told = {
    "zh": ("暂时无法打开", "请稍后再试，或重新打开收到的链接。"),
    "en": ("This did not work", "Please try again in a moment, or open the link you got once more."),
}
