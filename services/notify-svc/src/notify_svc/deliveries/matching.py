"""What an event becomes: one row of the event, and one delivery for each webhook that hears it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from notify_svc.deliveries import queries
from notify_svc.deliveries.domain import Listener, concerns
from notify_svc.deliveries.queries import DELIVERY, EVENT
from shared.db import Tx, Write, prepare
from shared.events import Envelope

BELL = "webhooks"
_NOTE = "webhooks"
_MOMENT = DateTime(timezone=True)


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_events = (
    func.unnest(
        _array("ids", Uuid),
        _array("types", Text),
        _array("moments", _MOMENT),
        _array("distributors", Uuid),
        _array("datas", Text),
    )
    .table_valued("id", "type", "occurred_at", "distributor_id", "data", name="given")
    .render_derived()
)
_ADD_EVENTS = prepare(
    insert(EVENT)
    .from_select(
        ["id", "type", "occurred_at", "distributor_id", "data", "received_at"],
        select(*_events.c, func.now()),
    )
    .on_conflict_do_nothing(index_elements=[EVENT.c.id])
)
_wanted = (
    func.unnest(
        _array("ids", Uuid),
        _array("webhooks", Uuid),
        _array("events", Uuid),
        _array("types", Text),
        _array("moments", _MOMENT),
        _array("states", Text),
    )
    .table_valued("id", "endpoint_id", "event_id", "event_type", "occurred_at", "state", name="given")
    .render_derived()
)
_ADD_DELIVERIES = prepare(
    insert(DELIVERY)
    .from_select(
        [
            *_wanted.c.keys(),
            "last_reason",
            "due_at",
            "attempts",
            "tries",
            "created_at",
            "updated_at",
            "version",
        ],
        select(
            *_wanted.c,
            case((_wanted.c.state == "skipped", "disabled")),
            case((_wanted.c.state == "waiting", func.now())),
            literal(0),
            literal(0),
            func.now(),
            func.now(),
            literal(1),
        ),
    )
    .on_conflict_do_nothing(index_elements=[DELIVERY.c.event_id, DELIVERY.c.endpoint_id])
)


@dataclass
class _Heard:
    """What the events of one transaction come to, written just before its commit in one statement."""

    listeners: list[Listener]
    events: list[tuple[Envelope, str]] = field(default_factory=list)
    deliveries: list[tuple[UUID, Envelope, Listener]] = field(default_factory=list)


async def hear(tx: Tx, envelope: Envelope) -> None:
    """Have every webhook that wants this event get it, once; without one nothing is stored.

    Webhooks are read once in a transaction: what it handles was told before that, so one that is made later
    misses nothing that came after it.
    """
    heard: _Heard | None = tx.notes.get(_NOTE)
    if heard is None:
        heard = tx.notes[_NOTE] = _Heard(await queries.listeners(tx))
    event = envelope.event
    wanting = [
        each for each in heard.listeners if each.hears(event.type) and concerns(each.seen, event.type, event)
    ]
    if not wanting:
        return
    if not heard.events:
        tx.before_commit(lambda _: _events_of(heard))
        tx.before_commit(lambda _: _deliveries_of(heard))
        tx.after_commit(tx.database.signal(BELL).set)
    heard.events.append((envelope, event.model_dump_json()))
    heard.deliveries += [(tx.new_id(), envelope, each) for each in wanting]


def _events_of(heard: _Heard) -> Write:
    return _ADD_EVENTS, {
        "ids": [envelope.id for envelope, _ in heard.events],
        "types": [envelope.event.type for envelope, _ in heard.events],
        "moments": [envelope.time for envelope, _ in heard.events],
        "distributors": [envelope.event.distributor_id for envelope, _ in heard.events],
        "datas": [data for _, data in heard.events],
    }


def _deliveries_of(heard: _Heard) -> Write:
    return _ADD_DELIVERIES, {
        "ids": [delivery_id for delivery_id, _, _ in heard.deliveries],
        "webhooks": [listener.id for _, _, listener in heard.deliveries],
        "events": [envelope.id for _, envelope, _ in heard.deliveries],
        "types": [envelope.event.type for _, envelope, _ in heard.deliveries],
        "moments": [envelope.time for _, envelope, _ in heard.deliveries],
        "states": ["waiting" if listener.enabled else "skipped" for _, _, listener in heard.deliveries],
    }
