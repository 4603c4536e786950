"""Every SELECT of care rules, of what came of them, and of where customers live."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, func, select, text

from notify_svc.care_rules.outlook_schemas import CareOccasionQuery
from notify_svc.care_rules.tables import CareOccasion, CareRule
from notify_svc.preferences.queries import T as PREFERENCE
from shared.db import Reader, Record, Tx, any_of, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.references.tables import KNOWN
from shared.references.tables import SIGHT as CUSTOMER_SIGHT
from shared.sealing import Sealer

RULE: Any = CareRule.__table__  # type: ignore[attr-defined]
DONE: Any = CareOccasion.__table__  # type: ignore[attr-defined]
_SIGHT = through_customer(DONE)

_one = select(RULE).where(RULE.c.id == bindparam("id", type_=Uuid))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_STILL = prepare(_one.where(text("care_rule.active")).with_for_update(read=True))
_IN_FORCE = prepare(select(RULE).where(text("care_rule.active")).order_by(RULE.c.id))
_told = PREFERENCE.c.timezone.is_not(None)
_ZONES = prepare(select(PREFERENCE.c.timezone).where(_told).distinct())
_ZONES_OF = prepare(
    select(PREFERENCE.c.customer_id, func.min(PREFERENCE.c.timezone).label("timezone"))
    .where(PREFERENCE.c.customer_id == any_of("ids"), _told)
    .group_by(PREFERENCE.c.customer_id)
)
_SEEN = prepare(select(KNOWN.c.id).where(KNOWN.c.id == any_of("ids"), in_sight(CUSTOMER_SIGHT)))
_STATES = prepare(
    select(DONE.c.person_id, DONE.c.action, DONE.c.state).where(
        DONE.c.person_id == any_of("ids"),
        DONE.c.occasion == bindparam("b_occasion", type_=Text),
        DONE.c.year == func.any(bindparam("b_years", type_=ARRAY(Integer))),
    )
)
_MISSED = prepare(
    select(func.count()).where(
        DONE.c.rule_id == bindparam("id", type_=Uuid),
        DONE.c.created_at > bindparam("b_since", type_=DateTime(timezone=True)),
        DONE.c.state == "missed",
    )
)
_RULES = Listing(
    select(RULE),
    key=RULE.c.id,
    sorts={"created_at": RULE.c.created_at, "name": RULE.c.name},
    default="-created_at",
    filters={"active": lambda active: RULE.c.active if active else ~RULE.c.active},
)
_OCCASIONS = Listing(
    select(DONE),
    key=DONE.c.id,
    sorts={"created_at": DONE.c.created_at},
    default="-created_at",
    filters={
        "rule_id": lambda value: DONE.c.rule_id == value,
        "customer_id": kept_by(DONE.c.customer_id),
        "occasion": lambda value: DONE.c.occasion == value,
        "year": lambda value: DONE.c.year == value,
        "action": lambda value: DONE.c.action == value,
        "state": lambda value: DONE.c.state == value,
    },
)


async def rules_page(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the rules."""
    return await _RULES.page(reader, query, sealer)


async def occasions_page(reader: Reader, query: CareOccasionQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the occasions in sight."""
    return await _OCCASIONS.page(reader, query, sealer, where=visible(reader.scope, _SIGHT))


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("care rule", "关怀规则")
    return row


async def rule(reader: Reader, rule_id: UUID) -> Record:
    """One rule, or NotFound."""
    return _found(await reader.row(_ONE, id=rule_id))


async def rule_for_update(tx: Tx, rule_id: UUID) -> Record:
    """One rule, locked, or NotFound."""
    return _found(await tx.row(_ONE_FOR_UPDATE, id=rule_id))


async def still_in_force(tx: Tx, rule_id: UUID) -> Record | None:
    """The rule as it is now, which nobody changes before the transaction ends; None: it does not count."""
    return await tx.row(_STILL, id=rule_id)


async def in_force(reader: Reader) -> list[Record]:
    """The active rules."""
    return await reader.rows(_IN_FORCE)


async def timezones(reader: Reader) -> frozenset[str]:
    """Where customers said that they live."""
    return frozenset(row["timezone"] for row in await reader.rows(_ZONES))


async def timezones_of(reader: Reader, customer_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where these said that they live."""
    rows = await reader.rows(_ZONES_OF, ids=sorted(set(customer_ids)))
    return {row["customer_id"]: row["timezone"] for row in rows}


async def seen(reader: Reader, customer_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these customers are in sight."""
    rows = await reader.rows(_SEEN, ids=sorted(set(customer_ids)), **sight(reader.scope))
    return frozenset(row["id"] for row in rows)


async def states(
    reader: Reader, person_ids: Sequence[UUID], occasion: str, years: Sequence[int]
) -> dict[UUID, dict[str, str]]:
    """By person what came of the actions of an occasion in these years of it."""
    found: dict[UUID, dict[str, str]] = {}
    for row in await reader.rows(_STATES, ids=list(person_ids), b_occasion=occasion, b_years=list(years)):
        found.setdefault(row["person_id"], {})[row["action"]] = row["state"]
    return found


async def missed_since(reader: Reader, rule_id: UUID, since: datetime) -> int:
    """How many people a rule was too late for, as noted behind this moment."""
    found: int = await reader.value(_MISSED, id=rule_id, b_since=since)
    return found
