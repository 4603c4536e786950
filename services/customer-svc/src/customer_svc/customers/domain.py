"""Rules of the customer archive as pure functions: keys for sorting and search, birthdays."""

from datetime import date
from typing import Any, Literal, get_args

from customer_svc.cleansing.pinyin import spelt
from shared.problems import Conflict, Invalid
from shared.searching.characters import plain

Kind = Literal["organisation", "person"]
Status = Literal["active", "archived", "merged"]
KINDS: tuple[str, ...] = get_args(Kind)
STATUSES: tuple[str, ...] = get_args(Status)

_LEAP_YEAR = 2000
_LUNAR_MONTH_DAYS = 30
_LONGEST_SPELT = 300


def code_taken() -> Conflict:
    return Conflict("code_taken", en="Another customer has this code.", zh="该客户代码已被使用。")


def tax_number_taken() -> Conflict:
    return Conflict(
        "tax_number_taken", en="Another customer has this tax number.", zh="该税号已被另一个客户使用。"
    )


def identity_taken() -> Conflict:
    return Conflict(
        "identity_taken", en="This identity belongs to another customer.", zh="该身份标识属于另一个客户。"
    )


def referrer_unknown() -> Invalid:
    return Invalid.at(
        "/referred_by", "customer_unknown", en="There is no such customer.", zh="没有这个客户。"
    )


def refers_itself() -> Invalid:
    return Invalid.at(
        "/referred_by", "same_customer", en="A customer cannot refer itself.", zh="客户不能推荐自己。"
    )


def referral_circle() -> Invalid:
    return Invalid.at(
        "/referred_by",
        "referral_circle",
        en="This customer itself came by a recommendation of the one that it is to have referred.",
        zh="该推荐人本身是由此客户直接或间接推荐而来的。",
    )


def searchable(name: str, kind: Kind) -> dict[str, Any]:
    """The columns by which a name is compared and sorted."""
    key = plain(name)
    return {"name_key": key, "name_pinyin": spelt(key, person=kind == "person")[:_LONGEST_SPELT]}


def birthday_exists(calendar: str, month: int, day: int, *, leap: bool, year: int | None) -> bool:
    """Whether there is such a day; 29 February without a year counts, a lunar month has up to 30 days."""
    if calendar == "lunar":
        return day <= _LUNAR_MONTH_DAYS
    try:
        date(year or _LEAP_YEAR, month, day)
    except ValueError:
        return False
    return not leap
