"""What strong identities say of a pair: the same account elsewhere, or two that one customer hardly has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from customer_svc.duplicates.commands import Found
from customer_svc.duplicates.domain import judge_anew
from customer_svc.identities.tables import Identity
from shared.db import Reader, prepare

_t: Any = Identity.__table__  # type: ignore[attr-defined]
_STRONG = prepare(
    select(_t.c.customer_id, _t.c.kind, _t.c.channel, _t.c.external_id).where(
        _t.c.customer_id == any_(bindparam("ids", type_=ARRAY(Uuid))), _t.c.strength == "strong"
    )
)
_Known = Mapping[str, Mapping[str, set[str]]]


async def with_identities(db: Reader, found: Sequence[Found]) -> list[Found]:
    """The pairs with what their strong identities say, without those that look like two customers then."""
    ids = {one for each in found for one in (each.first_id, each.second_id)}
    known: dict[UUID, Any] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for row in await db.rows(_STRONG, ids=sorted(ids)) if ids else []:
        known[row["customer_id"]][row["kind"]][row["channel"]].add(row["external_id"])
    made = []
    for each in found:
        said = _said(known[each.first_id], known[each.second_id]) if known else None
        if said is None:
            made.append(each)
            continue
        verdict = judge_anew(each.features, ("identity", said), persons=each.persons)
        if verdict.level is not None:
            made.append(each._replace(score=verdict.score, level=verdict.level, features=verdict.features))
    return made


def _said(one: _Known, other: _Known) -> str | None:
    """`same` where they share one, whatever channel it is of; `differs` where a channel knows two."""
    shared = one.keys() & other.keys()
    if any(_all(one[kind]) & _all(other[kind]) for kind in shared - {"external"}):
        return "same"
    apart = any(one[kind].keys() & other[kind].keys() for kind in shared)
    return "differs" if apart else None


def _all(by_channel: Mapping[str, set[str]]) -> set[str]:
    return set().union(*by_channel.values())
