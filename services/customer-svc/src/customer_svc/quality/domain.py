"""What is missing, invalid or stale of a customer, and how much each finding costs of 100 points.

The dimensions are three of ISO/IEC 25012: completeness, accuracy (as far as a value can be judged by itself)
and currentness. Nothing is asked of anybody: the row, its contacts and its identities tell.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from customer_svc.customers.domain import KINDS
from customer_svc.fields import email_normal, phone_e164
from customer_svc.quality.placeholders import stands_in, stands_in_as_email, stands_in_as_phone
from customer_svc.quality.places import contradict, known_region
from customer_svc.tax_numbers import tax_number

Dimension = Literal["missing", "invalid", "stale"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
RULES = 1
"""Which rules judged; what others judged is judged anew."""
FULL = 100
FRESH_FOR = timedelta(days=365)
"""So long after somebody changed or confirmed a customer its data count as current."""


class Facts(NamedTuple):
    """What a customer's row does not say itself."""

    contacts: bool = False
    deciders: bool = False
    strong_identity: bool = False
    phone_verified: bool = False
    confirmed_at: datetime | None = None


class Case(NamedTuple):
    """A customer as it is judged at a moment."""

    row: Mapping[str, Any]
    facts: Facts
    at: datetime

    @property
    def touched_at(self) -> datetime:
        """When somebody last changed or confirmed it."""
        updated: datetime = self.row["updated_at"]
        return max(updated, self.facts.confirmed_at or updated)

    @property
    def stale(self) -> bool:
        return self.touched_at <= self.at - FRESH_FOR

    def lacks(self, *fields: str) -> bool:
        return all(self.row[field] is None for field in fields)


@dataclass(frozen=True, slots=True)
class Rule:
    """One finding; `weights` are the points it costs an organisation and a person, 0 if it is none there.

    `field` is the field of the customer to look at, or what belongs to it (`contacts`, `identities`).
    """

    code: str
    field: str
    dimension: Dimension
    weights: tuple[int, int]
    en: str
    zh: str
    found: Callable[[Case], bool]

    def weight(self, kind: str) -> int:
        return self.weights[kind == "person"]


def _missing(field: str, weights: tuple[int, int], en: str, zh: str) -> Rule:
    return Rule(f"{field}_missing", field, "missing", weights, en, zh, lambda case: case.lacks(field))


def _invalid(
    field: str, weights: tuple[int, int], en: str, zh: str, *, wrong: Callable[[str], bool] = stands_in
) -> Rule:
    def found(case: Case) -> bool:
        value = case.row[field]
        return value is not None and wrong(value)

    return Rule(f"{field}_invalid", field, "invalid", weights, en, zh, found)


def _wrong_phone(number: str) -> bool:
    return stands_in_as_phone(number) or phone_e164(number) != number


def _wrong_email(address: str) -> bool:
    return stands_in_as_email(address) or email_normal(address) is None


def _wrong_region(region: str) -> bool:
    return stands_in(region) or not known_region(region)


def _contradicted(case: Case) -> bool:
    region, address = case.row["region"], case.row["address"]
    return region is not None and address is not None and contradict(region, address)


