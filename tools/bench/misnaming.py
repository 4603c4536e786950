"""How a name becomes another one of the same customer: other forms, signs that sound alike, slips."""

from collections.abc import Callable
from functools import cache
from random import Random

from opencc import OpenCC
from tools.bench import vocabulary as words

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.addresses import names_of_regions, short

_TITLES = ("先生", "女士", "经理", "总")


def misnamed(name: str, *, person: bool, chance: Random) -> str:
    """The name as somebody else writes it, in one way or two."""
    chinese = not name.isascii()
    table = (_CHINESE_PERSON if person else _CHINESE_FIRM) if chinese else (_PERSON if person else _FIRM)
    ways, weights = zip(*table, strict=True)
    chosen = chance.choices(ways, weights, k=chance.choice((1, 1, 2)))
    for way in sorted(set(chosen), key=ways.index):
        name = way(name, chance)
    return name


def _other_form(name: str, chance: Random) -> str:
    for form in sorted(filter(None, words.FORMS), key=len, reverse=True):
        if name.endswith(form):
            return name.removesuffix(form) + chance.choice(words.FORMS)
    return name + chance.choice(("有限公司", "公司", "（集团）有限公司"))


def _other_place(name: str, chance: Random) -> str:
    for length in (3, 2):
        if name[:length] in _cities() and len(name) > length + 3:
            place, rest = name[:length], name[length:]
            return chance.choice((rest, f"{place}市{rest}", f"{rest[:2]}（{place}）{rest[2:]}"))
    return chance.choice(sorted(_cities())) + name


def _branch_word(name: str, chance: Random) -> str:
    return name + chance.choice(("总部", "营业部", "上海分公司", "销售部", "第一分公司"))


def _abbreviated(name: str, chance: Random) -> str:
    """The brand with at most its first trade: 海纳百货 for 上海海纳百货贸易有限公司."""
    name = _other_place(name, chance) if chance.random() < 0.5 else name  # noqa: PLR2004
    for form in sorted(filter(None, words.FORMS), key=len, reverse=True):
        name = name.removesuffix(form)
    return name[:-2] if len(name) > 5 else name  # noqa: PLR2004


def _homophone(name: str, chance: Random) -> str:
    """One character with another one that is read alike, as input methods offer it."""
    place = chance.randrange(1 if len(name) < 4 else 2, min(len(name), 6))  # noqa: PLR2004
    alike = _homophones().get(pinyin.full(name[place]), "")
    return name[:place] + chance.choice(alike) + name[place + 1 :] if alike else name


def _swapped(name: str, chance: Random) -> str:
    place = chance.randrange(min(2, len(name) - 2), min(len(name) - 1, 6))
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def _left_out(name: str, chance: Random) -> str:
    place = chance.randrange(min(2, len(name) - 1), min(len(name), 6))
    return name[:place] + name[place + 1 :] if len(name) > 4 else name  # noqa: PLR2004


def _wrong(name: str, chance: Random) -> str:
    place = chance.randrange(min(2, len(name) - 1), min(len(name), 6))
    return name[:place] + chance.choice(words.SIGNS) + name[place + 1 :]


def _traditional(name: str, _: Random) -> str:
    return str(_converter().convert(name))


def _spaced(name: str, chance: Random) -> str:
    place = chance.randrange(1, len(name))
    return name[:place] + chance.choice((" ", "　")) + name[place:]


def _titled(name: str, chance: Random) -> str:
    return name + chance.choice(_TITLES)


def _in_letters(name: str, chance: Random) -> str:
    name = name.replace(" ", "").replace("　", "")
    for title in _TITLES:
        name = name.removesuffix(title)
    surname, *given = pinyin.spelt(name, person=True).split()
    first, last = "".join(given).title(), surname.title()
    return chance.choice((f"{last} {first}", f"{first} {last}", f"{last.upper()} {first}"))


def slip(word: str, chance: Random) -> str:
    """One letter swapped, left out, doubled or wrong."""
    if len(word) < 4:  # noqa: PLR2004
        return word
    place = chance.randrange(1, len(word) - 1)
    ways = [word[place + 1] + word[place] + word[place + 2 :], word[place + 1 :]]
    ways += [word[place] * 2 + word[place + 1 :], chance.choice("aeiourstln") + word[place + 1 :]]
    return word[:place] + chance.choice(ways)


def _slip_in_a_word(name: str, chance: Random) -> str:
    parts = name.split()
    place = chance.randrange(len(parts))
    parts[place] = slip(parts[place], chance)
    return " ".join(parts)


def _other_latin_form(name: str, chance: Random) -> str:
    for form in sorted(filter(None, words.LATIN_FORMS), key=len, reverse=True):
        name = name.removesuffix(form).strip(" ,")
    article, comma = chance.choice(("", "The ")), chance.choice((" ", ", "))
    return f"{article}{name}{comma}{chance.choice(words.LATIN_FORMS)}".strip(" ,")


def _short_word(name: str, _: Random) -> str:
    return name.replace("International", "Intl").replace("Trading", "Trdg").replace("Services", "Svcs")


def _last_word_dropped(name: str, _: Random) -> str:
    for form in sorted(filter(None, words.LATIN_FORMS), key=len, reverse=True):
        name = name.removesuffix(form).strip(" ,")
    parts = name.split()
    return " ".join(parts[:-1]) if len(parts) > 2 else name  # noqa: PLR2004


def _surname_first(name: str, chance: Random) -> str:
    first, _, last = name.partition(" ")
    return chance.choice((f"{last} {first}", f"{last}, {first}"))


def _initial(name: str, _: Random) -> str:
    first, last = name.split(" ", 1)
    return f"{first[0]}. {last}"


def _middle(name: str, chance: Random) -> str:
    first, _, last = name.partition(" ")
    return f"{first} {chance.choice('ABCDEFGHJKLMRST')}. {last}"


def _upper(name: str, _: Random) -> str:
    return name.upper()


def _full_width(name: str, _: Random) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in name)


_Ways = tuple[tuple[Callable[[str, Random], str], float], ...]
_CHINESE_FIRM: _Ways = (
    (_abbreviated, 8),
    (_other_form, 30),
    (_other_place, 22),
    (_homophone, 10),
    (_swapped, 3),
    (_left_out, 3),
    (_wrong, 3),
    (_branch_word, 5),
    (_spaced, 6),
    (_traditional, 8),
)
_CHINESE_PERSON: _Ways = (
    (_homophone, 25),
    (_wrong, 1),
    (_traditional, 15),
    (_spaced, 15),
    (_titled, 25),
    (_in_letters, 15),
)
_FIRM: _Ways = (
    (_other_latin_form, 35),
    (_slip_in_a_word, 25),
    (_upper, 15),
    (_short_word, 10),
    (_last_word_dropped, 8),
    (_full_width, 3),
)
_PERSON: _Ways = (
    (_surname_first, 30),
    (_slip_in_a_word, 25),
    (_upper, 15),
    (_initial, 12),
    (_middle, 12),
)


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")


@cache
def _cities() -> frozenset[str]:
    return frozenset(
        short(name) for code, name in names_of_regions().items() if code[4:] == "00" != code[2:4]
    )


@cache
def _homophones() -> dict[str, str]:
    found: dict[str, str] = {}
    for sign in words.SIGNS + words.GIVEN + "".join(words.TRADES) + words.MORE:
        reading = pinyin.full(sign)
        if sign not in found.get(reading, ""):
            found[reading] = found.get(reading, "") + sign
    return found
