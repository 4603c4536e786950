"""Registering only who is not there yet, deciding pairs, and keeping what a search of the archive finds."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Double, String, Uuid, bindparam, case, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from customer_svc.customers.commands import register_customer
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import home
from customer_svc.duplicates import queries
from customer_svc.duplicates.domain import Feature, Level
from customer_svc.duplicates.queries import Suspect
from customer_svc.duplicates.schemas import DuplicateHit, FeatureRead
from customer_svc.duplicates.tables import Candidate, Disclosure
from customer_svc.tables import JSON, MOMENT
from shared import operations
from shared.auth import Principal
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict, Invalid, TooMany

JOB = "duplicates.search"
PUT_OFF = timedelta(days=30)
_WINDOW = timedelta(hours=1)
_MOST_HITS = 10

_t: Any = Candidate.__table__  # type: ignore[attr-defined]
_d: Any = Disclosure.__table__  # type: ignore[attr-defined]
_over = _d.c.since <= bindparam("b_before", type_=MOMENT)
_told = insert(_d).values(principal_id=bindparam("b_id"), since=bindparam("b_now", type_=MOMENT), told=1)
_TELL = prepare(
    _told.on_conflict_do_update(
        index_elements=["principal_id"],
        set_={
            "since": case((_over, _told.excluded.since), else_=_d.c.since),
            "told": case((_over, 1), else_=_d.c.told + 1),
        },
    )
)
_DECIDE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")).values(version=_t.c.version + 1),
    *("status", "decided_by", "decided_at", "review_at"),
)
_pair = (_t.c.first_id == bindparam("b_first")) & (_t.c.second_id == bindparam("b_second"))
_SETTLE = prepare(
    update(_t).where(_pair).values(version=_t.c.version + 1),
    *("status", "decided_by", "decided_at", "review_at"),
)
_FOUND = ("id", "first_id", "second_id", "score", "level", "features")
_KINDS = (Uuid, Uuid, Uuid, Double, String, String)
_given: Any = (bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in zip(_FOUND, _KINDS, strict=True))
_new = func.unnest(*_given).table_valued(*_FOUND, name="new").render_derived()
_at = bindparam("at", type_=MOMENT)
_keep = insert(_t).from_select(
    [*_FOUND, "status", "found_at", "checked_at", "version"],
    select(
        *(cast(_new.c[name], JSON) if name == "features" else _new.c[name] for name in _FOUND),
        bindparam("b_status", "open", type_=String),
        _at,
        _at,
        bindparam("b_version", 1),
    ),
)
_KEEP = prepare(
    _keep.on_conflict_do_update(
        index_elements=["first_id", "second_id"],
        set_={name: _keep.excluded[name] for name in ("score", "level", "features", "checked_at")},
    )
)
_FORGET = prepare(
    delete(_t).where(
        or_(_t.c.status == "open", _t.c.status == "later"),
        _t.c.checked_at < bindparam("before", type_=MOMENT),
    )
)


class Rules(NamedTuple):
    """Which fields of a hit are shown, and how often an hour somebody is told of customers out of sight."""

    shown: tuple[str, ...]
    most_told: int


class Found(NamedTuple):
    """A pair that a search found; `persons` says that both are."""

    first_id: UUID
    second_id: UUID
    persons: bool
    score: float
    level: Level
    features: Sequence[Feature]


async def register_unless_known(
    tx: Tx, wanted: CustomerCreate, rules: Rules, *, by: Principal
) -> dict[str, Any]:
    """Register a customer; Conflict `duplicate_suspected` with the hits if its distributor has it already.

    TooMany for who was told too often of customers that they do not see.
    """
    await _check_patience(tx, rules, by)
    record = await register_customer(tx, wanted, by=by.id)
    found = await queries.suspects(tx, _seen_by(by, record), proving=True)
    if found:
        raise _suspected(await told(tx, found, rules, by=by))
    return record


async def check(tx: Tx, wanted: CustomerCreate, rules: Rules, *, by: Principal) -> dict[str, Any]:
    """Who looks like a customer that is not registered yet, as `told`; TooMany as in registering."""
    await _check_patience(tx, rules, by)
    distributor_id = home(tx.scope.distributors, wanted.distributor_id)
    await distributors.require(tx, distributor_id)
    record = {**wanted.model_dump(), "distributor_id": distributor_id}
    return await told(tx, await queries.suspects(tx, _seen_by(by, record), proving=False), rules, by=by)


def _seen_by(by: Principal, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without what is hidden from the key: agreeing with it would tell what is hidden."""
    return {**record, **dict.fromkeys(by.masked & record.keys())}


async def told(tx: Tx, found: Sequence[Suspect], rules: Rules, *, by: Principal) -> dict[str, Any]:
    """`{"hits": [...], "exists": bool}`: those in sight, and whether there are others, which is counted."""
    seen = [each for each in found if _in_sight(tx, each.row)]
    hidden = len(seen) < len(found)
    if hidden:
        await _tell(tx, by)
    return {"hits": [_hit(each, rules) for each in seen[:_MOST_HITS]], "exists": hidden}


