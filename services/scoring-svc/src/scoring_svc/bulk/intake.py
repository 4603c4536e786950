"""A base from the service's own tables: streamed out by COPY, then cut into buckets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Float, SmallInteger, case, cast, func, literal, select, union_all
from sqlalchemy import Uuid as UuidType

from scoring_svc.bulk.base import Base
from scoring_svc.bulk.wire import Kind, Wire
from scoring_svc.facts.queries import MINOR_PER_UNIT
from scoring_svc.facts.referrals import WON
from scoring_svc.facts.tables import PARTS, ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
from scoring_svc.modelling.facts import DIRECTION_IN, DIRECTION_OUT, DIRECTION_UNKNOWN
from shared.db import Tx
from shared.db.statements import compile_now
from shared.references.tables import CustomerReference

SECONDS = 600
_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]
_V: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_W: Any = PromiseRow.__table__  # type: ignore[attr-defined]
_R: Any = CustomerReference.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Outlet:
    """What leaves PostgreSQL for one log, and how DuckDB makes the log's columns of it.

    `select` yields the columns of `wire` in their order, none of them null; the first is the customer.
    """

    select: Any
    wire: Wire
    columns: str


def outlet(statement: Any, kinds: Mapping[str, Kind], columns: str) -> Outlet:
    """An outlet whose first column is the customer's id."""
    return Outlet(statement, Wire({"customer": "uuid", **kinds}), columns)


def _never(column: Any) -> Any:
    return func.coalesce(column, literal("infinity").cast(column.type))


def _without_facts(currency: str) -> Any:
    """Customers of whom there may be no row in any other log."""
    return union_all(
        select(_R.c.id).where(_R.c.merged_into.is_(None)),
        select(_O.c.customer_id).where(_O.c.voided | (_O.c.currency != currency)),
        select(_C.c.customer_id).where(_C.c.withdrawn),
        select(_P.c.customer_id).where(_P.c.merged),
        select(_W.c.customer_id).where(_W.c.broken_at.is_(None)),
    )


def _outlets(currency: str) -> dict[str, Outlet]:
    sent = case(
        (_C.c.direction.in_(["in", "inbound"]), DIRECTION_IN),
        (_C.c.direction.in_(["out", "outbound"]), DIRECTION_OUT),
        else_=DIRECTION_UNKNOWN,
    )
    return {
        "customers": outlet(_without_facts(currency), {}, ""),
        "orders": outlet(
            select(_O.c.customer_id, _O.c.ordered_at, _O.c.amount_minor, _O.c.is_return).where(
                _O.c.currency == currency, ~_O.c.voided
            ),
            {"ts": "moment", "minor": "bigint", "is_return": "boolean"},
            f"ts, minor / {MINOR_PER_UNIT}::DOUBLE AS amount, is_return",
        ),
        "complaints": outlet(
            select(
                _P.c.customer_id, _P.c.opened_at, cast(_P.c.severity, Float), _never(_P.c.resolved_at)
            ).where(~_P.c.merged),
            {"ts": "moment", "severity": "double", "resolved": "moment"},
            "ts, severity, resolved",
        ),
        "contacts": outlet(
            select(_C.c.customer_id, _C.c.occurred_at, cast(sent, SmallInteger)).where(~_C.c.withdrawn),
            {"ts": "moment", "direction": "smallint"},
            "ts, direction::TINYINT AS direction",
        ),
        "surveys": outlet(
            select(
                _V.c.customer_id,
                _V.c.answered_at,
                cast(_V.c.score, Float),
                *(func.coalesce(_V.c[part], literal(float("nan"))).cast(Float) for part in PARTS),
            ),
            {"ts": "moment", "score": "double", **dict.fromkeys(PARTS, "double")},
            f"ts, score, {', '.join(PARTS)}",
        ),
        "promises": outlet(
            select(
                _W.c.customer_id, _W.c.broken_at, _W.c.due_at, _never(_W.c.settled_at), _W.c.promise_id
            ).where(_W.c.broken_at.is_not(None)),
            {"ts": "moment", "due": "moment", "settled": "moment", "id": "uuid"},
            "ts, due, settled, id::VARCHAR AS id",
        ),
        "referrals": outlet(WON, {"ts": "moment"}, "ts"),
    }


async def fill(tx: Tx, base: Base, *, currency: str, more: Mapping[str, Outlet]) -> None:
    """Stream every log, and `more`, into the base; who was merged counts as who they are now."""
    await _copy(tx, base, "merged", _MERGED)
    await asyncio.to_thread(_load_merged, base)
    for log, each in {**_outlets(currency), **more}.items():
        await _copy(tx, base, log, each)
        await asyncio.to_thread(_load, base, log, each)


async def _copy(tx: Tx, base: Base, log: str, outlet: Outlet) -> None:
    sql, arguments = compile_now(outlet.select)
    file = _file(base, log)
    await tx.connection.copy_from_query(sql, *arguments, output=file, format="binary", timeout=SECONDS)


def _load_merged(base: Base) -> None:
    with _given(base, "merged", _MERGED):
        base.sql.execute("CREATE TABLE merged AS SELECT * FROM given")


def _load(base: Base, log: str, outlet: Outlet) -> None:
    columns = f", {outlet.columns}" if outlet.columns else ""
    with _given(base, log, outlet):
        base.add(
            log,
            f"SELECT coalesce(root, given.customer) AS customer{columns} "
            "FROM given LEFT JOIN merged ON merged.customer = given.customer",
        )


@contextmanager
def _given(base: Base, log: str, outlet: Outlet) -> Iterator[None]:
    """What was copied, as the table `given`; the file is gone afterwards."""
    base.sql.register("given", outlet.wire.batches(_file(base, log)))
    yield
    base.sql.unregister("given")
    _file(base, log).unlink()


def _file(base: Base, log: str) -> Path:
    return base.folder / f"{log}.copy"


_MERGED = outlet(
    select(_R.c.id, func.customer_root(_R.c.id, type_=UuidType)).where(_R.c.merged_into.is_not(None)),
    {"root": "uuid"},
    "root",
)
