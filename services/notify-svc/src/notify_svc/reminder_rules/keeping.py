"""Every change of the rules themselves, and of what is kept for those that are made later."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from notify_svc.reminder_rules import commands, queries
from notify_svc.reminder_rules.domain import FOR_GOOD, check_rule, will_end
from notify_svc.reminder_rules.queries import CONTRACT, RULE
from shared.db import Record, Tx, prepare
from shared.events.customer import ContractChanged
from shared.http import check_version

_FIXED = {"id", "created_by", "created_at"}
_ADD = prepare(insert(RULE).returning(RULE), *RULE.c.keys())
_SAVE = prepare(
    update(RULE).where(RULE.c.id == bindparam("b_id")).returning(RULE),
    *(name for name in RULE.c.keys() if name not in _FIXED),  # noqa: SIM118 - a collection of columns
)
_DROP = prepare(delete(RULE).where(RULE.c.id == bindparam("b_id")))

_KEPT = ("id", "customer_id", "distributor_id", "owner_id", "ends_on", "version")
_end = upsert(CONTRACT)
_KEEP_END = prepare(
    _end.on_conflict_do_update(
        index_elements=[CONTRACT.c.id],
        set_={name: _end.excluded[name] for name in ("owner_id", "ends_on", "version")},
        where=CONTRACT.c.version < _end.excluded.version,
    ),
    *_KEPT,
)


async def add(tx: Tx, given: Mapping[str, Any], *, by: UUID) -> Record:
    """Store a rule; Invalid if its parts do not go together."""
    row = {
        **dict.fromkeys(RULE.c.keys()),
        **given,
        "id": tx.new_id(),
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    check_rule(row)
    return await tx.row(_ADD, **row)  # type: ignore[return-value]  # INSERT … RETURNING gives its row


async def change(
    tx: Tx, rule_id: UUID, changes: Mapping[str, Any], *, by: UUID, expected: int | None
) -> Record:
    """Change a rule for what happens from now on; one that does not count any more takes its reminders back.

    Raises NotFound, Stale, Invalid if its parts do not go together.
    """
    before = await queries.rule_for_update(tx, rule_id)
    check_version(expected, before["version"])
    values = {**before, **changes, "updated_at": tx.now, "version": before["version"] + 1}
    check_rule(values)
    after = await tx.row(_SAVE, b_id=rule_id, **values)
    if before["active"] and not values["active"]:
        await commands.withdraw(tx, rule_id, by=by)
    return after  # type: ignore[return-value]  # the row is locked


async def drop(tx: Tx, rule_id: UUID, *, by: UUID, expected: int | None) -> None:
    """Remove a rule and what it has scheduled; what is due stays. Raises NotFound, Stale."""
    before = await queries.rule_for_update(tx, rule_id)
    check_version(expected, before["version"])
    await commands.withdraw(tx, rule_id, by=by)
    await tx.run(_DROP, b_id=rule_id)


async def keep_end(tx: Tx, told: ContractChanged) -> None:
    """Until when a contract is in force, by the newest that was told of it."""
    about = {name: getattr(told, name) for name in ("customer_id", "distributor_id", "owner_id", "version")}
    await tx.run(_KEEP_END, id=told.subject, ends_on=told.ends_on if will_end(told) else None, **about)


async def renew(tx: Tx, told: ContractChanged, renewed: UUID) -> None:
    """Another contract took the place of this one, whatever is told of it later."""
    about = {name: getattr(told, name) for name in ("customer_id", "distributor_id", "owner_id")}
    await tx.run(_KEEP_END, id=renewed, ends_on=None, version=FOR_GOOD, **about)
