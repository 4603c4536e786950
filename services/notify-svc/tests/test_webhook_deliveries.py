"""Which webhooks hear of which events, the log of what was sent, and sending it again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from notify_svc.deliveries import commands, matching
from notify_svc.deliveries.consumers import on_key_revoked as end_with_key
from notify_svc.deliveries.jobs import replay
from notify_svc.partners.consumers import on_distributor_changed, on_key_revoked, on_key_told
from shared.auth import Principal
from shared.clock import new_id, utc_now
from shared.db import Scope
from shared.events import Envelope, to_json
from shared.events.customer import DistributorChanged
from shared.events.gateway import KeyChanged, KeyRevoked
from shared.jobs import Worker
from shared.messaging.bus import Delivery
from shared.messaging.inbox import Inbox
from shared.operations import OperationFollower
from shared.testing import partner
from shared.testing.sink import answer, sink

from .hooking import bodies, hook, order, orders, sending, settled, states, told, until

ALL = ("webhooks:read", "webhooks:write", "orders:read", "customers:read", "operations:read")


@pytest.fixture
def home() -> UUID:
    return uuid4()


@pytest.fixture
def key(home: UUID) -> Principal:
    return partner(home, *ALL)


async def counts(world: Any) -> tuple[int, int]:
    """How many events and deliveries are stored."""
    (row,) = await world.sql(
        "SELECT (SELECT count(*) FROM webhook_event) AS e, (SELECT count(*) FROM webhook_delivery) AS d"
    )
    return row["e"], row["d"]


async def moved(world: Any, child: UUID, parent: UUID | None, version: int, status: str = "active") -> None:
    async with world.database.begin() as tx:
        event = DistributorChanged(
            subject=child, version=version, distributor_id=child, parent_id=parent, status=status
        )
        await on_distributor_changed(tx, event)


async def test_nothing_is_stored_when_nobody_wants_it(world: Any) -> None:
    await told(world, order())
    await hook(world, world.manager, "https://hooks.example.com/", ["customer.*"])
    await told(world, order(), orders(None))
    assert await counts(world) == (0, 0)


async def test_an_event_is_stored_once_for_all_who_want_it_and_told_twice_counts_once(world: Any) -> None:
    for _ in range(3):
        await hook(world, world.manager, "https://hooks.example.com/")
    await told(world, order())
    assert await counts(world) == (1, 3)
    again = order()
    async with world.database.begin() as tx:
        envelope = Envelope(new_id(), utc_now(), None, again)
        await matching.hear(tx, envelope)
    async with world.database.begin() as tx:
        await matching.hear(tx, envelope)
    assert await counts(world) == (2, 6)


async def test_the_inbox_hands_over_events_with_their_ids_and_times(world: Any) -> None:
    await hook(world, world.manager, "https://hooks.example.com/", ["order.*"])
    event_id, moment = uuid4(), utc_now() - timedelta(days=1)
    inbox = Inbox("notify-svc", world.database, world.service._consumers)
    letter = Delivery(to_json(order(), event_id, moment, None), "x", "order.recorded.v1", redelivered=False)
    await inbox.deliver([letter, letter])
    await inbox.deliver([letter])
    (row,) = await world.sql("SELECT event_id, occurred_at FROM webhook_delivery")
    assert (row["event_id"], row["occurred_at"]) == (event_id, moment)


class BrokenOffError(Exception):
    """Something went wrong after an event was heard."""


async def _heard_and_broken_off(world: Any) -> None:
    async with world.database.begin() as tx:
        await matching.hear(tx, Envelope(uuid4(), utc_now(), None, order()))
        raise BrokenOffError


async def test_a_rolled_back_event_leaves_no_delivery(world: Any) -> None:
    await hook(world, world.manager, "https://hooks.example.com/")
    with pytest.raises(BrokenOffError):
        await _heard_and_broken_off(world)
    assert await counts(world) == (0, 0)


async def test_a_partner_hears_of_its_subtree_alone_and_of_a_chunk_its_own_part(
    world: Any, key: Principal, home: UUID
) -> None:
    below, others = uuid4(), uuid4()
    await moved(world, below, home, 1)
    async with sink() as there:
        await hook(world, key, there, ["order.*", "orders.*"])
        await told(world, order(), order(distributor_id=others), orders(others, None))
        assert await counts(world) == (0, 0)
        mine, deeper = order(distributor_id=home), order(distributor_id=below)
        await told(world, mine, deeper, orders(home, others, None, below))
        async with sending(world, there.place):
            await settled(world, delivered=3)
    found = {body["type"]: body["data"] for body in bodies(there)}
    assert {body["data"]["subject"] for body in bodies(there)} >= {str(mine.subject), str(deeper.subject)}
    assert [each["distributor_id"] for each in found["orders.imported.v1"]["orders"]] == [
        str(home),
        str(below),
    ]
    assert str(others) not in json.dumps(bodies(there))


async def test_what_left_the_subtree_before_it_was_sent_is_not_sent(
    world: Any, key: Principal, home: UUID
) -> None:
    below = uuid4()
    await moved(world, below, home, 1)
    async with sink() as there:
        await hook(world, key, there, ["order.*", "orders.*"])
        await told(world, order(distributor_id=below), orders(home, below))
        await moved(world, below, None, 2)
        async with sending(world, there.place):
            await settled(world, delivered=1, skipped=1)
    (body,) = bodies(there)
    assert [each["distributor_id"] for each in body["data"]["orders"]] == [str(home)]
    (row,) = (await world.get(key, "/v1/webhook-deliveries?state=skipped")).json()["data"]
    assert (row["last_reason"], row["attempts"]) == ("not_allowed", 0)


async def test_a_partner_hears_of_what_its_token_vouches_for_before_any_event_told_of_it(
    world: Any, key: Principal, home: UUID
) -> None:
    below = uuid4()
    wide = replace(key, scope=Scope(distributors=frozenset({home, below})))
    await hook(world, wide, "https://hooks.example.com/", ["order.*"])
    await told(world, order(distributor_id=below))
    assert await counts(world) == (1, 1)
    await moved(world, below, None, 1)
    await told(world, order(distributor_id=below))
    assert await counts(world) == (1, 1)


async def test_what_is_told_of_the_tree_or_a_key_late_undoes_nothing(
    world: Any, key: Principal, home: UUID
) -> None:
    below = uuid4()
    await moved(world, below, None, 3)
    await moved(world, below, home, 2)
    told_of = {"subject": key.id, "distributor_id": home, "changed_by": uuid4(), "expires_at": None}
    async with world.database.begin() as tx:
        await on_key_told(tx, KeyChanged(version=3, scopes=("customers:read",), **told_of))
        await on_key_told(tx, KeyChanged(version=2, scopes=("orders:read",), **told_of))
    await hook(world, key, "https://hooks.example.com/", ["*"])
    await told(world, order(distributor_id=home), orders(below))
    assert await counts(world) == (0, 0)
    other = replace(key, id=uuid4())
    await hook(world, other, "https://hooks.example.com/", ["*"])
    await told(world, orders(below))
    assert await counts(world) == (0, 0)
    await told(world, order(distributor_id=home))
    assert await counts(world) == (1, 1)


async def test_a_ring_in_the_tree_holds_nobody_up(world: Any, key: Principal, home: UUID) -> None:
    other = uuid4()
    await moved(world, home, other, 1)
    await moved(world, other, home, 1)
    await hook(world, key, "https://hooks.example.com/", ["order.*"])
    await told(world, order(distributor_id=other))
    assert await counts(world) == (1, 1)


@pytest.mark.parametrize("how", ["expired", "narrowed", "suspended"])
async def test_nothing_is_heard_or_sent_for_a_key_that_may_not_any_more(
    world: Any, key: Principal, home: UUID, how: str
) -> None:
    async with sink() as there:
        await hook(world, key, there, ["order.*"])
        await told(world, order(distributor_id=home))
        if how == "suspended":
            await moved(world, home, None, 2, "suspended")
        else:
            scopes = ("customers:read",) if how == "narrowed" else ("orders:read",)
            end = utc_now() - timedelta(seconds=1) if how == "expired" else None
            changed = KeyChanged(
                subject=key.id,
                version=2,
                distributor_id=home,
                changed_by=uuid4(),
                scopes=scopes,
                expires_at=end,
            )
            async with world.database.begin() as tx:
                await on_key_told(tx, changed)
        await told(world, order(distributor_id=home))
        assert await counts(world) == (1, 1)
        ours = await hook(world, world.manager, there, ["order.returned.v1"])
        await world.post(world.manager, f"/v1/webhooks/{ours.id}/test")
        async with sending(world, there.place):
            await until(lambda: asyncio.sleep(0, len(there.seen) == 1))
            left = "skipped" if how == "narrowed" else "waiting"
            await settled(world, delivered=1, **{left: 1})
    assert [body["type"] for body in bodies(there)] == ["webhook.test.v1"]


async def test_the_webhooks_of_a_revoked_key_end_with_it(world: Any, key: Principal, home: UUID) -> None:
    mine = await hook(world, key, "https://hooks.example.com/", ["order.*"])
    other = await hook(world, replace(key, id=uuid4()), "https://hooks.example.com/", ["order.*"])
    event = KeyRevoked(subject=key.id, version=2, distributor_id=home, revoked_by=uuid4())
    async with world.database.begin() as tx:
        await on_key_revoked(tx, event)
        await end_with_key(tx, event)
    await told(world, order(distributor_id=home))
    rows = (await world.get(world.manager, "/v1/webhook-deliveries")).json()["data"]
    assert [row["webhook_id"] for row in rows] == [other.id]
    found = (await world.get(world.manager, f"/v1/webhooks/{mine.id}")).json()
    assert (found["state"], found["disabled_reason"]) == ("disabled", "key_revoked")
    refused = await world.post(world.manager, f"/v1/webhooks/{mine.id}/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "key_revoked")


async def test_the_log_is_filtered_paged_and_each_sees_their_own(
    world: Any, key: Principal, home: UUID
) -> None:
    theirs = await hook(world, key, "https://hooks.example.com/")
    ours = await hook(world, world.manager, "https://hooks.example.com/")
    await told(world, order(distributor_id=home), orders(home))

    async def listed(who: Principal, query: str = "") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await world.get(who, f"/v1/webhook-deliveries?{query}")).json()["data"]
        return rows

    assert {row["webhook_id"] for row in await listed(key)} == {theirs.id}
    assert len(await listed(world.manager)) == 4
    assert len(await listed(world.manager, f"webhook_id={ours.id}")) == 2
    assert len(await listed(world.manager, "event_type=orders.imported.v1")) == 2
    assert len(await listed(world.manager, "state=waiting")) == 4
    assert await listed(world.manager, "state=failed") == []
    assert await listed(world.manager, "created_at[lt]=2020-01-01T00:00:00Z") == []
    assert len(await listed(world.manager, "created_at[gte]=2020-01-01T00:00:00Z")) == 4
    page = (await world.get(world.manager, "/v1/webhook-deliveries?limit=3&count=exact")).json()
    rest = (
        await world.get(world.manager, f"/v1/webhook-deliveries?limit=3&cursor={page['page']['next_cursor']}")
    ).json()
    assert (len(page["data"]), page["page"]["total"], len(rest["data"])) == (3, 4, 1)
    stranger = partner(uuid4(), *ALL)
    for row in await listed(world.manager):
        path = f"/v1/webhook-deliveries/{row['id']}"
        assert (await world.get(stranger, path)).status_code == 404
        assert (await world.post(stranger, f"{path}/redeliver")).status_code == 404
        expected = 200 if row["webhook_id"] == theirs.id else 404
        assert (await world.get(key, path)).status_code == expected


async def test_what_a_partners_server_answered_is_the_partners_alone(
    world: Any, key: Principal, home: UUID
) -> None:
    async def reply(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(500, b"stack of a partner\x1b[31m"))

    async with sink(reply) as there:
        await hook(world, key, there)
        await told(world, order(distributor_id=home))
        async with sending(world, there.place):
            await until(lambda: _attempted(world))
    (row,) = (await world.get(key, "/v1/webhook-deliveries")).json()["data"]
    path = f"/v1/webhook-deliveries/{row['id']}"
    (theirs,) = (await world.get(key, path)).json()["tried"]
    (ours,) = (await world.get(world.manager, path)).json()["tried"]
    assert theirs["answer"] == "stack of a partner\ufffd[31m"
    assert (ours["answer"], ours["status"]) == (None, 500)


async def _attempted(world: Any) -> bool:
    return bool(await world.sql("SELECT FROM webhook_attempt"))


@asynccontextmanager
async def working(world: Any) -> AsyncIterator[None]:
    """While the block runs, replays are done."""
    worker = Worker(
        world.database, {commands.REPLAY: replay}, follower=OperationFollower(), poll_seconds=0.05
    )
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def operated(world: Any, who: Principal, path: str) -> dict[str, Any]:
    async def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = (await world.get(who, path)).json()
        return found if found["finished_at"] else None

    done: dict[str, Any] = await until(ended)
    return done


WINDOW = {"from": "2020-01-01T00:00:00Z", "to": "2090-01-01T00:00:00Z"}


async def test_a_replay_sends_again_what_occurred_within_a_time(world: Any) -> None:
    async with sink() as there, sending(world, there.place), working(world):
        mine = await hook(world, world.manager, there)
        other = await hook(world, world.manager, there)
        await told(world, order(), order(), orders(None))
        await settled(world, delivered=6)
        path = f"/v1/webhooks/{mine.id}/replay"
        started = await world.post(world.manager, path, {**WINDOW, "event_types": ["order.*"]})
        assert (started.status_code, started.json()["total"]) == (202, 2)
        done = await operated(world, world.manager, started.headers["location"])
        assert (done["status"], done["done"], done["result"]["replayed"]) == ("succeeded", 2, 2)
        await until(lambda: asyncio.sleep(0, len(there.seen) == 8))
        ids = [each.headers["webhook-id"] for each in there.seen]
        assert sorted(map(ids.count, set(ids))) == [1, 1, 1, 1, 2, 2]
        soon = await world.post(world.manager, path, WINDOW)
        assert (soon.status_code, soon.headers["retry-after"]) == (429, "60")
        elsewhere = await world.post(
            world.manager, f"/v1/webhooks/{other.id}/replay", {**WINDOW, "to": "2020-01-02T00:00:00Z"}
        )
        done = await operated(world, world.manager, elsewhere.headers["location"])
        assert (done["status"], done["result"]) == ("succeeded", {"replayed": 0})


async def test_what_came_while_a_webhook_was_disabled_can_be_replayed(world: Any) -> None:
    async with sink() as there, sending(world, there.place), working(world):
        mine = await hook(world, world.manager, there)
        await told(world, order())
        await settled(world, delivered=1)
        await world.post(world.manager, f"/v1/webhooks/{mine.id}/disable")
        missed = order()
        await told(world, missed)
        await settled(world, delivered=1, skipped=1)
        refused = await world.post(world.manager, f"/v1/webhooks/{mine.id}/replay", WINDOW)
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
        await world.post(world.manager, f"/v1/webhooks/{mine.id}/enable")
        started = await world.post(
            world.manager, f"/v1/webhooks/{mine.id}/replay", {**WINDOW, "only_failed": True}
        )
        assert started.json()["total"] == 1
        await settled(world, delivered=2)
    assert bodies(there)[-1]["data"]["subject"] == str(missed.subject)
    assert len(there.seen) == 2


async def test_a_replay_goes_one_after_another_and_on_where_its_worker_stopped(world: Any) -> None:
    mine = await hook(world, world.manager, "https://hooks.example.com/")
    await told(world, *(order() for _ in range(7)))
    await world.sql("UPDATE webhook_delivery SET state = 'failed', due_at = NULL, tries = 10")
    now = world.database.now()
    asked = {
        "start": now - timedelta(days=1),
        "end": now + timedelta(days=1),
        "types": None,
        "only_failed": False,
    }
    window = commands.window_of(UUID(mine.id), asked)
    after, done = (asked["start"], UUID(int=0)), 0
    for expected in (7, 0):
        async with world.database.begin() as tx:
            rows = await commands.replay_some(tx, window, after=after, done=done, begun_at=now)
            assert len(rows) == expected
        if rows:
            after, done = (rows[-1]["occurred_at"], rows[-1]["id"]), len(rows)
    rows = await world.sql(
        "SELECT tries, due_at - lag(due_at) OVER (ORDER BY due_at) AS gap FROM webhook_delivery "
        "ORDER BY due_at"
    )
    assert {row["tries"] for row in rows} == {0}
    assert {row["gap"] for row in rows[1:]} == {timedelta(milliseconds=20)}


@pytest.mark.parametrize(
    "wrong",
    [{"to": "2019-01-01T00:00:00Z"}, {"event_types": ["x"]}, {"only_failed": 1}, {"from": "yesterday"}],
)
async def test_a_replay_of_no_time_or_no_type_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    mine = await hook(world, world.manager, "https://hooks.example.com/")
    refused = await world.post(world.manager, f"/v1/webhooks/{mine.id}/replay", {**WINDOW, **wrong})
    assert refused.status_code == 422


async def test_after_thirty_days_events_and_what_was_sent_of_them_are_forgotten(world: Any) -> None:
    mine = await hook(world, world.manager, "https://hooks.example.com/")
    await told(world, order(), order())
    await world.sql(
        "UPDATE webhook_event SET received_at = now() - interval '31 days' "
        "WHERE id = (SELECT id FROM webhook_event LIMIT 1)"
    )
    async with world.database.begin() as tx:
        assert not await commands.forget_some(tx)
    assert await counts(world) == (1, 1)
    await world.delete(world.manager, f"/v1/webhooks/{mine.id}")
    await world.sql("UPDATE webhook_endpoint SET deleted_at = now() - interval '2 hours'")
    for _ in range(2):
        async with world.database.begin() as tx:
            await commands.forget_some(tx)
    assert await counts(world) == (1, 0)
    assert await world.sql("SELECT FROM webhook_endpoint") == []
    assert await states(world) == {}
