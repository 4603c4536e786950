"""Interactions come from files and leave as files through customer-svc, and interaction-svc keeps them."""

import asyncio
import csv
import io
import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.e2e.launcher import Launcher, made, read, signed_in

CUSTOMERS = """\
code,name,kind,channel,external_id
K-1,杭州云栖茶业有限公司,organisation,webshop,oX9f-7Qw2
K-2,Harbour Lights Ltd,organisation,,
"""
INTERACTIONS = """\
客户编号,身份渠道,会员号,沟通方式,方向,沟通时间,参与人,沟通内容,约定
K-1,,,call,outbound,2026-03-02 10:15,陈静 <staff>;王建国,回访三月到货情况,下一批改用加厚纸箱
,webshop,oX9f-7Qw2,chat,inbound,2026-03-03 09:00:05,,询问发票,
K-2,,,meeting,inbound,2026-03-02T09:30:00Z,,=Visit to our showroom,
K-9,,,call,inbound,2026-03-02 10:15,,没有这个客户,
K-1,,,fax,inbound,2026-03-02 10:15,,没有这种方式,
K-1,,,call,inbound,2026-13-02 10:15,,没有这一天,
K-1,,,call,outbound,2026-03-02 10:15,,回访三月到货情况,
"""
KILLS = 2
COUNTS = ("created", "unchanged", "duplicate", "failed")


@pytest.fixture(scope="module")
async def launcher(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    found = Launcher(tmp_path_factory.mktemp("files") / "state")
    found.start()
    await found.ready()
    yield found
    found.end()


@pytest.fixture
async def admin(launcher: Launcher) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await signed_in(launcher)) as http:
        yield http


async def imported(
    launcher: Launcher, http: httpx.AsyncClient, content: bytes, **fields: Any
) -> dict[str, Any]:
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    answer = await http.post("/v1/imports", data=data, files={"file": ("file", content)})
    assert answer.status_code == 202, answer.text
    await over(launcher, http, answer.headers["location"])
    return await read(http, f"/v1/imports/{answer.json()['import_id']}")


async def over(launcher: Launcher, http: httpx.AsyncClient, operation: str) -> dict[str, Any]:
    async def is_over() -> bool:
        return (await read(http, operation))["status"] not in {"queued", "running"}

    await launcher.until(is_over, "the operation is over")
    return await read(http, operation)


async def exported(launcher: Launcher, http: httpx.AsyncClient, **body: Any) -> bytes:
    answer = await http.post("/v1/exports", json={"entity": "interactions", **body})
    assert answer.status_code == 202, answer.text
    operation = await over(launcher, http, answer.headers["location"])
    assert operation["status"] == "succeeded", operation
    file = await http.get(f"/v1/exports/{answer.json()['id']}/file")
    assert file.status_code == 200, file.text
    return file.content


def counts(done: dict[str, Any]) -> tuple[int, ...]:
    return tuple(done[name] for name in COUNTS)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_interactions_come_from_a_file_and_leave_as_one(
    launcher: Launcher, admin: httpx.AsyncClient
) -> None:
    assert (await imported(launcher, admin, CUSTOMERS.encode(), entity="customers"))["created"] == 2
    sent = {"entity": "interactions", "mapping": "suggested"}
    raw = INTERACTIONS.encode("gb18030")
    preview = await imported(launcher, admin, raw, **sent, dry_run=True)
    assert counts(preview) == (3, 1, 0, 3), preview
    assert not (await read(admin, "/v1/interactions"))["data"]
    done = await imported(launcher, admin, raw, **sent)
    assert counts(done) == (3, 1, 0, 3), done
    faults = (await read(admin, f"/v1/imports/{done['id']}/errors"))["data"]
    assert [(fault["line"], fault["column"]) for fault in faults] == [
        (5, "客户编号"),
        (6, "沟通方式"),
        (7, "沟通时间"),
    ]
    found = (await read(admin, "/v1/interactions", sort="occurred_at"))["data"]
    assert [one["summary"] for one in found] == ["回访三月到货情况", "=Visit to our showroom", "询问发票"]
    assert found[0]["participants"] == [
        {"kind": "staff", "id": None, "name": "陈静"},
        {"kind": "other", "id": None, "name": "王建国"},
    ]
    assert found[0]["occurred_at"] == "2026-03-02T02:15:00Z"
    await it_is_known_again(launcher, admin)
    await it_can_be_undone(launcher, admin, done["id"], edited=found[2]["id"])


