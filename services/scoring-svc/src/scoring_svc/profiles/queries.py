"""What customers are, read back as the columns that models and policies take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from scoring_svc.profiles.domain import ATTRIBUTES, Profiles
from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Reader, Record, prepare
from shared.references.tables import KNOWN as _R

_T: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_OWN = ("kind", "industry", "region", "size")
_named = _R.alias("named")
_READ = select(_T.c.customer_id, *(_T.c[name] for name in _OWN), _named.c.channel).select_from(
    _T.outerjoin(_named, _named.c.id == _T.c.customer_id)
)
_OF = prepare(_READ.where(_T.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid)))))
_REFERRERS = prepare(
    select(_T.c.referred_by)
    .where(
        _T.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))),
        _T.c.referred_by.is_not(None),
    )
    .distinct()
)


async def referrers(reader: Reader, customers: Sequence[UUID]) -> list[UUID]:
    """By whose recommendation these customers came."""
    return [row["referred_by"] for row in await reader.rows(_REFERRERS, customers=list(customers))]


async def profiles_of(reader: Reader, customers: Sequence[UUID]) -> Profiles:
    """What these customers are, in their order; nothing is known of one that nobody told of.

    None of them may be merged: the profile of a customer that absorbed others is its own.
    """
    chosen = list(customers)
    known = {row["customer_id"]: row for row in await reader.rows(_OF, customers=chosen)}
    return _profiles(chosen, known)


def _profiles(customers: Iterable[UUID], known: Mapping[UUID, Record]) -> Profiles:
    rows = [known.get(customer) for customer in customers]
    words: dict[str, str] = {}  # one object for each word, however many customers share it

    def column(name: str) -> Any:
        said = ("" if row is None else row[name] or "" for row in rows)
        return np.array([words.setdefault(each, each) for each in said], dtype=object)

    ids = np.array([str(customer) for customer in customers], dtype="U36")
    return Profiles(ids, **{name: column(name) for name in ATTRIBUTES})
