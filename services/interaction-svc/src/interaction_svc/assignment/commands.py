"""Every change of a rule of assignment, and finding an owner by them."""

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import ForeignKeyViolationError
from sqlalchemy import Integer, Uuid, bindparam, delete, insert, update

from interaction_svc.assignment import queries
from interaction_svc.assignment.domain import Candidate, Choice, Matter, choose, fits
from interaction_svc.assignment.schemas import RuleCreate, RulePatch
from interaction_svc.assignment.tables import AssignmentRule
from shared.db import Prepared, Reader, Tx, prepare
from shared.http import check_version
from shared.problems import Invalid, NotFound

_T: Any = AssignmentRule.__table__  # type: ignore[attr-defined]
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_CHANGE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)),
    *(column.key for column in _T.c if column.key not in {"id", "created_at", "last_staff_id"}),
)
_TAKE_TURN = prepare(update(_T).where(_this), "last_staff_id")
_REMOVE = prepare(delete(_T).where(_this))


class Look(NamedTuple):
    """One rule that fits, its team, and whom it chooses."""

    rule: dict[str, Any]
    team: list[Candidate]
    choice: Choice


async def create_rule(tx: Tx, body: RuleCreate) -> dict[str, Any]:
    """A new rule; Invalid for a team that is not there."""
    row = {
        **body.model_dump(),
        "id": tx.new_id(),
        "last_staff_id": None,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await _written(tx, _INSERT, **row)
    return row


async def change_rule(tx: Tx, rule_id: UUID, patch: RulePatch, *, expected: int | None) -> dict[str, Any]:
    """Change what was sent. NotFound, Stale, Invalid as when created."""
    before = await queries.rule_to_change(tx, rule_id)
    check_version(expected, before["version"])
    after = {**before, **patch.changes(), "version": before["version"] + 1, "updated_at": tx.now}
    await _written(tx, _CHANGE, b_id=rule_id, b_version=before["version"], **after)
    return after


async def remove_rule(tx: Tx, rule_id: UUID, *, expected: int | None) -> None:
    """Remove it. NotFound, Stale."""
    before = await queries.rule_to_change(tx, rule_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=rule_id)


async def find_owner(tx: Tx, matter: Matter) -> UUID | None:
    """Who gets a complaint by the first rule that finds somebody, who then had their turn; None: nobody.

    A rule is locked when it is asked, so that two complaints of the same moment do not go to one person.
    """
    async for look in _looks(tx, matter, held=queries.rule_to_change):
        if look.choice.staff_id is not None:
            await tx.run(_TAKE_TURN, b_id=look.rule["id"], last_staff_id=look.choice.staff_id)
            return look.choice.staff_id
    return None


async def dry_run(reader: Reader, matter: Matter) -> dict[str, Any]:
    """Who would get it, and why nobody else; nothing changes."""
    looks: list[Look] = []
    async for look in _looks(reader, matter, held=queries.rule):
        looks.append(look)
        if look.choice.staff_id is not None:
            break
    last = looks[-1] if looks else None
    found = last is not None and last.choice.staff_id is not None
    return {
        "rule_id": last.rule["id"] if last and found else None,
        "staff_id": last.choice.staff_id if last else None,
        "rules": [_shown(look) for look in looks],
    }


async def _looks(db: Any, matter: Matter, *, held: Callable[[Any, UUID], Any]) -> AsyncIterator[Look]:
    for each in await queries.active(db):
        if not fits(each, matter):
            continue
        try:
            rule = await held(db, each["id"])
        except NotFound:  # removed since
            continue
        team = await queries.candidates(db, rule["team_id"])
        yield Look(rule, team, choose(rule["method"], team, matter, last=rule["last_staff_id"]))


def _shown(look: Look) -> dict[str, Any]:
    considered = [
        {"staff_id": each.staff_id, "open": each.open, "why": look.choice.considered[each.staff_id]}
        for each in look.team
    ]
    return {
        "rule_id": look.rule["id"],
        "name": look.rule["name"],
        "method": look.rule["method"],
        "staff_id": look.choice.staff_id,
        "considered": considered,
    }


async def _written(tx: Tx, statement: Prepared, **values: Any) -> None:
    try:
        await tx.run(statement, **values)
    except ForeignKeyViolationError:
        raise Invalid.at("/team_id", "team_unknown", en="is no team", zh="该服务团队不存在") from None
