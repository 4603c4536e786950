"""What goes wrong when somebody writes a customer down once more."""

from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any

from opencc import OpenCC
from tools.bench import vocabulary as words

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.addresses import names_of_regions, short
from customer_svc.customers.profiles import COMPARED
from customer_svc.fields import phone_e164

Fields = dict[str, Any]
_THIN = 0.15
_TITLES = ("先生", "女士", "经理", "总")


class Errors:
    """What goes wrong when a customer is written down once more."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kinds: Mapping[Callable[[Fields], None], float] = {
            self._name: 50,
            self._phone: 12,
            self._email: 14,
            self._region: 10,
            self._address: 14,
            self._website: 6,
            self._birthday: 6,
        }

    def double(self, fields: Fields) -> Fields:
        """The same customer once more."""
        found = {**dict.fromkeys(COMPARED), **fields, "tax_number": None}  # a number is taken only once
        ways = [name for name in ("phone", "email") if found[name]]
        if ways and self._chance.random() < _THIN:
            reach = self._chance.choice(ways)
            found |= {
                name: None for name in ("phone", "email", "address", "website", "birthday") if name != reach
            }
            found["region"] = found["region"] if self._chance.random() < 0.5 else None  # noqa: PLR2004
        kinds, weights = zip(*self._kinds.items(), strict=True)
        count = self._chance.choices((1, 2, 3, 4), (35, 35, 20, 10))[0]
        for error in set(self._chance.choices(kinds, weights, k=count)):
            error(found)
        found["phone"] = self._dialled(found["phone"])
        return found

    def _dialled(self, phone: str | None) -> str | None:
        """The number as somebody types it, and as it is stored then."""
        if phone is None or not phone.startswith("+861"):
            return phone
        digits = phone.removeprefix("+86")
        way = self._chance.choice(
            ("{0}{1}{2}", "{0} {1} {2}", "+86 {0}-{1}-{2}", "0086{0}{1}{2}", "８６{0}{1}{2}")
        )
        raw = way.format(digits[:3], digits[3:7], digits[7:]).replace("８６", "+86")
        return phone_e164(raw) or phone

    def _phone(self, fields: Fields) -> None:
        phone = fields["phone"]
        if phone is not None:
            ways = (None, f"+86139{self._chance.randrange(10**8):08}", self._slipped_number(phone))
            fields["phone"] = self._chance.choices(ways, (45, 40, 15))[0]

    def _slipped_number(self, phone: str) -> str:
        place = self._chance.randrange(len(phone) - 5, len(phone) - 1)
        if self._chance.random() < 0.5:  # noqa: PLR2004
            return phone[:place] + phone[place + 1] + phone[place] + phone[place + 2 :]
        return phone[:place] + self._chance.choice("0123456789") + phone[place + 1 :]

    def _email(self, fields: Fields) -> None:
        email = fields["email"]
        if email is not None:
            local, _, domain = email.partition("@")
            own = (
                f"{domain.partition('.')[0]}{self._chance.randrange(1000)}" if local in words.BOXES else local
            )
            ways = (
                None,
                f"{own}@{self._chance.choice(words.MAIL_HOSTS)}",
                f"{_slip(local, self._chance)}@{domain}",
            )
            fields["email"] = self._chance.choices(ways, (60, 25, 15))[0]

    def _region(self, fields: Fields) -> None:
        code = fields["region"]
        if code is None or not code.isdigit():
            fields["region"] = None
        elif self._chance.random() < 0.2:  # noqa: PLR2004
            fields["region"], fields["address"] = self._chance.choice(words.counties()), None  # it moved
        else:
            fields["region"] = self._chance.choice((None, f"{code[:2]}0000", f"{code[:4]}00"))

    def _address(self, fields: Fields) -> None:
        address, code = fields["address"], fields["region"]
        if address is None:
            return
        ways: list[str | None] = [
            None,
            address.replace("号", ""),
            address + self._chance.choice(("旁", "(近地铁)")),
        ]
        if code is not None and code in names_of_regions():
            ways.append(address.removeprefix(names_of_regions()[f"{code[:2]}0000"]))
        fields["address"] = self._chance.choice(ways)

    def _website(self, fields: Fields) -> None:
        site = fields["website"]
        if site is not None:
            bare = site.removeprefix("https://").removeprefix("www.")
            fields["website"] = self._chance.choice(
                (None, bare, f"http://www.{bare}/", f"https://{bare}/index.html")
            )

    def _birthday(self, fields: Fields) -> None:
        day = fields["birthday"]
        if day is not None:
            slipped = {**day, "day": day["day"] % 28 + 1}
            fields["birthday"] = self._chance.choices((None, slipped), (80, 20))[0]

    def _name(self, fields: Fields) -> None:
        chinese, person = not fields["name"].isascii(), fields["kind"] == "person"
        table = (_CHINESE_PERSON if person else _CHINESE_FIRM) if chinese else (_PERSON if person else _FIRM)
        ways, weights = zip(*table, strict=True)
        chosen = self._chance.choices(ways, weights, k=self._chance.choice((1, 1, 2)))
        for way in sorted(set(chosen), key=ways.index):
            fields["name"] = way(fields["name"], self._chance)


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


def _slip(word: str, chance: Random) -> str:
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
    parts[place] = _slip(parts[place], chance)
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