def _in_sight(tx: Tx, row: Mapping[str, Any]) -> bool:
    return tx.scope.allows(row["distributor_id"], row["owner_id"], row["org_unit_id"])


def _hit(suspect: Suspect, rules: Rules) -> dict[str, Any]:
    row, verdict = suspect
    hit = DuplicateHit(
        id=row["id"],
        status=row["status"],
        score=verdict.score,
        level=verdict.level,
        features=FeatureRead.all_of(verdict.features),
        **{name: row[name] for name in rules.shown},
    )
    return hit.model_dump(mode="json", exclude_unset=True)


async def _check_patience(tx: Tx, rules: Rules, by: Principal) -> None:
    """Refuse whoever was told too often, whatever there is to tell now: else the refusal would tell it."""
    if tx.scope.holders is None:
        return
    async with tx.handing_over():
        found = await queries.told_lately(tx, by.id)
    if found is None or found[0] <= tx.now - _WINDOW or found[1] < rules.most_told:
        return
    raise TooMany(
        "too_many_hidden_duplicates",
        en="You were told too often of customers that you do not see. Wait, or register without the check.",
        zh="您已多次触及无权查看的客户，请稍后再试，或跳过查重直接登记。",
        retry_after=max(1, int((found[0] + _WINDOW - tx.now).total_seconds())),
    )


async def _tell(tx: Tx, by: Principal) -> None:
    """Count it in a transaction of its own: that of a refused registration is undone."""
    async with tx.database.begin() as own:
        await own.run(_TELL, b_id=by.id, b_now=own.now, b_before=own.now - _WINDOW)


def _suspected(found: Mapping[str, Any]) -> Conflict:
    return Conflict(
        "duplicate_suspected",
        en="This customer seems to be there already. Send allow_duplicates=true to register it anyway.",
        zh="该客户可能已存在；如仍要登记，请携带 allow_duplicates=true。",
        extra=found,
    )


async def begin_search(tx: Tx, *, by: UUID, service_number: int) -> UUID:
    """Have the whole archive searched for pairs; the operation's id."""
    return await operations.start(tx, JOB, by, service_number=service_number, job=JOB, args={})


async def call_distinct(tx: Tx, candidate_id: UUID, expected: int | None, *, by: UUID) -> dict[str, Any]:
    """These are two customers, and no search says otherwise again."""
    return await _decide(tx, candidate_id, expected, {"status": "distinct", "review_at": None}, by=by)


async def put_off(
    tx: Tx, candidate_id: UUID, review_at: datetime | None, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Have the pair come back later; Invalid for a time that has passed."""
    if review_at is not None and review_at <= tx.now:
        raise Invalid.at("/review_at", "in_the_past", en="must lie ahead", zh="必须晚于当前时间")
    wanted = {"status": "later", "review_at": review_at or tx.now + PUT_OFF}
    return await _decide(tx, candidate_id, expected, wanted, by=by)


async def settle_merged(tx: Tx, one: UUID, other: UUID, *, by: UUID) -> None:
    """The two customers were merged: if they are a pair, that is decided."""
    await _settle(tx, one, other, {"status": "merged", "decided_by": by, "decided_at": tx.now})


async def reopen(tx: Tx, one: UUID, other: UUID) -> None:
    """The merge of the two customers was undone: if they are a pair, somebody has to decide again."""
    await _settle(tx, one, other, {"status": "open", "decided_by": None, "decided_at": None})


async def _settle(tx: Tx, one: UUID, other: UUID, wanted: Mapping[str, Any]) -> None:
    first, second = sorted((one, other))
    await tx.run(_SETTLE, b_first=first, b_second=second, review_at=None, **wanted)


async def _decide(
    tx: Tx, candidate_id: UUID, expected: int | None, wanted: Mapping[str, Any], *, by: UUID
) -> dict[str, Any]:
    row = await queries.candidate_for_update(tx, candidate_id)
    check_version(expected, row["version"])
    if row["status"] == "merged":
        raise Conflict("already_merged", en="These customers were merged.", zh="这两个客户已合并。")
    decided = {**wanted, "decided_by": by, "decided_at": tx.now}
    await tx.run(_DECIDE, b_id=candidate_id, **decided)
    return {**row, **decided, "version": row["version"] + 1}


async def keep_found(tx: Tx, found: Sequence[Found], at: datetime) -> None:
    """Keep pairs that a search found; of those that are there the decision stays."""
    if not found:
        return
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _FOUND}
    for each in sorted(found):
        features = [[*feature] for feature in each.features]
        row = (tx.new_id(), each.first_id, each.second_id, each.score, each.level, json.dumps(features))
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    await tx.run(_KEEP, **columns, at=at)


async def forget_unfound(tx: Tx, before: datetime) -> int:
    """Forget undecided pairs that the search which began then did not find again; how many."""
    return await tx.run(_FORGET, before=before)