_RULES = (
    Rule(
        "reach_missing",
        "phone",
        "missing",
        (20, 25),
        "Neither a phone number nor an e-mail address is known.",
        "没有电话，也没有邮箱。",
        lambda case: case.lacks("phone", "email"),
    ),
    _missing("region", (8, 8), "The region is missing.", "缺少所在地区。"),
    _missing("address", (8, 8), "The address is missing.", "缺少地址。"),
    _missing("industry", (8, 0), "The industry is missing.", "缺少行业。"),
    _missing("size", (6, 0), "The size is missing.", "缺少规模。"),
    _missing("tax_number", (10, 0), "The tax number is missing.", "缺少税号（统一社会信用代码）。"),
    _missing("birthday", (0, 8), "The birthday is missing.", "缺少生日。"),
    _missing("channel", (6, 8), "Nobody said through which channel it came.", "缺少来源渠道。"),
    Rule(
        "owner_missing",
        "owner_id",
        "missing",
        (8, 10),
        "Nobody looks after it: neither somebody of the staff nor a distributor.",
        "无人负责：没有负责人，也没有所属经销商。",
        lambda case: case.lacks("owner_id", "distributor_id"),
    ),
    Rule(
        "contact_missing",
        "contacts",
        "missing",
        (12, 0),
        "No person there is known.",
        "没有联系人。",
        lambda case: not case.facts.contacts,
    ),
    Rule(
        "decider_missing",
        "contacts",
        "missing",
        (6, 0),
        "None of the persons known there is said to decide.",
        "联系人中没有关键决策人。",
        lambda case: case.facts.contacts and not case.facts.deciders,
    ),
    Rule(
        "identity_missing",
        "identities",
        "missing",
        (0, 12),
        "Nothing tells this person apart for certain: no verified phone or e-mail, no other strong identity.",
        "没有可确认身份的强标识（已验证的电话、邮箱等）。",
        lambda case: not case.facts.strong_identity,
    ),
    _invalid("name", (20, 20), "The name only stands in for one.", "名称是占位内容。"),
    _invalid(
        "phone",
        (15, 20),
        "The phone number is none, or only stands in for one.",
        "电话号码无效或为占位号码。",
        wrong=_wrong_phone,
    ),
    _invalid(
        "email",
        (10, 10),
        "The e-mail address is none, or only stands in for one.",
        "邮箱无效或为占位邮箱。",
        wrong=_wrong_email,
    ),
    _invalid(
        "tax_number",
        (10, 10),
        "The tax number's form or check digit is wrong.",
        "税号格式或校验位有误。",
        wrong=lambda number: tax_number(number) != number,
    ),
    _invalid(
        "region",
        (8, 8),
        "The region's code is not in the register, or only stands in for one.",
        "地区代码不在行政区划表中或为占位内容。",
        wrong=_wrong_region,
    ),
    Rule(
        "region_contradicted",
        "region",
        "invalid",
        (8, 8),
        "The address lies in another region.",
        "地区与地址不符。",
        _contradicted,
    ),
    _invalid("address", (8, 8), "The address only stands in for one.", "地址是占位内容。"),
    _invalid("industry", (8, 0), "The industry only stands in for one.", "行业是占位内容。"),
    _invalid("size", (6, 0), "The size only stands in for one.", "规模是占位内容。"),
    Rule(
        "record_stale",
        "updated_at",
        "stale",
        (10, 10),
        "Nobody has changed or confirmed it for a year.",
        "一年以上未更新也未确认。",
        lambda case: case.stale,
    ),
    Rule(
        "phone_stale",
        "phone",
        "stale",
        (5, 5),
        "The phone number was never verified, and nobody has confirmed it for a year.",
        "电话从未验证，且一年以上未确认。",
        lambda case: case.stale and case.row["phone"] is not None and not case.facts.phone_verified,
    ),
)
BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in _RULES}
"""All rules by their codes, in the order in which findings are told."""
CODES: tuple[str, ...] = tuple(BY_CODE)
_BY_KIND = {kind: [(rule, weight) for rule in _RULES if (weight := rule.weight(kind))] for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a customer, and when it will have been stale if nobody touches it."""

    codes: tuple[str, ...]
    score: int
    lost: Mapping[Dimension, int]
    touched_at: datetime

    @property
    def stale_at(self) -> datetime:
        return self.touched_at + FRESH_FOR


def judge(row: Mapping[str, Any], facts: Facts, at: datetime) -> Verdict:
    """Judge a customer's row with what else is known of it, as of a moment."""
    case, codes, lost = Case(row, facts, at), [], dict.fromkeys(DIMENSIONS, 0)
    for rule, weight in _BY_KIND[row["kind"]]:
        if rule.found(case):
            codes.append(rule.code)
            lost[rule.dimension] += weight
    return Verdict(tuple(codes), max(0, FULL - sum(lost.values())), lost, case.touched_at)


def told(codes: Iterable[str], kind: str, *, zh: bool) -> list[dict[str, Any]]:
    """Findings of a customer of this kind as they are told, in Chinese or English."""
    return [{**worded(BY_CODE[code], zh=zh), "weight": BY_CODE[code].weight(kind)} for code in codes]


def worded(rule: Rule, *, zh: bool) -> dict[str, Any]:
    """A finding in words."""
    told = {"code": rule.code, "field": rule.field, "dimension": rule.dimension}
    return {**told, "text": rule.zh if zh else rule.en}
