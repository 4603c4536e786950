"""Rules of imports: of what they are, and how money is written in a file."""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

Entity = Literal["customers", "orders", "contacts", "distributors", "interactions"]
ENTITIES: tuple[str, ...] = get_args(Entity)
RECORDS: Mapping[Entity, str] = {
    "customers": "customer",
    "orders": "order",
    "contacts": "contact",
    "distributors": "distributor",
    "interactions": "interaction",
}
"""What a row of each is when it is stored."""
PART = "part"
"""What was made together with a record and goes with it."""
KINDS: tuple[str, ...] = (*RECORDS.values(), "identity", PART)
Policy = Literal["skip", "update", "new"]
POLICIES: tuple[str, ...] = get_args(Policy)
SUGGESTED: Literal["suggested"] = "suggested"
CHUNK_ROWS = 1000
KEPT_FAULTS = 10_000
HOME_ZONE = "Asia/Shanghai"

NO_DECIMALS = [
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
]
THREE_DECIMALS = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
_DECIMALS = dict.fromkeys(NO_DECIMALS, 0) | dict.fromkeys(THREE_DECIMALS, 3)
_BIRTHDAY = re.compile(
    r"(lunar|农历)? ?(?:([0-9]{4})[-/.])?([0-9]{1,2})[-/.]([0-9]{1,2})(?: ?(leap|闰月?))?", re.IGNORECASE
)
_DIGITS = re.compile(r"[0-9]{1,19}")


def birthday(text: str) -> dict[str, Any]:
    """A day as files write it: `1980-05-12`, `05-12`, `lunar 08-15`, `农历 1980-06-01 leap`; ValueError else.

    Whether there is such a day is judged by the model.
    """
    found = _BIRTHDAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("no birthday")
    lunar, year, month, day, leap = found.groups()
    return {
        "calendar": "lunar" if lunar else "solar",
        "year": year and int(year),
        "month": int(month),
        "day": int(day),
        "leap": leap is not None,
    }


def minor_units(amount: str, currency: str) -> int:
    """Decimal units as minor ones (ISO 4217: `12.5` CNY is 1250); ValueError when it has no such form."""
    decimals = _DECIMALS.get(currency, 2)
    whole, dot, part = amount.partition(".")
    if len(part) > decimals or (dot and not part) or not _DIGITS.fullmatch(whole + part):
        raise ValueError("no amount")
    return int(whole + part.ljust(decimals, "0")) if whole else _without_whole()


def _without_whole() -> int:
    raise ValueError("no amount")
