"""Who recommended us to whom, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, Uuid, bindparam, case, func, select

from scoring_svc.facts.tables import OrderRow
from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Reader, Record, prepare
from shared.references.tables import KNOWN

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_F: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True, slots=True)
class Referrals:
    """One place for each customer that came by another's recommendation, sorted by both.

    `referrer` and `referred` are ids ("U36") of customers as they are now, after mergers. `converted` is when
    the referred one first bought, in UTC (datetime64[us]); NaT while it has not.
    """

    referrer: NDArray[Any]
    referred: NDArray[Any]
    converted: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.referrer)


def _families(roots: Any, name: str) -> Any:
    """Each of these customers (`root`) with itself and all that were merged into it (`id`)."""
    family = select(roots.label("root"), roots.label("id")).cte(name, recursive=True)
    return family.union(
        select(family.c.root, KNOWN.c.id).join_from(family, KNOWN, KNOWN.c.merged_into == family.c.id)
    )


def _referrals(condition: Any) -> Any:
    """The referrals for which this holds, without those of customers that are one by now."""
    own, other = KNOWN.alias("own"), KNOWN.alias("other")
    referrer = case(
        (other.c.merged_into.is_(None), _F.c.referred_by),
        else_=func.customer_root(_F.c.referred_by, type_=Uuid),
    )
    known = (
        select(referrer.label("referrer"), _F.c.customer_id.label("referred"))
        .select_from(
            _F.outerjoin(own, own.c.id == _F.c.customer_id).outerjoin(other, other.c.id == _F.c.referred_by)
        )
        .where(condition, own.c.merged_into.is_(None), referrer != _F.c.customer_id)
        .cte("referral")
    )
    family = _families(known.c.referred, "bought_by")
    # Looked up for each one: as a join it would read all orders there are to learn a few customers' first.
    bought = (
        select(_O.c.ordered_at)
        .where(_O.c.customer_id == family.c.id, ~_O.c.voided, ~_O.c.is_return)
        .order_by(_O.c.ordered_at)
        .limit(1)
        .scalar_subquery()
    )
    each = select(family.c.root, bought.label("bought")).subquery()
    first = select(each.c.root, func.min(each.c.bought).label("converted")).group_by(each.c.root).subquery()
    return (
        select(known.c.referrer, known.c.referred, first.c.converted)
        .select_from(known.outerjoin(first, first.c.root == known.c.referred))
        .order_by(known.c.referrer, known.c.referred)
    )


_given = func.unnest(bindparam("customers", type_=ARRAY(Uuid))).column_valued("customer")
_of = _families(_given, "referring")
_ALL = prepare(_referrals(_F.c.referred_by.is_not(None)))
_OF = prepare(_referrals(_F.c.referred_by.in_(select(_of.c.id))))


_won = _referrals(_F.c.referred_by.is_not(None)).subquery()
WON = select(_won.c.referrer, _won.c.converted).where(_won.c.converted.is_not(None))
"""Who recommended us, and the first order of whom they won."""


async def referrals_of(reader: Reader, customers: Sequence[UUID]) -> Referrals:
    """Whom these customers, and those merged into them, recommended us to; none of them may be merged."""
    return _columns(await reader.rows(_OF, customers=list(customers)))


async def all_referrals(reader: Reader) -> Referrals:
    """All referrals that there are."""
    return _columns(await reader.rows(_ALL))


def _columns(rows: Sequence[Record]) -> Referrals:
    referrer, referred = (
        np.array([str(row[name]) for row in rows], dtype="U36") for name in ("referrer", "referred")
    )
    converted = [
        _NEVER if row["converted"] is None else row["converted"].replace(tzinfo=None) for row in rows
    ]
    return Referrals(referrer, referred, np.array(converted, dtype="datetime64[us]"))
