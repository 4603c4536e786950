"""Invented customers of whom it is known which are one: doubles with errors, and others that look alike.

As in FEBRL's generator (Christen 2008) a double is a record with a few errors; here also one in seven comes
from another channel and has little but a name and one way to reach it. Look-alikes are other customers that
share something: branches of one brand, members of one family, namesakes, firms with almost the same name.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from tools.bench import vocabulary as words
from tools.bench.miswriting import Errors, Fields

from customer_svc.cleansing import pinyin
from customer_svc.cleansing.addresses import names_of_regions
from customer_svc.customers.profiles import COMPARED


class Invented(NamedTuple):
    """A record as the API would store it, and which customer it is of."""

    entity: int
    fields: Fields


def invented(count: int, seed: int) -> Iterator[Invented]:
    """So many records; the same for the same seed. About a fifth are doubles, a seventh look-alikes."""
    maker = _Maker(Random(seed))  # noqa: S311 - invented customers
    made = 0
    while made < count:
        for each in maker.family():
            if made < count:
                made += 1
                yield each


class _Maker:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._entity = 0
        self._errors = Errors(chance)
        self._taken: set[str] = set()

    def family(self) -> Iterator[Invented]:
        """One customer, its doubles, and others that look like it."""
        first = self._customer()
        yield self._new(first)
        entity = self._entity
        if self._chance.random() < 0.25:  # noqa: PLR2004
            for _ in range(self._chance.choices((1, 2, 3), (80, 15, 5))[0]):
                yield Invented(entity, self._errors.double(first))
        if self._chance.random() < 0.18:  # noqa: PLR2004
            yield self._new(self._look_alike(first))

    def _new(self, fields: Fields) -> Invented:
        self._entity += 1
        return Invented(self._entity, {**dict.fromkeys(COMPARED), **fields})

    def _customer(self) -> Fields:
        kinds: tuple[Callable[[], Fields], ...] = (
            self._firm,
            self._person,
            self._firm_abroad,
            self._foreigner,
        )
        found = self._chance.choices(kinds, (40, 36, 14, 10))[0]()
        if not (found["phone"] or found["email"]):  # nobody is a customer whom nothing reaches
            found["phone"] = self._mobile()
        return found

    def _only(self, name: str, ending: str) -> str:
        """A domain or a mailbox of this name that nobody has yet."""
        number = ""
        while f"{name}{number}{ending}" in self._taken:
            number = self._digits(3)
        self._taken.add(f"{name}{number}{ending}")
        return f"{name}{number}{ending}"

    def _county(self) -> str:
        """Every third in one of a few large cities."""
        return self._chance.choice(words.large_cities() if self._chance.random() < 0.35 else words.counties())  # noqa: PLR2004

    def _maybe(self, share: float, make: Callable[[], Any]) -> Any:
        return make() if self._chance.random() < share else None

    def _firm(self) -> Fields:
        chance = self._chance
        code = self._county()
        sign = "".join(chance.choices(words.SIGNS, k=chance.choices((2, 3, 4), (60, 25, 15))[0]))
        trade = "".join(chance.sample(words.TRADES, chance.choices((1, 2), (70, 30))[0]))
        place = words.city(code) if chance.random() < 0.7 else ""  # noqa: PLR2004
        host = f"{pinyin.full(sign)}{chance.choice(('', 'group', pinyin.initials(trade)))}"
        domain = self._only(host, f".{words.ending(chance)}")
        return {
            "name": f"{place}{sign}{trade}{chance.choice(words.FORMS)}",
            "kind": "organisation",
            "phone": self._maybe(0.92, self._mobile if chance.random() < 0.4 else self._landline),  # noqa: PLR2004
            "email": self._maybe(0.6, lambda: f"{chance.choice(words.BOXES)}@{domain}"),
            "tax_number": self._maybe(0.45, self._tax_number),
            "website": self._maybe(0.3, lambda: f"https://www.{domain}"),
            **self._home(code),
        }

    def _person(self) -> Fields:
        chance = self._chance
        given = "".join(
            chance.choices(words.GIVEN, words.GIVEN_WEIGHTS, k=chance.choices((1, 2), (25, 75))[0])
        )
        name = chance.choices(words.SURNAMES, words.SURNAME_WEIGHTS)[0] + given
        return {
            "name": name,
            "kind": "person",
            "phone": self._maybe(0.95, self._mobile),
            "email": self._maybe(0.45, lambda: self._mailbox(pinyin.full(name, person=True))),
            "birthday": self._maybe(0.4, self._birthday),
            **self._home(self._county()),
        }

    def _firm_abroad(self) -> Fields:
        chance = self._chance
        brand = " ".join(chance.sample(words.LATIN, chance.choices((1, 2), (35, 65))[0]))
        host = f"{brand.replace(' ', '').lower()}{chance.choice(('', '', 'group', 'intl'))}"
        domain = self._only(host, f".{words.ending(chance)}")
        return {
            "name": f"{brand} {chance.choice(words.LATIN_TRADES)} {chance.choice(words.LATIN_FORMS)}".strip(),
            "kind": "organisation",
            "phone": self._maybe(0.9, self._abroad),
            "email": self._maybe(0.6, lambda: f"{chance.choice(words.BOXES)}@{domain}"),
            "website": self._maybe(0.4, lambda: f"https://{domain}"),
            "region": self._maybe(0.85, lambda: chance.choice(words.PLACES_ABROAD)),
            "address": self._maybe(
                0.6, lambda: f"{chance.randrange(1, 400)} {chance.choice(words.STREETS_ABROAD)}"
            ),
        }

    def _foreigner(self) -> Fields:
        chance = self._chance
        first, last = chance.choice(words.FIRST_NAMES), chance.choice(words.LAST_NAMES)
        return {
            "name": f"{first} {last}",
            "kind": "person",
            "phone": self._maybe(0.9, self._abroad),
            "email": self._maybe(0.7, lambda: self._mailbox(f"{first}.{last}".lower())),
            "birthday": self._maybe(0.3, self._birthday),
            "region": self._maybe(0.75, lambda: chance.choice(words.PLACES_ABROAD)),
        }

    def _home(self, code: str) -> Fields:
        chance, names = self._chance, names_of_regions()
        parts = [names[f"{code[:2]}0000"], names.get(f"{code[:4]}00", ""), names[code]]
        street = f"{chance.choice(words.ROADS)}{chance.randrange(1, 900)}号"
        if chance.random() < 0.5:  # noqa: PLR2004
            street += f"{chance.randrange(1, 30)}栋{chance.randrange(101, 2800)}室"
        return {
            "region": self._maybe(0.9, lambda: code),
            "address": self._maybe(0.7, lambda: "".join(dict.fromkeys(parts)) + street),
        }

    def _mobile(self) -> str:
        return f"+861{self._chance.choice((38, 39, 35, 37, 58, 59, 86, 87, 88, 98))}{self._digits(8)}"

    def _landline(self) -> str:
        area = self._chance.choice((21, 10, 20, 28, 27, 25, 755, 571, 512))
        return f"+86{area}{self._chance.choice('68')}{self._digits(7)}"

    def _abroad(self) -> str:
        return f"+4420{self._chance.choice('378')}{self._digits(7)}"

    def _digits(self, count: int) -> str:
        return f"{self._chance.randrange(10**count):0{count}}"

    def _mailbox(self, name: str) -> str:
        number = self._chance.choice(
            ("", str(self._chance.randrange(1, 9999)), str(self._chance.randrange(1960, 2008)))
        )
        return self._only(f"{name}{number}", f"@{self._chance.choice(words.MAIL_HOSTS)}")

    def _tax_number(self) -> str:
        return f"91{self._digits(6)}{''.join(self._chance.choices('0123456789ABCDEFGHJKLMNPQRTUWXY', k=10))}"

    def _birthday(self) -> Fields:
        chance = self._chance
        day = {
            "month": chance.randrange(1, 13),
            "day": chance.randrange(1, 29),
            "year": chance.randrange(1945, 2006),
        }
        return {"calendar": "solar", "leap": False, **day}

    def _look_alike(self, one: Fields) -> Fields:
        """Another customer that shares something with this one."""
        person, chinese = one["kind"] == "person", not one["name"].isascii()
        other = self._person if chinese else self._foreigner
        kinds: tuple[Callable[[Fields, Fields], Fields], ...]
        if person:
            kinds = (self._relative, self._relative, self._namesake, self._colleague)
        else:
            kinds = (self._branch, self._branch, self._similar, self._tenant, self._owner)
            other = self._firm if chinese else self._firm_abroad
        return self._chance.choice(kinds)(one, other())

    def _relative(self, one: Fields, other: Fields) -> Fields:
        """A member of the family: its surname, its phone, its home."""
        given = other["name"][1:] if not other["name"].isascii() else other["name"].split()[0]
        name = one["name"][0] + given if not one["name"].isascii() else f"{given} {one['name'].split()[-1]}"
        keys = ["phone", "region", "address"]
        keys += ["email"] if self._chance.random() < 0.15 else []  # noqa: PLR2004
        shared = {key: one.get(key) for key in keys}
        return {**other, **shared, "name": name if name != one["name"] else name[0] + "安宁"}

    def _namesake(self, one: Fields, other: Fields) -> Fields:
        """Somebody else of that name, perhaps in the same town."""
        home = {"region": one.get("region")} if self._chance.random() < 0.4 else {}  # noqa: PLR2004
        return {**other, **home, "name": one["name"]}

    def _colleague(self, one: Fields, other: Fields) -> Fields:
        """Somebody who works at the same address and is reached through the same number."""
        return {
            **other,
            "phone": one.get("phone"),
            "address": one.get("address"),
            "region": one.get("region"),
        }

    def _owner(self, one: Fields, _: Fields) -> Fields:
        """Who owns the firm, a customer, too, and is reached as the firm is."""
        person = self._foreigner() if one["name"].isascii() else self._person()
        return {**person, **{key: one.get(key) for key in ("phone", "email", "region", "address")}}

    def _branch(self, one: Fields, other: Fields) -> Fields:
        """A shop or subsidiary of the brand, a customer itself, in another place or around the corner."""
        name = one["name"]
        for form in filter(None, (*words.FORMS, *words.LATIN_FORMS)):
            name = name.removesuffix(form).strip()
        near = self._chance.random() < 0.4  # noqa: PLR2004
        code = one.get("region") if near else other.get("region")
        if name.isascii():
            named = f"{name} {self._chance.choice(words.PLACES_ABROAD)}"
        elif near or code is None:
            named = f"{name}第{self._chance.choice('一二三四五六七八九')}分店"
        else:
            named = f"{name}有限公司{words.city(code)}分公司"
        shared = {"website": one.get("website"), "region": code}
        return {**other, **shared, "name": named, "email": None}

    def _similar(self, one: Fields, other: Fields) -> Fields:
        """A firm in the same town with almost the same name."""
        name = one["name"]
        if name.isascii():
            parts = name.split()
            parts[0] = self._chance.choice(words.LATIN)
            name = " ".join(parts)
        else:
            place = self._chance.randrange(min(2, len(name) - 1), min(5, len(name)))
            name = name[:place] + self._chance.choice(words.SIGNS) + name[place + 1 :]
        return {**other, "name": name if name != one["name"] else name + "二厂", "region": one.get("region")}

    def _tenant(self, one: Fields, other: Fields) -> Fields:
        """Another firm in the same house, perhaps with the phone of the same bookkeeper."""
        shared = {key: one.get(key) for key in ("address", "region")}
        phone = {"phone": one.get("phone")} if self._chance.random() < 0.4 else {}  # noqa: PLR2004
        return {**other, **shared, **phone}
