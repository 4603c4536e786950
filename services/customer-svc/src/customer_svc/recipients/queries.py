"""Reading how customers and contacts can be reached, who they are, and whose birthday it is."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, any_, bindparam, func, select

from customer_svc.contacts.tables import Contact
from customer_svc.customers.tables import Customer
from customer_svc.identities.tables import Identity
from customer_svc.recipients.schemas import BirthdaysAsk, PeopleAsk
from customer_svc.recipients.tables import ContactBirthday, CustomerBirthday
from shared.db import Reader, any_of, ids, prepare

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_p: Any = Contact.__table__  # type: ignore[attr-defined]
_cb: Any = CustomerBirthday.__table__  # type: ignore[attr-defined]
_pb: Any = ContactBirthday.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]

_asked = func.unnest(ids("ids")).table_valued("id", name="asked").render_derived()
_PREFERRED = (
    _c.c.preferences["language"].astext.label("language"),
    _c.c.preferences["timezone"].astext.label("timezone"),
)
_CUSTOMERS = prepare(
    select(
        _asked.c.id.label("asked"),
        _c.c.id,
        _c.c.id.label("customer_id"),
        *(_c.c.name, _c.c.email, _c.c.phone, _c.c.owner_id, _c.c.distributor_id),
        *_PREFERRED,
    )
    .select_from(_asked)
    .join(_c, _c.c.id == func.customer_root(_asked.c.id, type_=Uuid))
    .where(_c.c.status == "active")
)
_CONTACTS = prepare(
    select(
        _p.c.id.label("asked"),
        *(_p.c.id, _p.c.customer_id, _p.c.name, _p.c.email, _p.c.phone),
        *(_c.c.owner_id, _c.c.distributor_id),
        *_PREFERRED,
    )
    .join(_c, _c.c.id == _p.c.customer_id)
    .where(_p.c.id == any_of("ids"), _c.c.status == "active")
)
_IDENTITIES = prepare(
    select(_i.c.customer_id, _i.c.channel, _i.c.external_id)
    .where(_i.c.customer_id == any_of("ids"))
    .order_by(_i.c.created_at.desc(), _i.c.id.desc())
)
_after, _limit = bindparam("after", type_=Uuid), bindparam("most", type_=Integer)
_keys = any_(bindparam("keys", type_=ARRAY(Text)))
_TIMEZONE = _c.c.preferences["timezone"].astext.label("timezone")
_CUSTOMER = (_c.c.id, _c.c.id.label("customer_id"), _c.c.owner_id, _c.c.distributor_id, _TIMEZONE)
_CONTACT = (_p.c.id, _p.c.customer_id, _c.c.owner_id, _c.c.distributor_id, _TIMEZONE)
BORN_CUSTOMERS = prepare(
    select(*_CUSTOMER, _cb.c.day)
    .select_from(_cb)
    .join(_c, _c.c.id == _cb.c.id)
    .where(_cb.c.day == _keys, _cb.c.id > _after, _c.c.status == "active")
    .order_by(_cb.c.id)
    .limit(_limit)
)
_BORN_CONTACTS = prepare(
    select(*_CONTACT, _pb.c.day)
    .select_from(_pb)
    .join(_p, _p.c.id == _pb.c.id)
    .join(_c, _c.c.id == _p.c.customer_id)
    .where(_pb.c.day == _keys, _pb.c.id > _after, _c.c.status == "active")
    .order_by(_pb.c.id)
    .limit(_limit)
)
_PEOPLE = {
    "customer": prepare(
        select(*_CUSTOMER).where(_c.c.id > _after, _c.c.status == "active").order_by(_c.c.id).limit(_limit)
    ),
    "contact": prepare(
        select(*_CONTACT)
        .join(_c, _c.c.id == _p.c.customer_id)
        .where(_p.c.id > _after, _c.c.status == "active")
        .order_by(_p.c.id)
        .limit(_limit)
    ),
}
_TIMEZONES = prepare(
    select(_TIMEZONE).where(_TIMEZONE.element.is_not(None), _c.c.status == "active").distinct()
)
_FIRST = UUID(int=0)


async def customers(reader: Reader, wanted: Sequence[UUID]) -> list[dict[str, Any]]:
    """How these customers can be reached, each as who it is now; who is not active is missing."""
    rows = [dict(row) for row in await reader.rows(_CUSTOMERS, ids=list(wanted))] if wanted else []
    known: dict[UUID, dict[str, str]] = {row["id"]: {} for row in rows}
    if known:
        for found in await reader.rows(_IDENTITIES, ids=list(known)):
            known[found["customer_id"]][found["channel"]] = found["external_id"]
    return [{**row, "kind": "customer", "identities": known[row["id"]]} for row in rows]


async def contacts(reader: Reader, wanted: Sequence[UUID]) -> list[dict[str, Any]]:
    """How these contacts can be reached; those of customers that are not active are missing."""
    rows = await reader.rows(_CONTACTS, ids=list(wanted)) if wanted else []
    return [{**dict(row), "kind": "contact", "identities": {}} for row in rows]


async def birthdays(reader: Reader, asked: BirthdaysAsk) -> list[dict[str, Any]]:
    """Whose birthday is on one of these days."""
    places = {each.key: place for place, each in enumerate(asked.keys)}
    statement = BORN_CUSTOMERS if asked.kind == "customer" else _BORN_CONTACTS
    rows = await reader.rows(statement, keys=list(places), after=asked.after or _FIRST, most=asked.limit)
    return [{**dict(row), "key": places[row["day"]]} for row in rows]


async def people(reader: Reader, asked: PeopleAsk) -> list[dict[str, Any]]:
    """The next customers or contacts by id."""
    rows = await reader.rows(_PEOPLE[asked.kind], after=asked.after or _FIRST, most=asked.limit)
    return [dict(row) for row in rows]


async def timezones(reader: Reader) -> list[str]:
    """Every time zone that an active customer is known to live in."""
    return [row["timezone"] for row in await reader.rows(_TIMEZONES)]
