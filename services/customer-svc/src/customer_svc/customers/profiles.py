"""What two customers are compared by: names, numbers and places of a record in their normal forms."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from customer_svc.cleansing.addresses import parted
from customer_svc.cleansing.companies import branch, core
from customer_svc.cleansing.sounds import sounds
from shared.searching.characters import IDEOGRAPHS, plain

COMPARED = ("name", "kind", "phone", "email", "tax_number", "region", "address", "website", "birthday")
"""The fields that are looked at."""
_WORD = re.compile(r"[^\W_]+")
_TITLE = re.compile(r"(?<=[^\W\d_])(?:先生|女士|小姐|太太|老师|经理|总)$|^(?:mr|mrs|ms|miss|dr)\b\.?")
_CODE = re.compile(r"\d{6}")
MUNICIPALITIES = ("11", "12", "31", "50")
"""Provinces that are one city."""
_MARKETS = re.compile(
    r"(?:^|\.)(?:taobao|tmall|jd|1688|pinduoduo|alibaba|weixin|qq|weibo|douyin|facebook|instagram|linkedin)\."
)
_HEAD = 2


class Profile(NamedTuple):
    """A record as it is compared; what is missing is empty.

    `name` is the core of a company's name, `sounds` are its sounds and `sound` the same in the order of the
    alphabet. `place` is the prefecture of a coded region (a municipality as a whole), else its words; `home`
    is the region that a company's name begins with.
    """

    kind: str
    name: str
    sounds: tuple[str, ...]
    sound: str
    branch: str
    phone: str
    email: str
    tax_number: str
    region: str
    place: str
    home: str
    street: str
    host: str
    birthday: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Of a customer's row, or of any mapping with the fields of `COMPARED`."""
        full, person = plain(record["name"]), record["kind"] == "person"
        name = _person(full) if person else core(full)
        heard = sounds(name, person=person)
        region, street = _located(record["region"], record["address"])
        return cls(
            record["kind"],
            name,
            heard,
            " ".join(sorted(sound for sound in heard if not person or len(sound) > 1) or heard),
            "" if person else branch(full),
            record["phone"] or "",
            (record["email"] or "").casefold(),
            record["tax_number"] or "",
            region,
            _place(region),
            "" if person else parted(full).code or "",
            street,
            _host(record["website"]),
            _day(record["birthday"]),
        )

    def sounding(self) -> str:
        """The word that leads to its namesakes."""
        return f"s{self.sound}"

    def proving(self) -> Iterator[str]:
        """Words that lead to records with a number, an address, a day or a name and a town in common."""
        yield from (f"p{self.phone}",) if self.phone else ()
        yield from (f"e{self.email}",) if self.email else ()
        yield from (f"t{self.tax_number}",) if self.tax_number else ()
        if self.place and self.kind == "organisation":
            yield f"r{self.sound}|{self.place}"
        yield from (f"a{self.street}|{self.place}",) if self.street else ()
        if self.birthday:
            yield f"b{''.join(sorted(sound[0] for sound in self.sounds))}|{self.birthday}"

    def others(self) -> Iterator[str]:
        """Words that lead to further records worth a look: the beginning of a name in a town, a website."""
        if self.place:
            if self.kind == "person":
                yield f"r{self.sound}|{self.place}"
            elif len(self.sounds) > _HEAD:
                yield f"h{' '.join(self.sounds[:_HEAD])}|{self.place}"
        yield from (f"w{self.host}",) if self.host else ()


def _person(name: str) -> str:
    """Without titles; Latin names in the order of the alphabet, for surnames stand on either side."""
    name = _TITLE.sub("", name)
    words = _WORD.findall(name)
    return "".join(words) if IDEOGRAPHS.search(name) else " ".join(sorted(words)) or name


def _located(region: str | None, address: str | None) -> tuple[str, str]:
    """The region, as it is said or else as the address says it, and what the address says beside it."""
    found = parted(plain(address)) if address else None
    said = plain(region) if region else (found and found.code) or ""
    return said, "".join(_WORD.findall(found.rest)) if found else ""


def _place(region: str) -> str:
    if not _CODE.fullmatch(region):
        return region
    return region[:2] if region.startswith(MUNICIPALITIES) else region[:4]


def _host(website: str | None) -> str:
    """The host of a website; none on a market or in a network, where many have their pages."""
    if not website:
        return ""
    host = (urlsplit(website if "://" in website else f"//{website}").hostname or "").removeprefix("www.")
    return "" if _MARKETS.search(host) else host


def _day(birthday: Mapping[str, Any] | None) -> str:
    """A birthday with its year; without one it says too little."""
    if not birthday or birthday.get("year") is None:
        return ""
    leap = "+" if birthday.get("leap") else ""
    return f"{birthday['calendar'][0]}{birthday['year']}-{birthday['month']}{leap}-{birthday['day']}"
