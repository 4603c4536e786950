"""Invented names of companies and persons, Chinese and English; the same customer always gets the same one."""

from random import Random

_PLACES_EN = (
    "Alder Amber Ashford Beacon Birch Bramble Bridge Cedar Clover Copper Coral Cotswold Crescent Dale Elm "
    "Fern Foxglove Garnet Harbour Hazel Heron Holly Ivory Juniper Kestrel Larch Lavender Linden Maple Meadow "
    "Mill Orchard Otter Pebble Quarry Robin Rowan Saffron Silver Sparrow Spring Thistle Vale Walnut Willow Wren"
).split()
_THINGS_EN = (
    "Gifts Home Interiors Living Keepsakes Parlour Pantry Crafts Candles Ceramics Stationery Toys Tableware "
    "Trading Wholesale Supplies Emporium House Gallery Market"
).split()
_FORMS_EN = ("Ltd", "plc", "& Co", "& Sons Ltd", "Partners LLP", "(UK) Ltd", "International")
_PLACES_ZH = (
    "上海 杭州 苏州 宁波 义乌 南京 无锡 温州 厦门 福州 广州 深圳 佛山 东莞 成都 重庆 武汉 长沙 青岛 济南 天津 北京 西安 郑州 "
    "合肥 昆明"
).split()
_MARKS_ZH = (
    "海纳 云栖 锦程 瑞丰 百川 华章 恒信 悦家 金禾 明远 嘉木 清和 鼎盛 汇丰源 祥云 晨曦 德润 安雅 盛景 星河 鸿业 美居 朗月 春晖 "
    "同泰 立新 博雅 万象 和顺 长青"
).split()
_TRADES_ZH = "百货 商贸 礼品 家居 工艺品 文具 日用品 进出口 陶瓷 贸易".split()
_FORMS_ZH = ("有限公司", "股份有限公司", "（集团）有限公司")
_GIVEN_EN = (
    "Alice Amy Anna Ben Charlotte Claire Daniel David Edward Ella Emily Frances George Hannah Harriet Henry "
    "Isaac Jack James Jane Joseph Kate Laura Lewis Lucy Mark Martha Matthew Nora Oliver Peter Rachel Rose Ruth "
    "Samuel Sarah Simon Sophie Thomas William"
).split()
_FAMILY_EN = (
    "Adams Bailey Barker Bennett Brooks Carter Chapman Clarke Collins Cooper Davies Ellis Fisher Foster Gibson "
    "Graham Harper Hughes Hunt Jenkins Kelly Knight Lawson Marsh Mason Mills Moore Newton Palmer Parker Pearce "
    "Porter Reed Reynolds Shaw Stone Turner Walsh Webb Young"
).split()
_FAMILY_ZH = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN_ZH = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 建国 志强 晓燕 海燕 文博 子涵 雨桐 浩然 思远 佳怡 欣然 俊杰 "
    "雪梅 春华 国栋 立群 美玲 玉兰 天宇 一鸣"
).split()
_STEP = 7919
"""A prime: neighbouring numbers land far apart, and no two of them on the same name."""


def company(number: int, *, zh: bool) -> str:
    """The name of the company of this number; another number has another name."""
    if zh:
        place, mark, trade, form = _digits(number, _PLACES_ZH, _MARKS_ZH, _TRADES_ZH, _FORMS_ZH)
        return f"{place}{mark}{trade}{form}"
    return " ".join(_digits(number, _PLACES_EN, _THINGS_EN, _FORMS_EN))


def person(chance: Random, *, zh: bool) -> str:
    """Some person's name."""
    if zh:
        return chance.choice(_FAMILY_ZH) + chance.choice(_GIVEN_ZH)
    return f"{chance.choice(_GIVEN_EN)} {chance.choice(_FAMILY_EN)}"


def _digits(number: int, *wheels: tuple[str, ...] | list[str]) -> list[str]:
    """The number, mixed, written with one word of each wheel."""
    size = 1
    for wheel in wheels:
        size *= len(wheel)
    rest = number * _STEP % size
    words = []
    for wheel in wheels:
        rest, place = divmod(rest, len(wheel))
        words.append(wheel[place])
    return words
