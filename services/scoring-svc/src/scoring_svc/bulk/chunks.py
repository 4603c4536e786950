"""Customers by the bucket: their features as `modelling` knows them, and the facts of a few to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from scoring_svc.bulk.base import Base, ids
from scoring_svc.modelling.care import Care
from scoring_svc.modelling.facts import DIRECTION_IN, DIRECTION_OUT, Facts, Ids, Ints, record
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.rhythm import Rhythm

TEACHERS = 20_000
"""So many customers at most teach a model: more move nothing in it that anybody could see."""

_WORDS = np.full(max(DIRECTION_IN, DIRECTION_OUT) + 1, "", dtype="U3")
_WORDS[DIRECTION_IN], _WORDS[DIRECTION_OUT] = "in", "out"


class Engine(Protocol):
    """Whatever runs the feature query."""

    def features(self, base: Base, bucket: int) -> pa.Table:
        """The query's columns for the customers of one bucket, by customer."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The customers of one bucket in ascending order, and their features."""

    customers: Ids
    known: Features

    def places(self, customers: Ids) -> Ints:
        """Which of the chunk each of these customers is; -1 of whoever is not in it."""
        place = np.searchsorted(self.customers, customers)
        inside = place < len(self.customers)
        inside[inside] = self.customers[place[inside]] == customers[inside]
        return np.where(inside, place, -1)


def chunks(base: Base, engine: Engine) -> Iterator[Chunk]:
    """Every customer once, by buckets, of which some may be empty."""
    for bucket in range(base.buckets):
        yield chunk_of(base, engine, bucket)


def chunk_of(base: Base, engine: Engine, bucket: int) -> Chunk:
    """The customers of one bucket; the features are those of `modelling.features.features` to 1e-9."""
    found = engine.features(base, bucket)
    customers = ids(found["customer"])
    today = np.datetime64(base.as_of, "D")
    rhythm = Rhythm(**{column.name: _column(found[column.name]) for column in fields(Rhythm)})
    care = Care(**{column.name: _column(found[column.name]) for column in fields(Care)})
    return Chunk(customers, Features(today, rhythm, care))


def teachers(base: Base) -> Facts:
    """Every n-th buyer with everything known of them; nobody before the first order."""
    base.sql.execute(
        "CREATE OR REPLACE TEMP TABLE buyer AS "
        "SELECT customer, row_number() OVER (ORDER BY customer) - 1 AS place FROM ("
        f"SELECT DISTINCT customer FROM ({base.rows('orders')}) "
        f"WHERE NOT is_return AND ts <= {_moment(base.as_of)})"
    )
    every = max(1, -(-int(base.value("SELECT count(*) FROM buyer")) // TEACHERS))
    chosen = f"SELECT customer FROM buyer WHERE place % {every} = 0"
    customers = ids(base.table(f"{chosen} ORDER BY customer")["customer"])
    return facts(base, chosen, customers)


def facts(base: Base, chosen: str, customers: Ids) -> Facts:
    """Everything known of the customers that a SELECT names and `customers` lists."""

    def log(name: str) -> dict[str, Any]:
        found = base.table(f"SELECT * FROM ({base.rows(name)}) WHERE customer IN ({chosen})")
        columns: dict[str, Any] = {each: found[each].to_numpy() for each in found.column_names[1:]}
        return {"customer": ids(found["customer"]), **columns}

    contacts, promises = log("contacts"), log("promises")
    contacts["direction"] = _WORDS[contacts["direction"].astype(np.int64)]
    promises["id"] = promises["id"].astype(np.str_)
    return record(
        customers,
        orders=log("orders"),
        complaints=log("complaints"),
        contacts=contacts,
        surveys=log("surveys"),
        promises=promises,
        referrals=log("referrals"),
    )


def _column(column: pa.ChunkedArray) -> Any:
    """Floats with NaN, or days with NaT, where nothing is known."""
    values = column.to_numpy()
    return (
        values.astype("datetime64[D]") if values.dtype.kind == "M" else values.astype(np.float64, copy=False)
    )


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(' ')}'"
