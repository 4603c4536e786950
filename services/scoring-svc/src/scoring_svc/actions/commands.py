"""Recommendations set and taken back."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.actions import queries
from scoring_svc.actions.domain import DEFAULTS, MOST
from scoring_svc.actions.queries import TABLE
from scoring_svc.actions.schemas import ActionRuleSet
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict, not_found

_FIELDS = ("reason", "category", "tier", "stage", "action", "text_en", "text_zh", "priority", "active")
_expected = bindparam("b_expected", type_=Integer)
_TAKE_TURNS = prepare(select(func.pg_advisory_xact_lock(func.hashtextextended("recommended_action", 0))))
_new = insert(TABLE)
_SET = prepare(
    _new.on_conflict_do_update(
        index_elements=["name"],
        set_={
            **{name: _new.excluded[name] for name in (*_FIELDS, "updated_at", "updated_by")},
            "version": TABLE.c.version + 1,
        },
        where=or_(_expected.is_(None), TABLE.c.version == _expected),
    ).returning(*TABLE.c),
    *TABLE.c.keys(),
)
_FORGET = prepare(delete(TABLE).where(TABLE.c.name == bindparam("b_name", type_=Text)))


async def set_rule(
    tx: Tx, name: str, body: ActionRuleSet, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Put this recommendation in the place of the one of that name. Raises Stale, Conflict."""
    await tx.row(_TAKE_TURNS)
    current = await queries.one(tx, name)
    check_version(expected, 0 if current is None else current["version"])
    if not (current and current["version"]) and await queries.count(tx) >= MOST:
        raise Conflict(
            "too_many", en=f"There are {MOST} recommendations already.", zh=f"推荐措施最多 {MOST} 条。"
        )
    (row,) = await tx.rows(
        _SET,
        **{each: getattr(body, each) for each in _FIELDS},
        name=name,
        version=1,
        updated_at=tx.now,
        updated_by=by,
        b_expected=expected,
    )
    return {**dict(row), "default": name in DEFAULTS}


async def reset(tx: Tx, name: str, *, expected: int | None) -> None:
    """Forget what the company set: the default holds again, another one is gone. Raises NotFound, Stale."""
    await tx.row(_TAKE_TURNS)
    current = await queries.one(tx, name)
    if current is None:
        raise not_found("recommended action", "推荐措施")
    check_version(expected, current["version"])
    await tx.run(_FORGET, b_name=name)
