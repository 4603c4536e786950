"""How far two profiles agree, feature by feature, in a few levels each."""

import math
import re
from collections.abc import Callable, Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from customer_svc.customers.profiles import MUNICIPALITIES, Profile
from shared.searching.characters import IDEOGRAPHS

Agreement = tuple[str, str]
"""A feature and its level."""
_ALIKE_NAME, _NEAR_NAME, _NEAR_LOCAL, _NEAR_STREET = 0.6, 0.8, 0.92, 85
_LEAST_TO_SLIP = 4
_SHORT = 2
_NUMBERED = re.compile(r"[^\W_\u3400-\u9fff]*\d[^\W_\u3400-\u9fff]*")
_BOXES = frozenset(
    (
        "info",
        "sales",
        "office",
        "contact",
        "service",
        "support",
        "admin",
        "hr",
        "buying",
        "mail",
        "hello",
        "kefu",
    )
)
"""Names of mailboxes that every firm has."""
_LEAST_LOCAL = 5
_CODE_DIGITS = 6
_RARITIES = ((2, "two"), (4, "few"), (10, "some"), (math.inf, "many"))
ALIKE = frozenset(("same", "same_short", "sound", "sound_short"))
"""Names that sound alike, so that both are among the same namesakes."""
FREE_MAIL = frozenset(
    (
        *(
            "qq.com",
            "163.com",
            "126.com",
            "yeah.net",
            "sina.com",
            "sina.cn",
            "sohu.com",
            "foxmail.com",
            "139.com",
        ),
        *("189.cn", "aliyun.com", "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com"),
        *("yahoo.com", "icloud.com", "gmx.de", "web.de", "mail.ru", "proton.me"),
    )
)
"""Hosts of mailboxes that say nothing of a firm."""


def agreements(one: Profile, other: Profile, namesakes: int) -> Iterator[Agreement]:
    """Every feature that both have, with how far it agrees; the name always, the kind where it differs.

    `namesakes` is how many customers have a name that sounds so, these two among them.
    """
    name = _name(one, other)
    yield "name", name
    if name in ALIKE:
        yield "namesakes", _rarity(namesakes)
    if one.kind != other.kind:
        yield "kind", "differs"
    if one.branch or other.branch:
        yield "branch", _branch(one, other)
    coded = one.region.isdecimal() and other.region.isdecimal()
    elsewhere = not coded and _homes_differ(one.home, other.home)  # words may be no more than the country
    for feature, compare in _FEATURES:
        mine, theirs = getattr(one, feature), getattr(other, feature)
        if mine and theirs and not (elsewhere and feature == "region"):
            yield feature, compare(mine, theirs)
    if elsewhere:
        yield "home", "differs"


def _homes_differ(one: str, other: str) -> bool:
    """Whether names of firms begin with different towns, all that is known of where they are."""
    return bool(one and other) and _region(one, other) == "differs"


def _rarity(namesakes: int) -> str:
    """A name that only these two have says more than one that dozens have."""
    return next(level for most, level in _RARITIES if namesakes <= most)


def _name(one: Profile, other: Profile) -> str:
    if one.name == other.name:
        return "same_short" if _is_short(one) else "same"
    if one.sound == other.sound and _said_alike(one.name, other.name):
        return "sound_short" if _is_short(one) else "sound"
    if _numbered(one.name) != _numbered(other.name):
        return "apart"
    return _persons(one, other) if one.kind == other.kind == "person" else _firms(one, other)


def _said_alike(one: str, other: str) -> bool:
    """Whether names that sound alike may be one: John and Jane have the same consonants, and are two."""
    if IDEOGRAPHS.search(one) or IDEOGRAPHS.search(other):
        return True
    fewer, more = sorted((one.split(), other.split()), key=len)
    return _word_by_word(fewer, more)


def _numbered(name: str) -> list[str]:
    """What in a name carries a number: shop 2 is not shop 3, however alike they look."""
    return sorted(_NUMBERED.findall(name))


def _is_short(one: Profile) -> bool:
    """Names of two characters, or of one word, that many have."""
    return len(one.sounds) <= _SHORT if IDEOGRAPHS.search(one.name) else " " not in one.name


def _persons(one: Profile, other: Profile) -> str:
    """Each word in letters is sought in the other name: near with a slip, part where one is an initial."""
    if IDEOGRAPHS.search(one.name) or IDEOGRAPHS.search(other.name):
        return "apart"
    fewer, more = sorted((one.name.split(), other.name.split()), key=len)
    left, level = list(more), "near"
    for word in sorted(fewer, key=len, reverse=True):
        found = _counterpart(word, left)
        if found is None:
            return "apart"
        left.remove(found)
        level = "part" if 1 in (len(word), len(found)) else level
    whole = any(len(word) > 1 for word in fewer) and len(fewer) > 1
    return level if whole and all(len(word) == 1 for word in left) else "apart"


