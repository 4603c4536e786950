"""The inbox: read, counted, and told live."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from notify_svc.firing.clock import fire_until_quiet
from notify_svc.inbox.domain import Position
from shared.problems import Malformed

from .steps import fired


async def test_items_are_ones_own_newest_first_and_can_be_paged(world: Any) -> None:
    for subject in ("1", "2", "3"):
        await fired(world, world.lin, subject=subject)
    await fired(world, world.wang)
    first = (await world.get(world.lin, "/v1/inbox?limit=2")).json()
    assert [item["subject"] for item in first["data"]] == ["3", "2"]
    rest = (await world.get(world.lin, f"/v1/inbox?limit=2&cursor={first['page']['next_cursor']}")).json()
    assert [item["subject"] for item in rest["data"]] == ["1"]
    assert rest["page"] == {"next_cursor": None, "has_more": False, "total": None}


async def test_reading_an_item_counts_down_once(world: Any) -> None:
    await fired(world, world.lin, world.lin)
    [first, _] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    read = await world.post(world.lin, f"/v1/inbox/{first['id']}/read")
    again = await world.post(world.lin, f"/v1/inbox/{first['id']}/read")
    assert read.json()["read_at"] == again.json()["read_at"] is not None
    assert (await world.get(world.lin, "/v1/inbox/unread-count")).json() == {"unread": 1}
    assert len((await world.get(world.lin, "/v1/inbox?unread=true")).json()["data"]) == 1
    assert len((await world.get(world.lin, "/v1/inbox?unread=false")).json()["data"]) == 1


async def test_read_all_reads_ones_own_only(world: Any) -> None:
    await fired(world, world.lin, world.lin, world.wang)
    assert (await world.post(world.lin, "/v1/inbox/read-all")).json() == {"read": 2}
    assert (await world.post(world.lin, "/v1/inbox/read-all")).json() == {"read": 0}
    assert (await world.get(world.wang, "/v1/inbox/unread-count")).json() == {"unread": 1}


async def test_somebody_elses_item_is_not_found(world: Any) -> None:
    await fired(world, world.lin)
    [item] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    foreign = await world.post(world.wang, f"/v1/inbox/{item['id']}/read")
    absent = await world.post(world.wang, f"/v1/inbox/{uuid4()}/read")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert (await world.get(world.lin, "/v1/inbox/unread-count")).json() == {"unread": 1}


async def test_what_is_done_need_not_be_read(world: Any) -> None:
    await fired(world, world.lin)
    [item] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    await world.post(world.lin, f"/v1/reminders/{item['reminder_id']}/done", {})
    assert (await world.get(world.lin, "/v1/inbox/unread-count")).json() == {"unread": 0}


class Stream:
    """An open event stream, read event by event off the ASGI door itself."""

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[Any] = asyncio.Queue()
        self.status = None
        self.buffer = b""

    async def event(self) -> Any:
        """The next event as its fields; None when the stream has ended. Keepalives are passed over."""
        while True:
            while b"\n\n" not in self.buffer:
                chunk = await self.chunks.get()
                if chunk is None:
                    return None
                self.buffer += chunk
            block, self.buffer = self.buffer.split(b"\n\n", 1)
            lines = [line.partition(": ") for line in block.decode().split("\n")]
            fields = {name: value for name, _, value in lines if name}
            if fields:
                return fields


@asynccontextmanager
async def streaming(world: Any, who: Any, path: Any = "/v1/inbox/events", **headers: Any) -> Any:
    """Open the stream as a server would, and hang up at the end."""
    stream, hung_up = Stream(), asyncio.Event()
    async with world.client(who, **headers) as client:
        request = client.build_request("GET", path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": ("service", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Any:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> Any:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
        elif message.get("body"):
            await stream.chunks.put(message["body"])
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await stream.chunks.put(None)

    task = asyncio.create_task(world.service.asgi(scope, receive, send))
    try:
        yield stream
    finally:
        hung_up.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_new_item_arrives_on_the_open_stream(world: Any) -> None:
    async with streaming(world, world.lin) as stream:
        hello = await stream.event()
        assert (hello["id"], hello["retry"]) == ("0-0", "1000")
        await fired(world, world.wang)
        await fired(world, world.lin, subject="Call Li")
        event = await stream.event()
        assert (event["event"], event["id"]) == ("item", "1-0")
        assert json.loads(event["data"])["subject"] == "Call Li"


async def test_items_of_another_process_arrive_by_the_backstop(world: Any) -> None:
    async with streaming(world, world.lin) as stream:
        await stream.event()
        await world.sql("INSERT INTO inbox_box VALUES ($1, 1)", world.lin.id)
        await world.sql(
            "INSERT INTO inbox_item (id, recipient_id, number, kind, subject, subject_parameters, about_id,"
            " created_at) VALUES ($1, $2, 1, 'reminder.due', 'from afar', '{}', $1, now())",
            uuid4(),
            world.lin.id,
        )
        assert json.loads((await stream.event())["data"])["subject"] == "from afar"


async def test_a_stream_goes_on_behind_the_last_event_that_was_seen(world: Any) -> None:
    for number in range(1, 4):
        await fired(world, world.lin, subject=str(number))
    async with streaming(world, world.lin, **{"Last-Event-ID": "1-0"}) as stream:
        await stream.event()
        seen = [await stream.event(), await stream.event()]
    assert [(event["id"], json.loads(event["data"])["subject"]) for event in seen] == [
        ("2-0", "2"),
        ("3-0", "3"),
    ]


async def test_a_long_absence_is_caught_up_in_order_and_whole(world: Any) -> None:
    for _ in range(6):
        made = await asyncio.gather(*(world.reminder(world.lin) for _ in range(50)))
        assert len(made) == 50
    await world.sql("UPDATE reminder SET due_at = now()")
    await fire_until_quiet(world.database)
    async with streaming(world, world.lin, **{"Last-Event-ID": "0-0"}) as stream:
        await stream.event()
        ids = [(await stream.event())["id"] for _ in range(300)]
    assert ids == [f"{number}-0" for number in range(1, 301)]


async def test_managers_hear_of_the_unassigned_queue_too(world: Any) -> None:
    async with streaming(world, world.manager) as stream:
        await stream.event()
        made = await world.reminder(world.manager, assignee_id=None)
        await world.make_late(made["id"], hours=0.1)
        await fire_until_quiet(world.database)
        event = await stream.event()
        assert (event["id"], json.loads(event["data"])["queue"]) == ("0-1", "unassigned")


async def test_a_waiting_stream_holds_no_connection(world: Any) -> None:
    async with streaming(world, world.lin) as stream, streaming(world, world.wang) as other:
        await stream.event()
        await other.event()
        await asyncio.sleep(0.1)
        assert world.database.connections_in_use == 0


async def test_streams_end_when_the_service_leaves(world: Any) -> None:
    try:
        async with streaming(world, world.lin) as stream:
            await stream.event()
            world.service.draining = True
            assert await stream.event() is None
            assert stream.status == 200
    finally:
        world.service.draining = False


async def test_a_stream_that_was_left_is_forgotten(world: Any) -> None:
    feed = world.service._blueprint.carried["feed"]
    async with streaming(world, world.lin) as stream:
        await stream.event()
        await fired(world, world.lin)
        await stream.event()
        assert len(feed._listeners) == 1
    assert not feed._listeners


@pytest.mark.parametrize("text", ["", "1", "1-", "a-b", "-1-0", "1-0-0", "9" * 30 + "-0", "1-0\n"])
def test_a_position_that_was_never_sent_is_refused(text: Any) -> None:
    with pytest.raises(Malformed):
        Position.parsed(text)


async def test_a_wrong_last_event_id_is_a_400(world: Any) -> None:
    answer = await world.get(world.lin, "/v1/inbox/events", **{"Last-Event-ID": "yesterday"})
    assert (answer.status_code, answer.json()["code"]) == (400, "event_id_invalid")


async def test_nobody_listens_without_signing_in(world: Any) -> None:
    assert (await world.get(None, "/v1/inbox/events")).status_code == 401
