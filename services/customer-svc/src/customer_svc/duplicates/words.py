"""Features and their agreements in words."""

from typing import Final

FEATURES: Final = {
    "name": ("Name", "名称"),
    "namesakes": ("Others of that name", "同名客户"),
    "kind": ("Kind", "类型"),
    "branch": ("Branch", "分支机构"),
    "phone": ("Phone", "电话"),
    "email": ("E-mail", "邮箱"),
    "tax_number": ("Tax number", "税号"),
    "region": ("Region", "地区"),
    "home": ("Town in the name", "名称中的地名"),
    "street": ("Street", "街道门牌"),
    "host": ("Website", "网站"),
    "birthday": ("Birthday", "生日"),
    "identity": ("Strong identity", "强身份标识"),
}
_AGREEMENTS: Final = {
    "same": ("the same", "相同"),
    "same_short": ("the same, but short", "相同，但较短"),
    "sound": ("sounds the same", "读音相同"),
    "sound_short": ("sounds the same, but short", "读音相同，但较短"),
    "near": ("almost the same", "几乎相同"),
    "part": ("one is part or abbreviation of the other", "一个是另一个的一部分或缩写"),
    "alike": ("somewhat alike", "有些相似"),
    "apart": ("different", "不同"),
    "domain": ("the same domain", "域名相同"),
    "differs": ("different", "不同"),
    "one_only": ("only one has it", "仅一方有"),
    "two": ("none", "无"),
    "few": ("one or two", "一两个"),
    "some": ("some", "若干"),
    "many": ("many", "很多"),
}


def said(feature: str, agreement: str) -> tuple[str, str]:
    """What this says, in English and Chinese."""
    (en, zh), (level, level_zh) = FEATURES[feature], _AGREEMENTS[agreement]
    return f"{en}: {level}", f"{zh}：{level_zh}"