async def it_is_known_again(launcher: Launcher, admin: httpx.AsyncClient) -> None:
    for form, encoding in (("csv", "utf-8-bom"), ("csv", "gb18030"), ("xlsx", "utf-8-bom")):
        raw = await exported(launcher, admin, format=form, encoding=encoding)
        again = await imported(launcher, admin, raw, entity="interactions")
        assert counts(again) == (0, 3, 0, 0), (form, encoding, again)
    columns = ["customer_code", "customer_name", "summary"]
    raw = await exported(launcher, admin, columns=columns, filters={"channel": "meeting"})
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert lines == [columns, ["K-2", "Harbour Lights Ltd", "'=Visit to our showroom"]]
    wrong = {"entity": "interactions", "filters": {"channel": "fax", "flavour": "sweet"}}
    answer = await admin.post("/v1/exports", json=wrong)
    assert answer.status_code == 422, answer.text
    assert {one["pointer"] for one in answer.json()["errors"]} <= {"/filters/channel", "/filters/flavour"}


async def it_can_be_undone(
    launcher: Launcher, admin: httpx.AsyncClient, import_id: str, *, edited: str
) -> None:
    answer = await admin.patch(f"/v1/interactions/{edited}", json={"agreement": "发票周五寄出"})
    assert answer.status_code == 200, answer.text
    started = await admin.post(f"/v1/imports/{import_id}/undo")
    assert started.status_code == 202, started.text
    operation = await over(launcher, admin, started.headers["location"])
    assert operation["status"] == "succeeded", operation
    undo = (await read(admin, f"/v1/imports/{import_id}"))["undo"]
    assert (undo["undone"], undo["kept"]) == (2, 1)
    kept = (await read(admin, f"/v1/imports/{import_id}/kept"))["data"]
    assert [(one["record_id"], one["kind"], one["code"]) for one in kept] == [
        (edited, "interaction", "changed_since")
    ]
    assert [one["id"] for one in (await read(admin, "/v1/interactions"))["data"]] == [edited]


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_who_may_not_log_interactions_brings_none_from_a_file(
    launcher: Launcher, admin: httpx.AsyncClient
) -> None:
    name, password = f"a{uuid4().hex[:8]}", "tea leaves at nine o'clock"
    account = {"username": name, "display_name": "A", "password": password, "roles": ["analyst"]}
    await made(admin, "/v1/staff", account)
    async with aclosing(await signed_in(launcher, name, password)) as analyst:
        answer = await analyst.post(
            "/v1/imports", data={"entity": "interactions"}, files={"file": ("file", INTERACTIONS.encode())}
        )
        assert answer.status_code == 403, answer.text


def many(count: int) -> bytes:
    rows = [
        f"K-{number % 2 + 1},call,inbound,2026-03-0{number % 7 + 1} 10:15,Talk {number}"
        for number in range(count)
    ]
    return "\n".join(["customer_code,channel,direction,occurred_at,summary", *rows]).encode()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_killed_import_of_interactions_stores_each_once(tmp_path: Path) -> None:
    launcher, chance, count = Launcher(tmp_path / "state"), random.Random(), 6_000
    launcher.start()
    try:
        await launcher.ready()
        async with aclosing(await signed_in(launcher)) as http:
            await imported(launcher, http, CUSTOMERS.encode(), entity="customers")
            data, files = {"entity": "interactions"}, {"file": ("file", many(count))}
            begun = await http.post("/v1/imports", data=data, files=files)
        operation = begun.headers["location"]
        for _ in range(KILLS):
            pause = chance.uniform(0.3, 2)
            print(f"killed after {pause:.3f} s")  # noqa: T201 - shown when the test fails
            await asyncio.sleep(pause)
            launcher.kill()
            launcher.start()
            await launcher.ready()
        async with aclosing(await signed_in(launcher)) as http:
            assert (await over(launcher, http, operation))["status"] == "succeeded"
            done = await read(http, f"/v1/imports/{begun.json()['import_id']}")
            assert counts(done) == (count, 0, 0, 0), done
        await every_one_is_there_once(launcher, count)
    finally:
        launcher.end()


async def every_one_is_there_once(launcher: Launcher, count: int) -> None:
    """In interaction-svc, in what an undo would take back, and, when all is told, in scoring-svc."""
    stored = await rows(launcher, "interaction", "SELECT id FROM interaction ORDER BY id")
    assert len(stored) == count
    assert stored == await rows(
        launcher, "customer", "SELECT record_id FROM import_effect WHERE kind = 'interaction' ORDER BY 1"
    )

    async def all_told() -> bool:
        return stored == await rows(launcher, "scoring", "SELECT interaction_id FROM contact_fact ORDER BY 1")

    await launcher.until(all_told, "scoring-svc knows every one")


async def rows(launcher: Launcher, service: str, statement: str) -> list[Any]:
    connection = await launcher.database(service)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()
