"""What came of it all, gathered for the page that is printed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tonglu_local.demo import cast
from tonglu_local.demo.api import Api

_MOST_AT_RISK = 10
_FIRST_REMINDERS = 5


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A customer that may be lost.

    `brought` in 52 weeks is what would be lost; `reasons` are (English, Chinese), the weightiest first.
    """

    customer_id: str
    name: str
    owner: str
    tier: str
    brought: Mapping[str, Any]
    value: Mapping[str, Any]
    probability: float
    level: str
    reasons: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """`spread` is customers by (tier, stage); `reminders` open ones by who has to do them."""

    orders: int
    spread: Mapping[tuple[str, str], int]
    at_risk: Sequence[AtRisk]
    warnings: Mapping[str, int]
    reminders: Sequence[tuple[str, str, int]]
    first_reminders: Sequence[Mapping[str, Any]]


async def gathered(api: Api) -> Summary:
    """Everything at once: the requests do not wait for each other."""
    staff = {one["id"]: one async for one in api.every("/v1/staff")}
    spread, at_risk, reminders, first, orders, high, medium = await asyncio.gather(
        api.get("/v1/insights/tiers"),
        _at_risk(api, staff),
        _by_person(api, staff),
        api.get("/v1/reminders", source="churn", limit=_FIRST_REMINDERS),
        api.total("/v1/orders", channel=cast.CHANNEL),
        api.total("/v1/churn-warnings", status="open", level="high"),
        api.total("/v1/churn-warnings", status="open", level="medium"),
    )
    return Summary(
        orders=orders,
        spread=_spread(spread["data"]),
        at_risk=at_risk,
        warnings={"high": high, "medium": medium},
        reminders=reminders,
        first_reminders=[await _with_names(api, one, staff) for one in first["data"]],
    )


def _spread(shares: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for share in shares:
        place = (share["tier"], share["lifecycle_stage"])
        found[place] = found.get(place, 0) + share["customers"]
    return found


async def _at_risk(api: Api, staff: Mapping[str, Mapping[str, Any]]) -> list[AtRisk]:
    """By what they have brought so far: that is what would be lost."""
    first = await api.get("/v1/scores", stage="at_risk", sort="-contributed_52", limit=_MOST_AT_RISK)
    return list(await asyncio.gather(*(_one(api, score, staff) for score in first["data"])))


async def _one(
    api: Api,
    score: Mapping[str, Any],
    staff: Mapping[str, Mapping[str, Any]],
) -> AtRisk:
    customer = await api.get(f"/v1/customers/{score['customer_id']}")
    chinese = await api.get(f"/v1/scores/{score['customer_id']}", language="zh-CN")
    texts = {reason["code"]: reason["text"] for reason in chinese["churn"]["reasons"]}
    churn = score["churn"]
    return AtRisk(
        customer_id=score["customer_id"],
        name=customer["name"],
        owner=_name(staff, customer["owner_id"]),
        tier=score["tier"],
        brought=score["contributed_52"],
        value=score["expected_value"],
        probability=churn["probability"] or 0.0,
        level=churn["level"],
        reasons=[(reason["text"], texts.get(reason["code"], "")) for reason in churn["reasons"]],
    )


async def _by_person(api: Api, staff: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """Name, source and number, the longest list first; nobody's without anything."""
    asked = [(person, source) for person in staff for source in ("churn", "complaint")]
    counts = await asyncio.gather(
        *(_open(api, source=source, assignee_id=person) for person, source in asked)
    )
    lines = [
        (_name(staff, person), source, count)
        for (person, source), count in zip(asked, counts, strict=True)
        if count
    ]
    unassigned = await _open(api, queue="unassigned")
    lines += [("unassigned 待分配", "", unassigned)] if unassigned else []
    return sorted(lines, key=lambda line: -line[2])


async def _open(api: Api, **query: str) -> int:
    counts = await asyncio.gather(
        *(api.total("/v1/reminders", state=state, **query) for state in ("scheduled", "due"))
    )
    return sum(counts)


async def _with_names(
    api: Api, reminder: Mapping[str, Any], staff: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    customer = await api.get(f"/v1/customers/{reminder['customer_id']}")
    return {
        "who": _name(staff, reminder["assignee_id"]),
        "subject": reminder["subject"],
        "customer": customer["name"],
        "due_at": reminder["due_at"],
    }


def _name(staff: Mapping[str, Mapping[str, Any]], person: str | None) -> str:
    known = staff.get(person) if person else None
    return str(known["display_name"]) if known else "–"
