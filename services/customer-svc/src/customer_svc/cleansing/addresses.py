"""From an address to the region it lies in (GB/T 2260), by the names at its beginning."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from shared.searching.characters import plain

_SUFFIXES = re.compile(r"(特别行政区|自治区|自治州|自治县|自治旗|地区|林区|新区|省|市|盟|县|区|旗)$")
_PEOPLES = re.compile(
    "(?:各族|壮族|回族|维吾尔|满族|蒙古族|蒙古|藏族|苗族|土家族|侗族|瑶族|彝族|白族|傣族|哈尼族|黎族|羌族|朝鲜族|布依族|"
    "水族|仡佬族|畲族|土族|撒拉族|哈萨克|柯尔克孜|锡伯|塔吉克|裕固族|保安族|东乡族|景颇族|傈僳族|独龙族|怒族|普米族|"
    "纳西族|拉祜族|佤族|布朗族|毛南族|仫佬族|京族|达斡尔族|鄂温克族|鄂伦春|俄罗斯族)+$"
)
_KINDS = ("省", "市", "县", "区", "州", "盟", "旗")
_BETWEEN = " ,，、-—/·"
_SHORTEST = 2
_LONGEST = 15
_MUNICIPALITIES = ("11", "12", "31", "50")
_DIRECTLY_GOVERNED = "直辖县级"


class Place(NamedTuple):
    """A region that was named, and what comes behind its name; without a code none was."""

    code: str | None
    rest: str


class _Names:
    """Regions of one level by their full and by their short names."""

    def __init__(self, regions: Iterable[tuple[str, str]]) -> None:
        self.full: dict[str, list[str]] = defaultdict(list)
        self.any: dict[str, list[str]] = defaultdict(list)
        for code, name in regions:
            self.full[name].append(code)
            for each in {name, short(name)}:
                self.any[each].append(code)

    def leading(self, text: str, within: str, *, whole: bool = False) -> Place:
        """The longest name at the beginning that means one region `within` a code's first digits."""
        for length in range(min(_LONGEST, len(text)), _SHORTEST - 1, -1):
            name, rest = text[:length], text[length:]
            # 朝阳 of 朝阳区 is not 朝阳市, nor 吉林 of 吉林市 the province.
            by_short_name = not (whole or rest.startswith(_KINDS))
            names = self.any if by_short_name else self.full
            codes = [code for code in names.get(name, ()) if code.startswith(within)]
            if len(codes) == 1:
                return Place(codes[0], rest.lstrip(_BETWEEN))
        return Place(None, text)


def short(name: str) -> str:
    """A region's name as people say it: 广西 of 广西壮族自治区; the name itself if little would be left."""
    said = _SUFFIXES.sub("", name)
    ways = (_PEOPLES.sub("", said), said)
    return next((each for each in ways if len(each) >= _SHORTEST), name)


@cache
def names_of_regions() -> dict[str, str]:
    """The name of each region by its code."""
    text = (files("customer_svc.cleansing") / "data" / "regions.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {code: name for code, name in rows if _DIRECTLY_GOVERNED not in name}


@cache
def _levels() -> tuple[_Names, _Names, _Names]:
    """Provinces, prefectures and counties."""
    levels: tuple[list[tuple[str, str]], ...] = ([], [], [])
    for code, name in names_of_regions().items():
        levels[2 if code[4:] != "00" else 1 if code[2:4] != "00" else 0].append((code, plain(name)))
    provinces, prefectures, counties = map(_Names, levels)
    return provinces, prefectures, counties


def region_of(address: str) -> str | None:
    """The code of the smallest region that a plain address names at its beginning; None if it names none.

    A province may be left out where the name of the prefecture or the county is the only one.
    """
    return parted(address).code


def parted(address: str) -> Place:
    """The region that a plain address names at its beginning, and the street behind it."""
    return _located(address.removeprefix("中国").lstrip(_BETWEEN))


def without_region(name: str) -> str:
    """A company's name without the province and the prefecture in front, if enough is left."""
    provinces, prefectures, _ = _levels()
    place = provinces.leading(name, "")
    city = prefectures.leading(place.rest, (place.code or "")[:2])
    left = city.rest
    return left if len(left) >= _SHORTEST else name


def _located(text: str) -> Place:
    provinces, prefectures, counties = _levels()
    province = provinces.leading(text, "")
    within = (province.code or "")[:2]
    if within in _MUNICIPALITIES:
        city = Place(province.code, province.rest)
    else:
        city = prefectures.leading(province.rest, within)
    found = city.code or province.code
    around = (city.code[:4] if city.code else within) if within not in _MUNICIPALITIES else within
    # A county's short name means it only where the region around it was named.
    county = counties.leading(city.rest, around, whole=found is None)
    return county if county.code else Place(found, city.rest)
