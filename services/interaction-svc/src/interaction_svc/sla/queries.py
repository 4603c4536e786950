"""Every SELECT over policies, and the rules that they and the calendars make."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from interaction_svc.calendars import queries as calendars
from interaction_svc.revisions.queries import current
from interaction_svc.sla.clock import clock_of
from interaction_svc.sla.domain import NO_RULES, Policy, Rules, Stage
from interaction_svc.sla.schemas import SlaPolicyQuery
from interaction_svc.sla.tables import SlaPolicy
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T: Any = SlaPolicy.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_ACTIVE = prepare(select(_T).where(_T.c.active).order_by(_T.c.position, _T.c.id))
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"position": _T.c.position},
    default="position",
    filters={"active": lambda v: _T.c.active == v},
)


async def policy(reader: Reader, policy_id: UUID) -> dict[str, Any]:
    """One policy, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=policy_id)))


async def policy_to_change(tx: Tx, policy_id: UUID) -> dict[str, Any]:
    """One policy, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=policy_id)))


async def policies(reader: Reader, query: SlaPolicyQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all policies."""
    return await _LIST.page(reader, query, sealer)


async def rules(tx: Tx) -> Rules:
    """The rules that count now; nobody changes them until the transaction ends.

    They are read once per revision and process.
    """
    revision = await current(tx)
    if revision is None:
        return NO_RULES
    shelf = _shelf(revision)
    if not shelf:
        clocks = {unit: clock_of(text) for unit, text in (await calendars.by_org_unit(tx)).items()}
        shelf.append(Rules([_policy(dict(row)) for row in await tx.rows(_ACTIVE)], clocks))
    return shelf[0]


@lru_cache(maxsize=4)
def _shelf(_: UUID) -> list[Rules]:
    """Where the rules of a revision lie once they were read."""
    return []


def _policy(row: Mapping[str, Any]) -> Policy:
    return Policy(
        id=row["id"],
        targets={
            severity: {metric: timedelta(minutes=minutes) for metric, minutes in targets.items()}
            for severity, targets in row["targets"].items()
        },
        tiers=frozenset(row["tiers"]),
        categories=frozenset(row["categories"]),
        distributor_ids=frozenset(row["distributor_ids"]),
        working=row["working_time"],
        warn_percent=row["warn_percent"],
        chain=tuple(
            Stage(stage["to"], timedelta(minutes=stage["after_minutes"])) for stage in row["escalation"]
        ),
        at_night=row["at_night"],
    )


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("service level policy", "服务级别策略")
    return row
