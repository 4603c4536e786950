"""Setting the rule."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, or_
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.visit_rules import queries
from interaction_svc.visit_rules.queries import RULE
from interaction_svc.visit_rules.schemas import VisitRuleSet
from shared.db import Tx, prepare
from shared.http import check_version

_expected = bindparam("b_expected", type_=Integer)
_new = insert(RULE)
# Two who set it at the same time: the version decides in the statement, for there may be no row to lock.
_SET = prepare(
    _new.on_conflict_do_update(
        index_elements=["single"],
        set_={
            **{name: _new.excluded[name] for name in ("tiers", "senior_roles", "every_days")},
            **{name: _new.excluded[name] for name in ("updated_at", "updated_by")},
            "version": RULE.c.version + 1,
        },
        where=or_(_expected.is_(None), RULE.c.version == _expected),
    ).returning(*RULE.c),
    *RULE.c.keys(),
)


async def set_rule(tx: Tx, body: VisitRuleSet, *, by: UUID, expected: int | None) -> dict[str, Any]:
    """Put this rule in the place of the one that was there. Raises Stale."""
    check_version(expected, (await queries.rule(tx))["version"])
    row = await tx.row(
        _SET,
        single=True,
        tiers=sorted(set(body.tiers)),
        senior_roles=sorted(set(body.senior_roles)),
        every_days=body.every_days,
        version=1,
        updated_at=tx.now,
        updated_by=by,
        b_expected=expected,
    )
    if row is None:
        check_version(expected, (await queries.rule(tx))["version"])
    return dict(row) if row is not None else await queries.rule(tx)
