"""The published language: valid CloudEvents, tolerant readers, and no personal data."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from shared.events import (
    MAX_CHUNK,
    Event,
    UnreadableEventError,
    customer,
    notify,
    parse,
    read,
    registered,
    scoring,
    to_cloudevent,
    to_json,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PERSONAL = re.compile(
    r"name|phone|mobile|e_?mail|text|note|comment|subject_line|title|summary|description|address|birth"
    r"|content|message|body|number|_no$|external|identity|url|label"
)
PUBLISHERS = {"customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway"}


def _published() -> list[type[Event]]:
    return [event for event in registered().values() if event.publisher in PUBLISHERS]


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from _properties(part)
    if isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def _warned() -> scoring.ChurnWarned:
    return scoring.ChurnWarned(
        subject=uuid4(),
        version=1,
        distributor_id=uuid4(),
        customer_id=uuid4(),
        owner_id=None,
        level="high",
        probability=0.75,
        reasons=("rhythm_broken", "complaint"),
        recommended_action="call",
    )


def _order(**other: Any) -> dict[str, Any]:
    return {
        "customer_id": uuid4(),
        "order_id": uuid4(),
        "ordered_at": NOON,
        "amount_minor": 12900,
        "currency": "CNY",
        "channel": "web",
        "kind": "sale",
        "distributor_id": None,
        **other,
    }


def test_the_language_has_every_event_of_the_foundation() -> None:
    assert {event.type.removesuffix(".v1") for event in _published()} == {
        "customer.registered",
        "customer.merged",
        "customer.unmerged",
        "customer.updated",
        "customer.assigned",
        "customers.imported",
        "contract.changed",
        "order.recorded",
        "order.returned",
        "orders.imported",
        "order.voided",
        "orders.voided",
        "org_unit.changed",
        "distributor.changed",
        "key.created",
        "key.changed",
        "key.revoked",
        "interaction.logged",
        "interactions.imported",
        "interactions.withdrawn",
        "complaint.opened",
        "complaint.assigned",
        "complaint.resolved",
        "complaint.closed",
        "complaint.reopened",
        "complaint.paused",
        "complaint.resumed",
        "complaint.escalated",
        "complaint.informed",
        "complaint.merged",
        "complaint.unmerged",
        "complaint.warned",
        "complaint.breached",
        "promise.made",
        "promise.broken",
        "promise.kept",
        "promise.moved",
        "promise.withdrawn",
        "visit.planned",
        "visit.done",
        "visit.cancelled",
        "visit.missed",
        "survey.answered",
        "survey.invited",
        "service.recorded",
        "service.rated",
        "score.changed",
        "tier.changed",
        "tier.pinned",
        "tier.unpinned",
        "policy.published",
        "stage.changed",
        "churn.warned",
        "churn.cleared",
        "model.promoted",
        "model.drifted",
        "objection.made",
        "objection.withdrawn",
        "scoring.completed",
        "reminder.due",
        "reminder.done",
        "webhook.disabled",
        "playbook.started",
        "playbook.finished",
        "staff.changed",
    }


@pytest.mark.parametrize("event", _published(), ids=lambda event: event.type)
def test_no_field_has_room_for_personal_data(event: type[Event]) -> None:
    fields = list(_properties(event.model_json_schema()))
    assert len(fields) > 3
    assert [name for name, _ in fields if PERSONAL.search(name)] == []
    for name, schema in fields:
        for kind in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
            if kind.get("type") == "string":
                assert {"format", "pattern", "enum", "const"} & kind.keys(), name


@pytest.mark.parametrize("event", _published(), ids=lambda event: event.type)
def test_every_event_says_what_it_means(event: type[Event]) -> None:
    assert event.__doc__
    assert event.__module__.startswith("shared.events.")


def test_the_standard_library_of_cloudevents_reads_ours() -> None:
    event, event_id = _warned(), uuid4()
    wire = json.dumps(to_cloudevent(event, event_id, NOON, TRACE)).encode()
    theirs = JSONFormat().read(CloudEvent, wire)
    assert theirs.get_id() == str(event_id)
    assert theirs.get_type() == "churn.warned.v1"
    assert theirs.get_source() == "/scoring-svc"
    assert theirs.get_subject() == str(event.subject)
    assert theirs.get_time() == NOON
    assert theirs.get_extension("aggregateversion") == 1
    assert theirs.get_extension("distributorid") == str(event.distributor_id)
    assert theirs.get_extension("traceparent") == TRACE
    data = theirs.get_data()
    assert isinstance(data, dict)
    assert data["reasons"] == ["rhythm_broken", "complaint"]


def test_what_was_written_is_read_back() -> None:
    event, event_id = _warned(), uuid4()
    envelope = read(json.dumps(to_cloudevent(event, event_id, NOON, TRACE)))
    assert (envelope.id, envelope.time, envelope.traceparent) == (event_id, NOON, TRACE)
    assert envelope.event == event


def test_both_ways_to_write_an_event_say_the_same() -> None:
    chunk = {"subject": uuid4(), "version": 3, "distributor_id": None, "orders": [_order(), _order()]}
    for event in (_warned(), customer.OrdersImported.model_validate(chunk)):
        for trace in (TRACE, None):
            event_id = uuid4()
            assert json.loads(to_json(event, event_id, NOON, trace)) == to_cloudevent(
                event, event_id, NOON, trace
            )


def test_a_reader_ignores_what_it_does_not_know() -> None:
    orders = customer.OrdersImported.model_validate(
        {"subject": uuid4(), "version": 3, "distributor_id": None, "orders": [_order()]}
    )
    wire = to_cloudevent(orders, uuid4(), NOON, None)
    wire |= {"mood": "good", "dataschema": "urn:x"}
    wire["data"]["weather"] = "fine"
    wire["data"]["orders"][0]["wrapping"] = "red"
    assert parse(wire).event == orders


def test_a_writer_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        notify.ReminderDone(
            subject=uuid4(),
            version=1,
            distributor_id=None,
            assignee_id=uuid4(),
            customer_id=None,
            done_at=NOON,
            mood="good",  # type: ignore[call-arg]
        )


def test_an_event_does_not_change() -> None:
    event = _warned()
    with pytest.raises(ValidationError):
        event.version = 2  # type: ignore[misc]


def test_a_chunk_has_a_limit() -> None:
    given: dict[str, Any] = {"subject": uuid4(), "version": 1, "distributor_id": None}
    customer.OrdersImported.model_validate({**given, "orders": [_order()] * MAX_CHUNK})
    with pytest.raises(ValidationError):
        customer.OrdersImported.model_validate({**given, "orders": [_order()] * (MAX_CHUNK + 1)})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "churn.foretold.v1"}, "unknown_type"),
        ({"type": "nonsense"}, "unknown_type"),
        ({"type": "churn.warned.v2"}, "newer_version"),
        ({"id": "seven"}, "malformed"),
        ({"subject": None}, "malformed"),
        ({"time": "2026-03-01T12:00:00"}, "malformed"),
        ({"specversion": "0.3"}, "malformed"),
        ({"aggregateversion": 2**31}, "malformed"),
        ({"data": {"level": "high"}}, "malformed"),
        ({"data": []}, "malformed"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, Any], reason: str) -> None:
    wire = to_cloudevent(_warned(), uuid4(), NOON, TRACE) | change
    with pytest.raises(UnreadableEventError) as caught:
        parse(wire)
    assert caught.value.reason == reason


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "NaN", '{"a": Infinity}', "[" * 100_000, b"\xff"])
def test_what_is_no_event_is_malformed(body: str | bytes) -> None:
    with pytest.raises(UnreadableEventError) as caught:
        read(body)
    assert caught.value.reason == "malformed"


def test_a_failure_to_read_does_not_repeat_the_values() -> None:
    wire = to_cloudevent(_warned(), uuid4(), NOON, None)
    wire["data"]["level"] = "13912345678"
    with pytest.raises(UnreadableEventError) as caught:
        parse(wire)
    assert "13912345678" not in f"{caught.value}{caught.value.__cause__}"


def test_a_type_belongs_to_one_class() -> None:
    with pytest.raises(TypeError, match="taken"):

        class Again(Event):
            type: ClassVar[str] = "churn.warned.v1"
            publisher: ClassVar[str] = "scoring-svc"

    with pytest.raises(TypeError, match="past_tense"):

        class Nameless(Event):
            type: ClassVar[str] = "Churn"
            publisher: ClassVar[str] = "scoring-svc"


def test_ids_are_uuids_on_the_wire() -> None:
    wire = to_cloudevent(_warned(), uuid4(), NOON, None)
    assert UUID(wire["subject"])
    assert "traceparent" not in wire
