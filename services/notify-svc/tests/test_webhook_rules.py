"""Which events a webhook can have, what is sent of them, and when it is tried again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from notify_svc.deliveries import domain
from notify_svc.deliveries.domain import WAITS, Listener, Outcome, concerns, cut, next_wait
from notify_svc.webhooks import signing
from notify_svc.webhooks.domain import CHUNKS, NEVER, PERMISSION, allowed_types, checked_patterns, chosen
from shared.auth.permissions import EVERY_PERMISSION, GRANTABLE, permissions_of
from shared.events import published
from shared.problems import Invalid

from .hooking import customers, order, orders

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_event_that_is_published_can_be_had_by_a_permission_or_never() -> None:
    assert PERMISSION.keys() | NEVER == {event.type for event in published()}
    assert not PERMISSION.keys() & NEVER
    assert frozenset(PERMISSION.values()) <= EVERY_PERMISSION


def test_managers_may_have_every_event_and_keys_only_those_of_customers() -> None:
    assert allowed_types(permissions_of(["manager"])) == PERMISSION.keys()
    theirs = allowed_types(GRANTABLE)
    assert not {"staff.changed.v1", "key.created.v1", "model.promoted.v1", "reminder.due.v1"} & theirs
    assert {"order.recorded.v1", "customers.imported.v1", "complaint.opened.v1"} <= theirs
    assert allowed_types({"orders:read"}) == {kind for kind in PERMISSION if kind.startswith("order")}


def test_events_that_carry_the_records_of_many_are_known_as_such() -> None:
    many = {
        event.type: name
        for event in published()
        for name, field in event.model_fields.items()
        if "distributor_id" in getattr(_item(field.annotation), "model_fields", ())
    }
    assert many == CHUNKS


def _item(annotation: Any) -> Any:
    inner = getattr(annotation, "__args__", ())
    return inner[0] if inner else None


def test_patterns_name_one_all_of_a_noun_or_all() -> None:
    types = PERMISSION.keys()
    assert chosen(["*"], types) == types
    assert chosen(["order.*"], types) == {"order.recorded.v1", "order.returned.v1", "order.voided.v1"}
    assert chosen(["orders.*"], types) == {"orders.imported.v1", "orders.voided.v1"}
    assert chosen(["tier.changed.v1"], types) == {"tier.changed.v1"}
    assert checked_patterns(["order.*", "*", "order.*"], GRANTABLE) == ["order.*", "*"]


@pytest.mark.parametrize(
    ("pattern", "permissions", "code"),
    [
        ("nothing.*", EVERY_PERMISSION, "unknown_event_type"),
        ("order.recorded.v2", EVERY_PERMISSION, "unknown_event_type"),
        ("audit.anchored.v1", EVERY_PERMISSION, "unknown_event_type"),
        ("staff.changed.v1", GRANTABLE, "event_type_not_allowed"),
        ("order.*", frozenset({"customers:read"}), "event_type_not_allowed"),
    ],
)
def test_a_pattern_that_names_nothing_one_may_have_is_refused_where_it_stands(
    pattern: str, permissions: frozenset[str], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        checked_patterns(["customer.*", pattern], permissions)
    (found,) = refused.value.errors
    assert (found.pointer, found.code) == ("/event_types/1", code)


def listener(seen: set[UUID] | None, *permissions: str, patterns: tuple[str, ...] = ("*",)) -> Listener:
    may = None if seen is None else frozenset(permissions)
    return Listener(uuid4(), patterns, may, None if seen is None else frozenset(seen))


def test_a_partners_webhook_hears_what_its_key_may_and_the_companys_everything() -> None:
    assert listener(None).hears("staff.changed.v1")
    assert not listener(None).hears("audit.anchored.v1")
    theirs = listener({uuid4()}, "orders:read")
    assert theirs.hears("order.recorded.v1")
    assert not theirs.hears("customer.registered.v1")
    assert not listener(None, patterns=("tier.*",)).hears("order.recorded.v1")


def test_of_an_event_partners_have_their_own_part_alone() -> None:
    mine, below, others = uuid4(), uuid4(), uuid4()
    seen = {mine, below}
    single = order(distributor_id=mine)
    data = single.model_dump_json()
    assert cut(single.type, data, mine, seen) == data
    assert cut(single.type, data, mine, {others}) is None
    assert cut(single.type, data, mine, None) == data
    assert cut("order.recorded.v1", data, None, seen) is None
    for chunk in (orders(mine, others, None, below), customers(mine, others, None, below)):
        assert concerns(seen, chunk.type, chunk)
        part = json.loads(cut(chunk.type, chunk.model_dump_json(), None, seen) or "")
        homes = [item["distributor_id"] for item in part[CHUNKS[chunk.type]]]
        assert homes == [str(mine), str(below)]
        assert str(others) not in json.dumps(part)
        assert not concerns({uuid4()}, chunk.type, chunk)
        assert cut(chunk.type, chunk.model_dump_json(), None, {uuid4()}) is None


@given(st.lists(st.sampled_from([None, *map(UUID, ("1" * 32, "2" * 32, "3" * 32))]), min_size=1, max_size=8))
def test_a_cut_chunk_holds_all_of_ones_own_and_nothing_else(homes: list[UUID | None]) -> None:
    seen = {UUID("1" * 32), UUID("3" * 32)}
    chunk = orders(*homes)
    found = cut(chunk.type, chunk.model_dump_json(), None, seen)
    ours = [str(home) for home in homes if home in seen]
    assert (found is not None) == bool(ours) == concerns(seen, chunk.type, chunk)
    if found is not None:
        assert [each["distributor_id"] for each in json.loads(found)["orders"]] == ours


def test_the_body_is_one_json_object_of_three_members() -> None:
    body = domain.body_of("order.recorded.v1", NOON, '{"名":"值"}')
    assert json.loads(body) == {
        "type": "order.recorded.v1",
        "timestamp": "2026-03-01T12:00:00Z",
        "data": {"名": "值"},
    }


@given(st.binary(min_size=32, max_size=32), st.text(max_size=200))
def test_the_public_library_verifies_what_is_signed_here(secret: bytes, text: str) -> None:
    body = json.dumps({"text": text}).encode()
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signing.signature([secret], "msg_1", now, body),
    }
    assert Webhook(signing.shown(secret)).verify(body, headers) == json.loads(body)


def test_the_schedule_is_the_standards() -> None:
    waits = [next_wait(tries, None, 0.5) for tries in range(11)]
    minute, hour = 60, 3600
    assert waits == [
        *(0, 5, 5 * minute, 30 * minute),
        *(each * hour for each in (2, 5, 10, 14, 20, 24)),
        None,
    ]


@given(st.integers(1, 9), st.floats(0, 1), st.none() | st.floats(0, 86400))
def test_a_wait_is_a_fifth_off_at_most_and_never_shorter_than_asked(
    tries: int, chance: float, asked: float | None
) -> None:
    wait = next_wait(tries, asked, chance)
    assert wait is not None
    assert wait >= WAITS[tries] * 0.8 - 1e-6
    assert wait >= (asked or 0)
    assert wait <= max(WAITS[tries] * 1.2 + 1e-6, asked or 0)


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, "120", 120.0),
        (503, " 5 ", 5.0),
        (429, "999999999999", 86400.0),
        (429, "Sun, 01 Mar 2026 12:10:00 GMT", 600.0),
        (429, "Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        (503, "Sun, 01 Mar 2099 12:10:00 GMT", 86400.0),
        (429, "soon", None),
        (429, "-5", None),
        (429, "", None),
        (429, None, None),
        (500, "120", None),
        (429, "٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_a_day_at_most(
    status: int, said: str | None, seconds: float | None
) -> None:
    assert domain.asked_to_wait(status, said, NOON) == seconds


@given(st.text(max_size=64))
def test_no_retry_after_makes_anything_stumble(said: str) -> None:
    found = domain.asked_to_wait(429, said, NOON)
    assert found is None or 0 <= found <= 86400


def test_only_2xx_is_a_success() -> None:
    assert [domain.reason_of(status) for status in (200, 204, 299)] == [None] * 3
    assert {domain.reason_of(status) for status in (300, 301, 307, 399)} == {"redirected"}
    assert {domain.reason_of(status) for status in (100, 199, 400, 410, 429, 500, 600)} == {"bad_status"}


def test_one_that_fails_is_tried_once_a_second_at_first_and_once_a_minute_in_the_end() -> None:
    pauses = [domain.pause(NOON, NOON + timedelta(seconds=seconds)) for seconds in (0, 4, 5, 100, 600, 10**6)]
    assert pauses == [0, 0, 1, 10, 60, 60]
    assert domain.pause(None, NOON) == 0
    shortest = min(WAITS[tries] * 0.8 for tries in range(1, 10))
    assert domain.pause(NOON, NOON + timedelta(seconds=shortest)) < shortest


def outcome(after: int, reason: str | None) -> Outcome:
    return Outcome(uuid4(), NOON + timedelta(seconds=after), 1, None, reason)


def test_failing_counts_from_the_first_failure_behind_the_last_success() -> None:
    since = NOON - timedelta(days=1)
    assert domain.first_failure(None, [outcome(1, "timeout"), outcome(2, "timeout")]) == NOON + timedelta(
        seconds=1
    )
    assert domain.first_failure(since, [outcome(1, "timeout")]) == since
    assert domain.first_failure(since, [outcome(2, None), outcome(1, "timeout")]) is None
    mixed = [outcome(3, "timeout"), outcome(1, "timeout"), outcome(2, None)]
    assert domain.first_failure(since, mixed) == NOON + timedelta(seconds=3)
    assert domain.first_failure(None, [outcome(1, None)]) is None
    assert domain.given_up(NOON, NOON + timedelta(days=5))
    assert not domain.given_up(NOON, NOON + timedelta(days=5, seconds=-1))
    assert not domain.given_up(None, NOON)
