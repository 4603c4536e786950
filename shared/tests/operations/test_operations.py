"""Long work seen through its door: progress, events, an end, and nobody else's eyes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared import operations
from shared.auth import Principal
from shared.auth.tokens import TokenVerifier
from shared.clock import new_id
from shared.db import Database
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.jobs import JobContext, Worker
from shared.operations import OperationFollower
from shared.operations.routes import operations_router
from shared.problems import Invalid
from shared.testing import carried
from shared.testing.clients import as_principal, jwks

CREATOR = uuid4()
Work = Callable[[JobContext], Any]


@dataclass
class Desk:
    """A service whose only job kind is `count`, and clients of it."""

    database: Database
    frame: Frame

    @asynccontextmanager
    async def client(
        self, role: str = "sales", who: UUID = CREATOR, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        identity = as_principal(Principal("staff", who, frozenset({role})), "desk")
        transport = httpx.ASGITransport(app=self.frame)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://desk", headers={**identity, **headers}
        ) as client:
            yield client

    async def start(self, **options: Any) -> str:
        async with self.database.begin() as tx:
            started = await operations.start(
                tx, "count", CREATOR, service_number=4, job="count", args={}, **options
            )
        return f"/v1/operations/{started}"

    @asynccontextmanager
    async def working(self, work: Work) -> AsyncIterator[None]:
        async def handler(job: JobContext, _args: dict[str, Any]) -> None:
            await work(job)

        worker = Worker(
            self.database, {"count": handler}, follower=OperationFollower(), poll_seconds=0.05, exclusive=True
        )
        task = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def desk(work: Database) -> Desk:
    app = create_app(title="Desk", description="Long work", version="1", routers=[operations_router()])
    verifier = TokenVerifier("desk", jwks=jwks())
    given = carried("desk", work)
    return Desk(work, Frame(app, service="desk", carried=given, verifier=verifier, max_in_flight=20))


async def _ended(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    while True:
        answer: dict[str, Any] = (await client.get(path)).json()
        if answer["finished_at"] is not None:
            return answer
        await asyncio.sleep(0.02)


def _events(body: str) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for block in body.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            assert fields["event"] == "progress"
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


async def _counted(job: JobContext) -> None:
    assert job.operation_id is not None
    async with job.begin() as tx:
        await operations.progress(tx, job.operation_id, done=7, total=9, result={"seen": 7})


def test_an_operations_id_names_its_service() -> None:
    for number in range(1, 6):
        made = operations.operation_id(new_id(), number)
        assert str(made)[-1] == str(number)
        assert operations.service_number(made) == number
        assert made.version == 7
    with pytest.raises(ValueError, match="hex digit"):
        operations.operation_id(new_id(), 16)


async def test_an_operation_goes_with_its_job_from_queued_to_succeeded(desk: Desk) -> None:
    path = await desk.start(total=3)
    assert path.endswith("4")
    async with desk.client() as client:
        waiting = await client.get(path)
        assert waiting.json()["status"] == "queued"
        assert waiting.headers["etag"] == '"v1"'
        async with desk.working(_counted):
            answer = await _ended(client, path)
    assert answer["status"] == "succeeded"
    assert (answer["done"], answer["total"], answer["result"]) == (7, 9, {"seen": 7})
    assert answer["created_at"].endswith("Z")
    assert answer["started_at"] <= answer["finished_at"]


async def test_a_refused_operation_says_why_in_the_callers_language(desk: Desk) -> None:
    async def refuse(_job: JobContext) -> None:
        raise Invalid.at("/mapping", "column_missing", en="A column is missing.", zh="缺少一列。")

    path = await desk.start()
    async with desk.working(refuse), desk.client() as client:
        problem = (await _ended(client, path))["problem"]
        chinese = (await client.get(path, headers={"Accept-Language": "zh-CN"})).json()["problem"]
    assert (problem["code"], problem["status"], problem["detail"]) == (
        "column_missing",
        422,
        "A column is missing.",
    )
    assert problem["errors"][0]["pointer"] == "/mapping"
    assert (chinese["title"], chinese["errors"][0]["message"]) == ("输入无效", "缺少一列。")


async def test_a_broken_operation_tells_nothing_of_the_failure(desk: Desk) -> None:
    async def break_down(_job: JobContext) -> None:
        raise ValueError("13800138000")

    path = await desk.start()
    async with desk.database.begin() as tx:
        await tx.connection.execute("UPDATE job SET max_attempts = 1")
    async with desk.working(break_down), desk.client() as client:
        answer = await _ended(client, path)
    assert answer["problem"]["code"] == "operation_failed"
    assert "13800138000" not in json.dumps(answer)


async def test_what_waits_is_cancelled_at_once_and_never_runs(desk: Desk) -> None:
    ran = []
    path = await desk.start()
    async with desk.client() as client:
        answer = await client.post(f"{path}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")

        async def note(_job: JobContext) -> None:
            ran.append(1)

        async with desk.working(note):
            later = await desk.start()
            assert (await _ended(client, later))["status"] == "succeeded"
        assert ran == [1]
        assert (await client.get(path)).json()["status"] == "cancelled"


async def test_what_runs_is_cancelled_when_its_handler_notices(desk: Desk) -> None:
    begun = asyncio.Event()

    async def watchful(job: JobContext) -> None:
        begun.set()
        for _ in range(500):
            if await job.cancelled():
                return
            await asyncio.sleep(0.02)

    path = await desk.start()
    async with desk.working(watchful), desk.client() as client:
        await begun.wait()
        answer = await client.post(f"{path}/cancel")
        assert answer.json()["status"] == "running"
        assert (await _ended(client, path))["status"] == "cancelled"


async def test_cancelling_what_has_ended_changes_nothing(desk: Desk) -> None:
    path = await desk.start()
    async with desk.working(_counted), desk.client() as client:
        ended = await _ended(client, path)
        assert (await client.post(f"{path}/cancel")).json() == ended


async def test_watchers_see_each_change_and_the_end(desk: Desk) -> None:
    go = asyncio.Event()

    async def wait(job: JobContext) -> None:
        await go.wait()
        await _counted(job)

    path = await desk.start()
    async with desk.working(wait), desk.client() as client:
        watching = asyncio.create_task(client.get(f"{path}/events"))
        await asyncio.sleep(0.2)
        go.set()
        answer = await watching
    assert answer.headers["content-type"].startswith("text/event-stream")
    seen = _events(answer.text)
    versions = [version for version, _ in seen]
    assert versions == sorted(set(versions))
    assert seen[0][1]["status"] in {"queued", "running"}
    assert (seen[-1][1]["status"], seen[-1][1]["done"]) == ("succeeded", 7)


async def test_a_watcher_who_comes_back_is_told_only_what_is_new(desk: Desk) -> None:
    path = await desk.start()
    async with desk.working(_counted), desk.client() as client:
        version = (await _ended(client, path))["version"]
        answer = await client.get(f"{path}/events", headers={"Last-Event-ID": str(version - 1)})
        assert [seen for seen, _ in _events(answer.text)] == [version]
        wrong = await client.get(f"{path}/events", headers={"Last-Event-ID": "x"})
        assert wrong.status_code == 422


@pytest.mark.parametrize("ending", ["", "/events"])
async def test_only_its_creator_and_an_administrator_see_an_operation(desk: Desk, ending: str) -> None:
    path = await desk.start()
    absent = f"/v1/operations/{uuid4()}{ending}"
    async with desk.client(who=uuid4()) as stranger, desk.client("admin", uuid4()) as admin:
        foreign, none = await stranger.get(path + ending), await stranger.get(absent)
        assert (foreign.status_code, none.status_code) == (404, 404)
        assert foreign.json()["detail"] == none.json()["detail"]
        assert (await stranger.post(f"{path}/cancel")).status_code == 404
        assert (await admin.post(f"{path}/cancel")).status_code == 202
        assert (await admin.get(path + ending)).status_code == 200


async def test_ended_operations_are_forgotten_after_a_month(desk: Desk) -> None:
    path = await desk.start()
    async with desk.working(_counted), desk.client() as client:
        await _ended(client, path)
        await operations.forget_old(desk.database)
        assert (await client.get(path)).status_code == 200
        async with desk.database.begin() as tx:
            await tx.connection.execute("UPDATE operation SET finished_at = now() - interval '31 days'")
        await operations.forget_old(desk.database)
        assert (await client.get(path)).status_code == 404