def _counterpart(word: str, words: list[str]) -> str | None:
    """The same word, one a slip apart, or the initial of it: of John Smith and Jane Smith none for John."""
    if word in words:
        return word
    for each in words:
        initial = 1 in (len(word), len(each)) and word[0] == each[0]
        if initial or (min(len(word), len(each)) >= _LEAST_TO_SLIP and OSA.distance(word, each) <= 1):
            return each
    return None


def _firms(one: Profile, other: Profile) -> str:
    shorter, longer = sorted((one.name, other.name), key=len)
    likeness = max(
        Indel.normalized_similarity(one.name, other.name),
        Indel.normalized_similarity(one.sounds, other.sounds),
    )
    if likeness >= _NEAR_NAME and _word_by_word(shorter.split(), longer.split()):
        return "near"
    if (shorter in longer and len(shorter) >= _SHORT) or _abbreviates(shorter.split(), longer.split()):
        return "part"
    return "alike" if likeness >= _ALIKE_NAME else "apart"


def _word_by_word(fewer: list[str], more: list[str]) -> bool:
    """Whether each word has one like it: Customer A is not Customer B. Chinese is one word and need not."""
    left = list(more)
    for word in fewer if len(fewer) > 1 else ():
        found = _counterpart(word, left)
        if found is None or (1 in (len(word), len(found)) and word != found):
            return False
        left.remove(found)
    return True


def _abbreviates(fewer: list[str], more: list[str]) -> bool:
    """HSBC for its four words, Monarch Intl for Monarch International."""
    if len(fewer) == 1 < len(more) and fewer[0] == "".join(word[0] for word in more):
        return True
    pairs = zip(fewer, more, strict=False)
    return len(fewer) == len(more) > 1 and all(_shortens(*sorted(pair, key=len)) for pair in pairs)


def _shortens(short: str, long: str) -> bool:
    if len(short) >= _LEAST_TO_SLIP and OSA.distance(short, long) <= 1:
        return True
    letters = iter(long)
    return short == long or (
        short[0] == long[0] and len(short) > _SHORT and all(letter in letters for letter in short)
    )


def _branch(one: Profile, other: Profile) -> str:
    if one.branch == other.branch:
        return "same"
    return "differs" if one.branch and other.branch else "one_only"


def _same(mine: str, theirs: str) -> str:
    return "same" if mine == theirs else "differs"


def _phone(mine: str, theirs: str) -> str:
    if mine == theirs:
        return "same"
    return "near" if OSA.distance(mine, theirs, score_cutoff=1) <= 1 else "differs"


def _email(mine: str, theirs: str) -> str:
    if mine == theirs:
        return "same"
    local, _, domain = mine.partition("@")
    other, _, home = theirs.partition("@")
    if domain == home:
        if JaroWinkler.similarity(local, other) >= _NEAR_LOCAL and _BOXES.isdisjoint((local, other)):
            return "near"
        return "differs" if domain in FREE_MAIL else "domain"
    return "near" if local == other and len(local) >= _LEAST_LOCAL and local not in _BOXES else "differs"


def _region(mine: str, theirs: str) -> str:
    """Of codes the county, the prefecture or the province; of words whether they are the same."""
    if mine == theirs:
        return "same"
    if len(mine) != _CODE_DIGITS or len(theirs) != _CODE_DIGITS or mine[:2] != theirs[:2]:
        return "differs"
    city = mine[:4] == theirs[:4]
    whole_province = "0000" in (mine[2:], theirs[2:])
    if (city and "00" in (mine[4:], theirs[4:])) or (whole_province and mine.startswith(MUNICIPALITIES)):
        return "same"
    return "near" if city or whole_province else "differs"


def _street(mine: str, theirs: str) -> str:
    if mine == theirs:
        return "same"
    alike = fuzz.ratio(mine, theirs) >= _NEAR_STREET
    return "near" if alike and _digits(mine) == _digits(theirs) else "differs"


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal())


_FEATURES: tuple[tuple[str, Callable[[str, str], str]], ...] = (
    ("phone", _phone),
    ("email", _email),
    ("tax_number", _same),
    ("region", _region),
    ("street", _street),
    ("host", _same),
    ("birthday", _same),
)
