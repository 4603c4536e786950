"""Registering a chunk of customers set-wise: one statement, one event."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import ARRAY, Integer, String, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from customer_svc.batch import Outcome
from customer_svc.changes import differences
from customer_svc.channels.commands import enter_channels
from customer_svc.custom_fields.domain import value_taken
from customer_svc.customers import domain, queries
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.indexing import index_customers
from customer_svc.customers.records import new_record, reference_row
from customer_svc.customers.referrers import Referrers
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.customers.tables import Customer
from customer_svc.customers.touching import enter
from customer_svc.customers.units import Units, check_held, sent
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import home, unknown_distributor
from customer_svc.tables import MOMENT
from shared.db import Record, Tx, prepare
from shared.events.customer import CustomersImported
from shared.messaging import outbox
from shared.problems import Problem

MOST_ROWS = 1000

_t = Customer.__table__  # type: ignore[attr-defined]
_LISTS = ("tags",)
_SAME_FOR_ALL = ("version", "created_at", "updated_at", "status", "merged_into")
_COLUMNS = [column.key for column in _t.c if column.key not in _SAME_FOR_ALL]


def _array_type(name: str) -> Any:
    return String() if name in (*_LISTS, "name_key", "name_pinyin") else _t.c[name].type


_given = (bindparam(f"b_{name}", type_=ARRAY(_array_type(name))) for name in _COLUMNS)
_new = func.unnest(*_given).table_valued(*_COLUMNS, name="new").render_derived()
_at = bindparam("at", type_=MOMENT)
_INSERT = prepare(
    insert(_t)
    .from_select(
        [*_COLUMNS, "status", "version", "created_at", "updated_at"],
        select(
            *(cast(_new.c[name], ARRAY(String)) if name in _LISTS else _new.c[name] for name in _COLUMNS),
            bindparam("b_status", "active", type_=String),
            bindparam("b_version", 1, type_=Integer),
            _at,
            _at,
        ),
    )
    .on_conflict_do_nothing()  # of code, of tax number
    .returning(_t.c.id)
)


async def register_many(
    tx: Tx, rows: Sequence[CustomerCreate], *, by: UUID, import_id: UUID | None = None, chunk: int = 1
) -> list[Outcome]:
    """Register up to 1000 customers with one statement and one event; an outcome for each row, in order.

    A row whose code or tax number is there already is `unchanged` if every field it gives is so, else
    `duplicate`. A row with neither is always new. `import_id` and `chunk` (from 1) name the event's subject
    and number.
    """
    outcomes, records = await _judged(tx, rows, by)
    created, taken = await _entered(tx, records)
    outcomes |= taken
    records = {place: record for place, record in records.items() if place not in taken}
    for place, record in records.items():
        if record["id"] in created:
            outcomes[place] = Outcome("created", record["id"])
    missed = {place: record for place, record in records.items() if record["id"] not in created}
    if missed:
        outcomes |= await _compared(tx, rows, missed)
    if created:
        told = [record for record in records.values() if record["id"] in created]
        await index_customers(tx, told)
        enter(tx, told)
        outbox.record(tx, _imported(told, import_id or tx.new_id(), chunk))
    return [outcomes[place] for place in range(len(rows))]


async def _judged(
    tx: Tx, rows: Sequence[CustomerCreate], by: UUID
) -> tuple[dict[int, Outcome], dict[int, dict[str, Any]]]:
    """What is refused, and the records of the rest, both by the row's place."""
    there = await distributors.known(tx, (row.distributor_id for row in rows))
    wishes = [sent(row, tx.scope, by) for row in rows]
    units = await Units.of(tx, wishes)
    attributes = await Attributes.of(tx, "customer", (row.attributes for row in rows))
    referrers = await Referrers.of(tx, ({"referred_by": row.referred_by} for row in rows))
    refused: dict[int, Outcome] = {}
    records: dict[int, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        try:
            distributor_id = home(tx.scope.distributors, row.distributor_id)
            if row.distributor_id is not None and distributor_id not in there:
                raise unknown_distributor()
            record = {
                **new_record(row, tx.new_id(), distributor_id, tx.now),
                **units.completed(wishes[place]),
                "attributes": attributes.checked(row.attributes),
            }
            record = referrers.completed(record)
            check_held(tx.scope, record)
        except Problem as problem:
            refused[place] = Outcome("problem", problem=problem)
        else:
            records[place] = record
    return refused, records


async def _entered(
    tx: Tx, records: Mapping[int, dict[str, Any]]
) -> tuple[frozenset[UUID], dict[int, Outcome]]:
    """The ids that were stored, and those rows whose value of a unique field is taken.

    The database alone knows, and refuses the whole statement: it is halved until the row is found.
    """
    try:
        async with tx.savepoint():
            return await _insert(tx, records), {}
    except UniqueViolationError as error:
        if error.constraint_name != "custom_field_value_key":
            raise
        if len(records) == 1:
            return frozenset(), {
                place: Outcome("problem", problem=value_taken(error.column_name)) for place in records
            }
    places = sorted(records)
    middle = len(places) // 2
    first, one = await _entered(tx, {place: records[place] for place in places[:middle]})
    second, other = await _entered(tx, {place: records[place] for place in places[middle:]})
    return first | second, one | other


async def _insert(tx: Tx, records: Mapping[int, dict[str, Any]]) -> frozenset[UUID]:
    """The ids that were stored; the others' codes or tax numbers are there already."""
    if not records:
        return frozenset()
    await enter_channels(tx, {record["channel"] for record in records.values()})
    # In the order of the keys, so that two chunks at once wait for each other instead of deadlocking.
    ordered = sorted(records.values(), key=_in_order)
    columns = {f"b_{name}": [_flat(name, record[name]) for record in ordered] for name in _COLUMNS}
    return frozenset(row["id"] for row in await tx.rows(_INSERT, **columns, at=tx.now))


def _in_order(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return record["code"] or "", record["tax_number"] or "", str(record["distributor_id"]), record["id"]


def _flat(name: str, value: Any) -> Any:
    """A list as PostgreSQL's array text: arrays of lists of different lengths cannot be sent."""
    if name not in _LISTS:
        return value
    return "{" + ",".join(f'"{_escaped(item)}"' for item in value) + "}"


def _escaped(item: str) -> str:
    return item.replace("\\", "\\\\").replace('"', '\\"')


async def _compared(
    tx: Tx, rows: Sequence[CustomerCreate], missed: Mapping[int, dict[str, Any]]
) -> dict[int, Outcome]:
    coded = await queries.by_codes(tx, (record["code"] for record in missed.values()))
    taxed = await queries.by_tax_numbers(tx, (record["tax_number"] for record in missed.values()))
    return {
        place: _compare(
            rows[place], record, coded.get(record["code"], ()), taxed.get(record["tax_number"], ())
        )
        for place, record in missed.items()
    }


def _compare(
    row: CustomerCreate, record: Mapping[str, Any], coded: Iterable[Record], taxed: Iterable[Record]
) -> Outcome:
    """Whether who has this code or tax number is as the row says in every field that it gives."""
    home = record["distributor_id"]
    by_code, by_tax_number = (
        next((one for one in there if one["distributor_id"] == home), None) for there in (coded, taxed)
    )
    stored = by_code or by_tax_number
    only_tax_number = record["code"] is None or (by_code is None and by_tax_number is not None)
    taken = domain.tax_number_taken() if only_tax_number else domain.code_taken()
    if stored is None:
        return Outcome("duplicate", problem=taken)
    given = row.model_fields_set - {"distributor_id"}
    if differences(dict(stored), {name: record[name] for name in given}):
        return Outcome("duplicate", stored["id"], taken)
    return Outcome("unchanged", stored["id"])


def _imported(told: Sequence[Mapping[str, Any]], import_id: UUID, chunk: int) -> CustomersImported:
    homes = {record["distributor_id"] for record in told}
    return CustomersImported(
        subject=import_id,
        version=chunk,
        distributor_id=homes.pop() if len(homes) == 1 else None,
        customers=tuple(reference_row(record) for record in told),
    )
