"""Lines beside a score, worked out when it is read: what recommendations are worth, what made it negative."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, func, select

from scoring_svc.facts import queries as facts
from scoring_svc.facts.referrals import referrals_of
from scoring_svc.facts.tables import OrderRow
from scoring_svc.modelling.negative import balance, causes
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.referrals import referral_value
from scoring_svc.modelling.weeks import YEAR
from scoring_svc.scores.queries import SIGHT
from scoring_svc.scores.tables import Score
from shared.db import Reader, prepare, visible

Row = Mapping[str, Any]
_S: Any = Score.__table__  # type: ignore[attr-defined]
_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)
_MOVED = prepare(
    select(
        func.coalesce(func.sum(_O.c.amount_minor).filter(~_O.c.is_return), 0).label("sold"),
        func.coalesce(func.sum(_O.c.amount_minor).filter(_O.c.is_return), 0).label("returned"),
    ).where(
        _O.c.customer_id == func.any(bindparam("b_family", type_=ARRAY(Uuid))),
        _O.c.currency == bindparam("b_currency", type_=Text),
        ~_O.c.voided,
        _O.c.ordered_at >= bindparam("b_since", type_=_MOMENT),
        _O.c.ordered_at <= bindparam("b_until", type_=_MOMENT),
    )
)


async def referrals(reader: Reader, score: Row, policy: Policy) -> dict[str, Any]:
    """What came of a customer's recommendations, as far as the caller sees them: `converted, share, amount`.

    Those who have ordered by now count, each with what it is expected to bring in 52 weeks.
    """
    found = await referrals_of(reader, [score["customer_id"]])
    won = [UUID(str(one)) for one in found.referred[~np.isnat(found.converted)]]
    statement = select(_S.c.value_52_minor).where(
        _S.c.customer_id.in_(won), _S.c.currency == score["currency"], *visible(reader.scope, SIGHT)
    )
    values = [float(row["value_52_minor"]) for row in await reader.rows(statement)] if won else []
    worth = referral_value(
        np.array([-1, *(0 for _ in values)]),
        np.array([np.nan, *values]),
        np.array([len(won), *(0 for _ in values)], dtype=np.float64),
        share=policy.referral_share,
    )
    amount = {"amount_minor": round(float(worth[0])), "currency": score["currency"]}
    return {"converted": len(won), "share": policy.referral_share, "amount": amount}


async def negative_causes(reader: Reader, score: Row, policy: Policy) -> list[dict[str, Any]]:
    """What made the contribution of 52 weeks negative, the dearest first; nothing where it is not."""
    if not score["negative_value"]:
        return []
    moved = await reader.row(
        _MOVED,
        b_family=list(await facts.keepers_of(reader, [score["customer_id"]])),
        b_currency=score["currency"],
        b_since=_a_year_before(score["scored_at"]),
        b_until=score["scored_at"],
    )
    sold, returned = (float(moved[name]) if moved else 0.0 for name in ("sold", "returned"))
    known = balance(
        sold=np.array([sold]),
        returned=np.array([returned]),
        service=np.array([_service(score["features"], policy) * facts.MINOR_PER_UNIT]),
        margin=policy.margin,
    )
    return [
        {"cost": each.cost, "amount": {"amount_minor": round(each.amount), "currency": score["currency"]}}
        for each in causes(known, 0)
    ]


def _service(features: Row, policy: Policy) -> float:
    complaints, contacts = features["complaints_52"], features["contacts_52"]
    return float(policy.complaint_cost * complaints + policy.contact_cost * contacts)


def _a_year_before(moment: datetime) -> datetime:
    """The first moment of the 52 weeks that end with this day, as features count: whole days in UTC."""
    first = moment.astimezone(UTC).date() - timedelta(weeks=YEAR) + timedelta(days=1)
    return datetime.combine(first, time(), UTC)
