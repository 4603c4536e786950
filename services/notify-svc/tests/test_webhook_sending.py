"""What is told arrives: signed, once under one id, tried again, and one webhook delays no other."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import WebhookVerificationError

from notify_svc.dispatching import commands, queries
from notify_svc.dispatching.commands import LaneLost
from shared.http.outward import Outward
from shared.testing.sink import Posted, answer, sink

from .hooking import Hook, bodies, dispatcher, hook, later, order, sending, settled, states, told, until


async def log(world: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.get(world.manager, "/v1/webhook-deliveries")).json()["data"]
    return rows


async def whole(world: Any) -> dict[str, Any]:
    """The only delivery, with its attempts."""
    (row,) = await log(world)
    found: dict[str, Any] = (await world.get(world.manager, f"/v1/webhook-deliveries/{row['id']}")).json()
    return found


async def webhook(world: Any, mine: Hook) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(world.manager, f"/v1/webhooks/{mine.id}")).json()
    return found


def replying(*answers: bytes) -> Any:
    """Answers one after another; the last for ever."""
    left = list(answers)

    async def reply(_: Posted, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return reply


async def test_an_event_arrives_signed_and_as_it_was_told(world: Any) -> None:
    async with sink() as there:
        mine = await hook(world, world.manager, there, ["order.*"])
        event = order()
        (event_id,) = await told(world, event)
        async with sending(world, there.place):
            await settled(world, delivered=1)
    body = mine.verified(there.seen[0])
    assert body["type"] == "order.recorded.v1"
    assert body["data"]["order_id"] == str(event.order_id)
    assert body["data"]["subject"] == str(event.subject)
    (row,) = await log(world)
    assert (row["event_id"], row["state"], row["attempts"]) == (str(event_id), "delivered", 1)
    assert there.seen[0].headers["webhook-id"] == row["message_id"]
    assert row["occurred_at"] == body["timestamp"]
    found = await webhook(world, mine)
    assert (found["delivered"], found["failed_attempts"], found["failing_since"]) == (1, 0, None)


async def test_what_fails_is_tried_again_under_its_id_and_both_attempts_are_in_the_log(world: Any) -> None:
    async with sink(replying(answer(500, "别处坏了".encode()), answer(204))) as there:
        mine = await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await settled(world, waiting=1)
            await until(lambda: asyncio.sleep(0, len(there.seen) == 1))
            await until(lambda: tried(world, 1))
            found = await webhook(world, mine)
            assert (found["failing_since"] is not None, found["last_failure_reason"]) == (True, "bad_status")
            await later(world, seconds=10)
            await settled(world, delivered=1)
    first, second = there.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert mine.verified(first) == mine.verified(second)
    found = await whole(world)
    assert [(each["number"], each["status"], each["reason"]) for each in found["tried"]] == [
        (2, 204, None),
        (1, 500, "bad_status"),
    ]
    assert [each["answer"] for each in found["tried"]] == [None, "别处坏了"]
    assert (await webhook(world, mine))["failing_since"] is None


async def tried(world: Any, count: int) -> bool:
    rows = await world.sql("SELECT count(*) AS n FROM webhook_attempt")
    return bool(rows[0]["n"] == count)


async def test_answers_are_sealed_where_they_lie(world: Any) -> None:
    async with sink(replying(answer(500, b"Mr. Li, 138 0000 0000"))) as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await until(lambda: tried(world, 1))
    (row,) = await world.sql("SELECT answer FROM webhook_attempt")
    assert row["answer"]
    assert b"Li" not in row["answer"]


async def test_a_redirect_is_a_failure_and_leads_nowhere(world: Any) -> None:
    async with sink() as inside, sink(replying(answer(302, location=inside.url))) as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place, inside.place):
            await until(lambda: tried(world, 1))
    assert inside.seen == []
    assert (await whole(world))["last_reason"] == "redirected"


@pytest.mark.parametrize(
    ("url", "addresses", "reason"),
    [
        ("http://127.0.0.1:9/", [], "not_https"),
        ("https://127.0.0.1/", [], "address_not_public"),
        ("https://hooks.example.com/", ["127.0.0.1"], "address_not_public"),
        ("https://hooks.example.com/", ["93.184.216.34", "169.254.169.254"], "address_not_public"),
        ("https://hooks.example.com/", [], "name_not_found"),
    ],
)
async def test_what_may_not_be_asked_is_not_and_the_attempt_says_why(
    world: Any, url: str, addresses: Sequence[str], reason: str
) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    await hook(world, world.manager, url)
    await told(world, order())
    async with sending(world, outward=Outward(resolve=resolve)):
        await until(lambda: tried(world, 1))
    found = await whole(world)
    assert [(each["reason"], each["status"]) for each in found["tried"]] == [(reason, None)]


async def test_who_does_not_answer_in_time_has_not_got_it(world: Any) -> None:
    async def never(_: Posted, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with sink(never) as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place, seconds=0.3):
            await until(lambda: tried(world, 1))
    assert (await whole(world))["last_reason"] == "timeout"


async def test_one_that_is_gone_is_disabled_at_once_and_its_maker_and_others_are_told(world: Any) -> None:
    async with sink(replying(answer(410))) as there:
        mine = await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await settled(world, failed=1)
    found = await webhook(world, mine)
    assert (found["state"], found["disabled_reason"]) == ("disabled", "gone")
    assert await events_about(world, mine) == ["gone"]
    (item,) = (await world.get(world.manager, "/v1/inbox")).json()["data"]
    assert (item["kind"], item["subject"]) == (
        "webhook.disabled",
        "A webhook was disabled: its receiver is gone (410)",
    )


async def events_about(world: Any, mine: Hook) -> list[str]:
    rows = await world.sql(
        "SELECT payload->'data'->>'reason' AS why FROM outbox "
        "WHERE aggregate_id = $1 AND type = 'webhook.disabled.v1'",
        UUID(mine.id),
    )
    return [row["why"] for row in rows]


async def test_five_days_of_nothing_but_failure_disable_it_and_not_a_moment_less(world: Any) -> None:
    async with sink(replying(answer(500))) as there:
        mine = await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await until(lambda: tried(world, 1))
            await later(world, days=4, hours=23)
            await until(lambda: tried(world, 2))
            assert (await webhook(world, mine))["state"] == "enabled"
            await later(world, hours=1)
            await until(lambda: tried(world, 3))
    assert (await webhook(world, mine))["disabled_reason"] == "failing"
    assert await events_about(world, mine) == ["failing"]
    await world.post(world.manager, f"/v1/webhooks/{mine.id}/enable")
    found = await webhook(world, mine)
    assert (found["state"], found["failing_since"], found["disabled_at"]) == ("enabled", None, None)


async def test_who_asks_to_wait_is_left_in_peace_until_then(world: Any) -> None:
    async with sink(replying(answer(429, retry_after="3600"), answer())) as there:
        mine = await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await until(lambda: tried(world, 1))
            await told(world, order(), order())
            await later(world, minutes=59)
            await asyncio.sleep(0.3)
            assert len(there.seen) == 1
            assert (await webhook(world, mine))["rest_until"] is not None
            await later(world, minutes=2)
            await settled(world, delivered=3)


async def test_one_that_fails_gets_one_message_at_a_time_and_ever_more_seldom(world: Any) -> None:
    async with sink(replying(answer(500))) as there:
        mine = await hook(world, world.manager, there)
        await told(world, *(order() for _ in range(10)))
        await world.sql("UPDATE webhook_lane SET failing_since = now() - interval '1 hour'")
        async with sending(world, there.place):
            await until(lambda: tried(world, 1))
            await asyncio.sleep(0.3)
            assert len(there.seen) == 1
            rest = await world.sql("SELECT rest_until - last_failure_at AS rest FROM webhook_lane")
            assert timedelta(seconds=59) < rest[0]["rest"] < timedelta(seconds=61)
            await world.post(world.manager, f"/v1/webhooks/{mine.id}/test")
            await until(lambda: tried(world, 2))
            there.reply = None
            await later(world, minutes=1)
            await settled(world, delivered=11)
    assert bodies(there)[1]["type"] == "webhook.test.v1"


async def test_at_most_five_are_under_way_to_one_webhook(world: Any) -> None:
    go = asyncio.Event()

    async def held(_: Posted, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        writer.write(answer())

    async with sink(held) as there:
        await hook(world, world.manager, there)
        await told(world, *(order() for _ in range(20)))
        async with sending(world, there.place), sending(world, there.place):
            await until(lambda: asyncio.sleep(0, there.inside == 5))
            await asyncio.sleep(0.2)
            assert there.most_inside == 5
            go.set()
            await settled(world, delivered=20)
    assert there.most_inside == 5
    assert there.connections <= 10


async def test_one_that_hangs_with_much_that_waits_delays_no_other(world: Any) -> None:
    async def never(_: Posted, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with sink(never) as stuck, sink() as well:
        await hook(world, world.manager, stuck)
        await hook(world, world.manager, well, ["customer.*", "order.*"])
        await told(world, *(order() for _ in range(60)))
        async with sending(world, stuck.place, well.place, seconds=60):
            await until(lambda: asyncio.sleep(0, len(well.seen) == 60 and len(stuck.seen) == 5))


async def test_one_worker_at_a_time_sends_to_a_webhook_and_one_that_lost_it_writes_nothing(
    world: Any,
) -> None:
    await hook(world, world.manager, "https://hooks.example.com/")
    await told(world, order())
    async with world.database.begin() as tx:
        (first,) = await queries.claim(tx, most=10)
        assert await queries.claim(tx, most=10) == []
    await world.sql("UPDATE webhook_lane SET lease_until = now()")
    async with world.database.begin() as tx:
        (second,) = await queries.claim(tx, most=10)
        assert second.fence > first.fence
        with pytest.raises(LaneLost):
            await commands.hold(tx, first)
        await commands.release(tx, first)
        assert await queries.claim(tx, most=10) == []
        assert await queries.turn(tx, first, most=10) is None
        await commands.release(tx, second)
        assert len(await queries.claim(tx, most=10)) == 1


async def test_lanes_that_were_served_longest_ago_come_first(world: Any) -> None:
    names = [await hook(world, world.manager, "https://hooks.example.com/") for _ in range(3)]
    await told(world, *(order() for _ in range(3)))
    served = []
    for _ in range(6):
        async with world.database.begin() as tx:
            (lane,) = await queries.claim(tx, most=1)
            served.append(str(lane.webhook_id))
            await commands.release(tx, lane)
    assert set(served[:3]) == {each.id for each in names}
    assert served[3:] == served[:3]


async def test_a_worker_that_leaves_ends_what_it_began(world: Any) -> None:
    go = asyncio.Event()

    async def held(_: Posted, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        writer.write(answer())

    async with sink(held) as there:
        await hook(world, world.manager, there)
        await told(world, *(order() for _ in range(8)))
        task = asyncio.create_task(dispatcher(world.database, there.place).run())
        await until(lambda: asyncio.sleep(0, there.inside == 5))
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(task, return_exceptions=True)
    assert await states(world) == {"delivered": 5, "waiting": 3}
    (lane,) = await world.sql("SELECT lease_until FROM webhook_lane")
    assert lane["lease_until"] is None


async def test_two_secrets_sign_while_they_overlap_and_one_afterwards(world: Any) -> None:
    async with sink() as there:
        old = await hook(world, world.manager, there)
        turned = (await world.post(world.manager, f"/v1/webhooks/{old.id}/rotate-secret")).json()
        new = Hook(old.id, turned["secret"])
        assert new.secret != old.secret
        await told(world, order())
        async with sending(world, there.place):
            await settled(world, delivered=1)
            assert len(there.seen[0].headers["webhook-signature"].split(" ")) == 2
            assert old.verified(there.seen[0]) == new.verified(there.seen[0])
            await world.sql("UPDATE webhook_endpoint SET previous_until = now()")
            await told(world, order())
            await settled(world, delivered=2)
    new.verified(there.seen[1])
    with pytest.raises(WebhookVerificationError):
        old.verified(there.seen[1])


async def test_a_test_event_goes_the_way_of_all_others(world: Any) -> None:
    async with sink() as there:
        mine = await hook(world, world.manager, there, ["customer.registered.v1"])
        made = await world.post(world.manager, f"/v1/webhooks/{mine.id}/test")
        assert (made.status_code, made.json()["event_type"]) == (201, "webhook.test.v1")
        async with sending(world, there.place):
            await settled(world, delivered=1)
        assert mine.verified(there.seen[0])["data"] == {"webhook_id": mine.id}
        await world.post(world.manager, f"/v1/webhooks/{mine.id}/disable")
        refused = await world.post(world.manager, f"/v1/webhooks/{mine.id}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
    assert made.headers["location"] == f"/v1/webhook-deliveries/{made.json()['id']}"


async def test_what_was_sent_can_be_sent_once_more_under_its_id(world: Any) -> None:
    async with sink() as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await settled(world, delivered=1)
            (row,) = await log(world)
            again = await world.post(world.manager, f"/v1/webhook-deliveries/{row['id']}/redeliver")
            assert again.status_code == 200
            await until(lambda: asyncio.sleep(0, len(there.seen) == 2))
            await settled(world, delivered=1)
    assert there.seen[0].headers["webhook-id"] == there.seen[1].headers["webhook-id"]
    assert bodies(there)[0] == bodies(there)[1]
    assert [each["number"] for each in (await whole(world))["tried"]] == [2, 1]


async def test_after_ten_attempts_a_delivery_has_failed(world: Any) -> None:
    async with sink(replying(answer(500))) as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            for count in range(1, 11):
                await until(lambda count=count: tried(world, count))
                await world.sql("UPDATE webhook_delivery SET due_at = now() WHERE state = 'waiting'")
            await settled(world, failed=1)
    found = await whole(world)
    assert (found["attempts"], found["next_attempt_at"]) == (10, None)


async def test_the_wait_after_the_first_failure_is_five_seconds_by_the_databases_clock(world: Any) -> None:
    async with sink(replying(answer(500))) as there:
        await hook(world, world.manager, there)
        await told(world, order())
        async with sending(world, there.place):
            await until(lambda: tried(world, 1))
    (row,) = await world.sql("SELECT due_at - updated_at AS wait FROM webhook_delivery")
    assert row["wait"] == timedelta(seconds=5)
