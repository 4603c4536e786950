"""Previews: a chunk is stored by the real commands and undone; what it made is remembered for the next."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import insert

from customer_svc.batch import Outcome
from customer_svc.custom_fields.queries import rows_of
from customer_svc.customers.tables import Customer
from customer_svc.orders.schemas import OrderCreate
from customer_svc.transfers.contact_rows import ContactRow
from customer_svc.transfers.distributor_rows import DistributorRow
from customer_svc.transfers.loading import type_cells
from customer_svc.transfers.rows import CustomerRow
from customer_svc.transfers.tables import Foreseen
from shared.db import Database, Prepared, Scope, Tx, prepare

Row = CustomerRow | OrderCreate | ContactRow | DistributorRow
Rows = Sequence[Row]
Load = Callable[[Tx], Awaitable[list[Outcome]]]
_SECONDS = 60

_s: Any = Foreseen.__table__  # type: ignore[attr-defined]
_remember = insert(_s)
_REMEMBER = prepare(
    _remember.on_conflict_do_update(
        index_elements=["import_id", "key", "id"], set_={"row": _remember.excluded.row}
    ),
    *_s.c.keys(),
)


def _recalled(place: str, *, whole: bool = False) -> Prepared:
    """The remembered rows of one table that these keys can meet, put back into it; of a tree the `whole`."""
    met = "true OR " if whole else ""
    statement = text(
        f"""
        INSERT INTO {place} SELECT stored.* FROM (
            SELECT DISTINCT ON (id) "row" FROM import_foreseen
            WHERE import_id = :import_id AND place = '{place}' AND ({met}key = ANY (:keys))
        ) AS known, jsonb_populate_record(CAST(NULL AS {place}), known."row") AS stored
        ON CONFLICT DO NOTHING
        """
    )
    return prepare(
        statement.bindparams(bindparam("import_id", type_=Uuid), bindparam("keys", type_=ARRAY(String)))
    )


def _changed() -> Prepared:
    """The customers that a preview changed, as it left them."""
    names = [column.key for column in Customer.__table__.c]  # type: ignore[attr-defined]
    columns, stored = (", ".join(f'{whose}"{name}"' for name in names) for whose in ("", "stored."))
    statement = text(
        f"""
        UPDATE customer SET ({columns}) = (SELECT {stored})
        FROM import_foreseen AS known, jsonb_populate_record(CAST(NULL AS customer), known."row") AS stored
        WHERE known.import_id = :import_id AND place = 'customer' AND key = ANY (:keys)
            AND customer.id = known.id
        """
    )
    return prepare(
        statement.bindparams(bindparam("import_id", type_=Uuid), bindparam("keys", type_=ARRAY(String)))
    )


def _made(place: str, condition: str, *parameters: Any) -> Prepared:
    statement = text(f'SELECT id, to_jsonb(stored) AS "row" FROM {place} AS stored WHERE {condition}')
    return prepare(statement.bindparams(*parameters))


_RECALL = (
    _changed(),
    _recalled("distributor", whole=True),
    *map(_recalled, ("customer", "customer_identity", "contact", "sales_order")),
)
_created = bindparam("ids", type_=ARRAY(Uuid))
_ORDERS = _made("sales_order", "id = ANY (:ids)", _created)
_CUSTOMERS = _made("customer", "id = ANY (:ids)", _created)
_CONTACTS = _made("contact", "id = ANY (:ids)", _created)
_DISTRIBUTORS = _made("distributor", "id = ANY (:ids)", _created)
_MADE = (
    ("sales_order", _ORDERS),
    ("customer", _CUSTOMERS),
    ("contact", _CONTACTS),
    ("distributor", _DISTRIBUTORS),
)
_IDENTITIES = _made(
    "customer_identity",
    "(channel, external_id) IN (SELECT * FROM unnest(:channels, :external_ids))",
    bindparam("channels", type_=ARRAY(String)),
    bindparam("external_ids", type_=ARRAY(String)),
)


class _Undone(Exception):
    """Ends the transaction of a preview."""


async def foresee(
    database: Database, scope: Scope, import_id: UUID, rows: Rows, load: Load
) -> tuple[list[Outcome], list[dict[str, Any]]]:
    """What storing these rows would come to after all chunks before them, and what to remember of them."""
    try:
        async with database.begin(scope, timeout=_SECONDS, bulk=True) as tx:
            unique = await _unique(tx, [row for row in rows if isinstance(row, CustomerRow)])
            wanted = sorted({key for row in rows for key in _keys(row, unique)})
            for statement in _RECALL:
                await tx.run(statement, import_id=import_id, keys=wanted)
            outcomes = await load(tx)
            foreseen = await _foreseen(tx, rows, outcomes, unique)
            _undo()
    except _Undone:
        return outcomes, [{**one, "import_id": import_id} for one in foreseen]


async def _unique(tx: Tx, rows: Sequence[CustomerRow]) -> frozenset[str]:
    """The attributes of which a value may be there once; they are then in the rows as they are stored."""
    if not any(row.customer.attributes for row in rows):
        return frozenset()
    await type_cells(tx, rows)
    return frozenset(row["key"] for row in await rows_of(tx, "customer") if row["unique"])


def _undo() -> NoReturn:
    raise _Undone


async def remember(tx: Tx, foreseen: Iterable[dict[str, Any]]) -> None:
    """Keep it until the preview ends."""
    await tx.run_many(_REMEMBER, foreseen)


def _keys(row: Row, unique: frozenset[str]) -> list[str]:
    """Under which names a row can meet an earlier one of the same file; the first is its own."""
    if isinstance(row, ContactRow):
        return [row.key]
    if isinstance(row, DistributorRow):
        return [f"code {row.code}"]
    if isinstance(row, OrderCreate):
        returned = [f"{row.channel} {row.return_of}"] if row.return_of else []
        return [f"{row.channel} {row.order_no}", *returned]
    code = [f"code {row.customer.code}"] if row.customer.code else []
    code += [f"tax {row.customer.tax_number}"] if row.customer.tax_number else []
    code += [f"field {name} {value}" for name, value in row.customer.attributes.items() if name in unique]
    return code + ([f"id {row.ref[0]} {row.ref[1]}"] if row.ref else [])


async def _foreseen(
    tx: Tx, rows: Rows, outcomes: Sequence[Outcome], unique: frozenset[str]
) -> list[dict[str, Any]]:
    by_id: dict[UUID, list[str]] = {}
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.status in ("created", "changed"):
            keys = _keys(row, unique)
            by_id[outcome.record_id] = keys[:1] if isinstance(row, OrderCreate) else keys
    found: list[dict[str, Any]] = []
    for place, statement in _MADE:
        found += await _named(tx, place, statement, by_id)
    return found + await _identities(tx, [row for row in rows if isinstance(row, CustomerRow)], unique)


async def _named(
    tx: Tx, place: str, statement: Prepared, by_id: Mapping[UUID, list[str]]
) -> list[dict[str, Any]]:
    made = await tx.rows(statement, ids=list(by_id))
    return [
        {"key": key, "id": row["id"], "place": place, "row": row["row"]}
        for row in made
        for key in by_id[row["id"]]
    ]


async def _identities(tx: Tx, rows: Sequence[CustomerRow], unique: frozenset[str]) -> list[dict[str, Any]]:
    by_ref = {row.ref: _keys(row, unique) for row in rows if row.ref is not None}
    if not by_ref:
        return []
    refs = list(by_ref)
    made = await tx.rows(
        _IDENTITIES, channels=[ref[0] for ref in refs], external_ids=[ref[1] for ref in refs]
    )
    return [
        {"key": key, "id": row["id"], "place": "customer_identity", "row": row["row"]}
        for row in made
        for key in by_ref[row["row"]["channel"], row["row"]["external_id"]]
    ]
