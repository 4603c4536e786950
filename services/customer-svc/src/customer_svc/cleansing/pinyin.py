"""How Chinese is read: syllables without tones, whole and as initials; surnames by their own readings.

The tables come from pypinyin (see `data/README.md`), which takes some ten times as long for a name.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from shared.searching.characters import IDEOGRAPHS

_LONGEST_PHRASE = 4
_RUNS = re.compile(rf"({IDEOGRAPHS.pattern})|((?:(?!{IDEOGRAPHS.pattern})[^\W_])+)")
_SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "区": "ou",
    "解": "xie",
    "查": "zha",
    "任": "ren",
    "朴": "piao",
    "盖": "ge",
    "乐": "yue",
    "缪": "miao",
    "翟": "zhai",
    "员": "yun",
    "种": "chong",
    "黑": "he",
    "折": "she",
    "覃": "qin",
    "召": "shao",
    "繁": "po",
    "秘": "bi",
    "冼": "xian",
    "能": "nai",
    "洗": "xian",
    "隗": "wei",
    "佴": "nai",
    "祭": "zhai",
    "都": "du",
    "藏": "zang",
    "盛": "sheng",
    "重": "chong",
    "宿": "su",
    "长": "chang",
    "尉": "wei",
    "沈": "shen",
    "石": "shi",
    "柏": "bai",
    "车": "che",
    "卜": "bu",
    "牟": "mou",
    "番": "pan",
    "行": "xing",
    "贾": "jia",
    "万俟": "mo qi",
    "尉迟": "yu chi",
    "长孙": "zhang sun",
    "澹台": "tan tai",
    "单于": "chan yu",
    "令狐": "ling hu",
    "宰父": "zai fu",
    "皇甫": "huang fu",
    "亓官": "qi guan",
    "夏侯": "xia hou",
}
"""Readings that a character has as a surname; of two characters together as one."""
_COMPOUND = 2


@cache
def _readings() -> dict[int, str]:
    """The usual syllable of each character."""
    lines = _lines("readings.tsv")
    return {ord(character): syllable for syllable, characters in lines for character in characters}


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    """Words in which a character is read otherwise."""
    return {phrase: tuple(syllables.split(" ")) for phrase, syllables in _lines("phrases.tsv")}


@cache
def _unusual() -> frozenset[str]:
    """Characters that some phrase reads otherwise: only beside them there is anything to look for."""
    usual = _readings()
    return frozenset(
        character
        for phrase, syllables in _phrases().items()
        for character, syllable in zip(phrase, syllables, strict=True)
        if usual.get(ord(character)) != syllable
    )


@cache
def syllables() -> frozenset[str]:
    """Every syllable that a character is read as."""
    return frozenset(_readings().values())


def _lines(name: str) -> Iterator[tuple[str, str]]:
    text = (files("customer_svc.cleansing") / "data" / name).read_text("utf-8")
    for line in text.splitlines():
        key, _, value = line.partition("\t")
        yield key, value


def full(text: str, *, person: bool = False) -> str:
    """`shanghaihainabaihuo` of the plain text 上海海纳百货; other letters and digits stay as they are.

    Of a `person` the first characters are read as a surname. Characters that nobody knows are left out.
    """
    return "".join(part for part, _ in _parts(text, person=person))


def spelt(text: str, *, person: bool = False) -> str:
    """As `full` with a space between: sorted by it, names stand as in a register, 西安 before 先生."""
    return " ".join(part for part, _ in _parts(text, person=person))


def initials(text: str, *, person: bool = False) -> str:
    """As `full`, but only the first letter of each syllable: `shhnbh`."""
    return "".join(part[0] if read else part for part, read in _parts(text, person=person))


@lru_cache(maxsize=10_000)
def _parts(text: str, *, person: bool) -> tuple[tuple[str, bool], ...]:
    """Syllables, and words that are no Chinese; whether it is a syllable."""
    return tuple(_read_all(text, person=person))


def _read_all(text: str, *, person: bool) -> Iterator[tuple[str, bool]]:
    for run in _RUNS.finditer(text):
        if run[2] is not None:
            yield run[2], False
            continue
        surname, rest = _surname(run[1]) if person and run.start() == 0 else ((), run[1])
        yield from ((syllable, True) for syllable in (*surname, *_read(rest)))


def _surname(name: str) -> tuple[tuple[str, ...], str]:
    for length in (_COMPOUND, 1):
        if (reading := _SURNAMES.get(name[:length])) is not None and len(name) > length:
            return tuple(reading.split()), name[length:]
    return (), name


def _read(run: str) -> list[str]:
    usual = _readings()
    if _unusual().isdisjoint(run):
        return [syllable for character in run if (syllable := usual.get(ord(character)))]
    found: list[str] = []
    place = 0
    while place < len(run):
        phrase = _phrase_at(run, place)
        found += _phrases().get(phrase) or filter(None, [usual.get(ord(phrase))])
        place += len(phrase)
    return found


def _phrase_at(run: str, place: int) -> str:
    """The longest word with a reading of its own that begins here, else the one character."""
    for length in range(min(_LONGEST_PHRASE, len(run) - place), 1, -1):
        if run[place : place + length] in _phrases():
            return run[place : place + length]
    return run[place]
