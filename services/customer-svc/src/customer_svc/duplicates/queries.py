"""Reading pairs of customers that may be one, and finding who looks like a new customer."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, case, func, or_, select, text, true
from sqlalchemy.sql.elements import ColumnElement

from customer_svc.customers.keys import having_keys, keys_key, keys_of
from customer_svc.customers.profiles import Profile
from customer_svc.customers.tables import Customer
from customer_svc.duplicates.domain import Verdict, judge
from customer_svc.duplicates.schemas import DuplicateQuery
from customer_svc.duplicates.tables import Candidate, Disclosure
from shared.db import Reader, Record, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = Candidate.__table__  # type: ignore[attr-defined]
_d: Any = Disclosure.__table__  # type: ignore[attr-defined]
_c: Any = Customer.__table__  # type: ignore[attr-defined]
_first, _second = _c.alias("first"), _c.alias("second")
SIGHTS = tuple(
    Sight(one.c.distributor_id, held=(one.c.owner_id, one.c.org_unit_id)) for one in (_first, _second)
)
_MOST_NAMESAKES, _MOST_ALIKE = 50, 200
_HALF = ("id", "code", "name")
_WHOLE = (
    *_HALF,
    *("kind", "status", "phone", "email", "tax_number", "region", "address", "website", "birthday"),
    *("distributor_id", "owner_id", "org_unit_id", "created_at", "updated_at"),
)
_is_back = and_(_t.c.status == "later", _t.c.review_at <= func.now())
_pairs = _t.join(_first, _first.c.id == _t.c.first_id).join(_second, _second.c.id == _t.c.second_id)
_still = and_(
    _first.c.status == "active",
    _second.c.status == "active",
    _first.c.distributor_id.is_not_distinct_from(_second.c.distributor_id),
)
_UNDECIDED = ("open", "later")
_standing = or_(_t.c.status.not_in(_UNDECIDED), _still)


def _columns(names: Iterable[str]) -> list[Any]:
    halves = (("first", _first), ("second", _second))
    shown = case((_is_back, "open"), else_=_t.c.status).label("status")
    own = [column for column in _t.c if column.key != "status"]
    return [*own, shown, *(one.c[name].label(f"{which}__{name}") for which, one in halves for name in names)]


_one = (
    select(*_columns(_WHOLE)).select_from(_pairs).where(_t.c.id == bindparam("b_id"), *map(in_sight, SIGHTS))
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=_t))
_ALIKE = prepare(
    select(_c).where(
        _c.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        _c.c.distributor_id.is_not_distinct_from(bindparam("home", type_=Uuid)),
        _c.c.status != "merged",
    )
)
_TOLD = prepare(select(_d.c.since, _d.c.told).where(_d.c.principal_id == bindparam("b_id")))


def _status(status: str) -> ColumnElement[bool]:
    match status:
        case "all":
            return true()
        case "open":
            return or_(_t.c.status == "open", _is_back)
        case "later":
            return and_(_t.c.status == "later", _t.c.review_at > func.now())
    return _t.c.status == status  # type: ignore[no-any-return]


_LIST = Listing(
    select(*_columns(_HALF)).select_from(_pairs).where(_standing),
    key=_t.c.id,
    sorts={"score": _t.c.score, "found_at": _t.c.found_at},
    default="-score",
    filters={
        "status": _status,
        "level": lambda level: _t.c.level == level,
        "customer_id": lambda one: or_(_t.c.first_id == one, _t.c.second_id == one),
    },
)


class Suspect(NamedTuple):
    """A customer that may be the one who is asked about, and what speaks for it."""

    row: Mapping[str, Any]
    verdict: Verdict


async def candidate(db: Reader, candidate_id: UUID) -> dict[str, Any]:
    """One pair with both customers; NotFound unless both are in sight."""
    return _paired(await db.row(_ONE, b_id=candidate_id, **sight(db.scope)), _WHOLE)


async def candidate_for_update(tx: Tx, candidate_id: UUID) -> dict[str, Any]:
    """The same, locked until the transaction ends."""
    return _paired(await tx.row(_ONE_FOR_UPDATE, b_id=candidate_id, **sight(tx.scope)), _WHOLE)


def _paired(row: Record | None, names: Iterable[str]) -> dict[str, Any]:
    if row is None:
        raise not_found("duplicate", "疑似重复")
    halves = {which: {name: row[f"{which}__{name}"] for name in names} for which in ("first", "second")}
    return {**{column.key: row[column.key] for column in _t.c}, **halves}


async def candidates(db: Reader, query: DuplicateQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the pairs of which both customers are in sight."""
    where = [condition for each in SIGHTS for condition in visible(db.scope, each)]
    page = await _LIST.page(db, query, sealer, where=where)
    return {**page, "data": [_paired(row, _HALF) for row in page["data"]]}


async def told_lately(db: Reader, principal_id: UUID) -> tuple[datetime, int] | None:
    """Since when and how often somebody was told of customers out of sight; None if never."""
    row = await db.row(_TOLD, b_id=principal_id)
    return None if row is None else (row["since"], row["told"])


async def suspects(tx: Tx, record: Mapping[str, Any], *, proving: bool) -> list[Suspect]:
    """Customers of the record's distributor that may be the same, whoever holds them, likely ones first.

    With `proving` only those for whom more than a name speaks. The record itself is left out.
    """
    profile = Profile.of(record)
    keys = keys_of(profile, record["distributor_id"], keys_key(tx.database.sealer))
    ids = await _sharing(tx, keys.proving if proving else (*keys.proving, *keys.others), _MOST_ALIKE)
    own = {record.get("id")}
    if proving and not ids - own:
        return []
    namesakes = await _sharing(tx, (keys.sound,), _MOST_NAMESAKES) - own
    ids |= frozenset() if proving else namesakes
    async with tx.handing_over():
        rows = await tx.rows(_ALIKE, ids=sorted(ids - own), home=record["distributor_id"])
    judged = (Suspect(row, judge(profile, Profile.of(row), len(namesakes) + 1)) for row in map(dict, rows))
    wanted = [each for each in judged if (each.verdict.proven if proving else each.verdict.level)]
    return sorted(wanted, key=lambda each: (-each.verdict.score, each.row["id"]))


async def _sharing(db: Reader, some: Collection[int], most: int) -> frozenset[UUID]:
    """Found by their keys alone, as a search does it by pieces: row security would read every row."""
    if not some:
        return frozenset()
    found = text(f"SELECT customer_id FROM customer_piece WHERE {having_keys(some)} LIMIT {most}")
    return frozenset(row["customer_id"] for row in await db.rows(found))
