"""What refers to a file keeps it; what nothing refers to goes after a day, and after a crash, too."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from interaction_svc.attachments.schemas import PATH
from shared.clock import new_id
from shared.db import Scope
from shared.events.customer import CustomerAssigned, CustomerMerged
from shared.problems import Forbidden
from shared.references import CUSTOMER_EVENTS

from .sending import JPEG, PDF, aged, by_link, fetched, objects, on_disk, send, sent, tidied

LINK = {"name": "price list", "url": "https://files.example.com/p.pdf"}


def told(attachment: dict[str, Any]) -> dict[str, str]:
    """The file as an interaction names it."""
    return {
        "attachment_id": attachment["id"],
        "name": attachment["name"],
        "url": PATH + attachment["id"],
    }


async def deleted(world: Any, attachment: dict[str, Any]) -> tuple[int, str]:
    async with world.client() as client:
        answer: httpx.Response = await client.delete(PATH + attachment["id"])
        return answer.status_code, answer.json()["code"] if answer.content else ""


async def test_an_interaction_names_files_by_their_ids_beside_links(world: Any) -> None:
    customer = await world.customer()
    file = await sent(world, customer)
    named = [{"attachment_id": file["id"]}, LINK]
    logged = await world.interaction(customer, attachments=named)
    assert logged["attachments"] == [told(file), LINK]
    assert (await world.get(f"/v1/interactions/{logged['id']}")).json()["attachments"] == [told(file), LINK]
    (item,) = (await world.get(f"/v1/customers/{customer}/timeline")).json()["data"]
    assert item["interaction"]["attachments"] == [told(file), LINK]
    assert (await world.get(logged["attachments"][0]["url"])).json() == file
    assert await deleted(world, file) == (409, "attachment_used")


async def test_what_is_read_can_be_sent_back(world: Any) -> None:
    customer = await world.customer()
    one, two = await sent(world, customer), await sent(world, customer, PDF, name="a.pdf", media="")
    logged = await world.interaction(customer, attachments=[{"attachment_id": one["id"]}])
    path = f"/v1/interactions/{logged['id']}"
    more = [*logged["attachments"], {"attachment_id": two["id"]}, LINK]
    edited = (await world.patch(path, {"attachments": more})).json()
    assert edited["attachments"] == [told(one), told(two), LINK]
    same = await world.patch(path, {"attachments": edited["attachments"]})
    assert same.json()["version"] == edited["version"] == 2
    (edit,) = (await world.get(f"{path}/history")).json()["data"]
    assert edit["changes"] == [
        {"field": "attachments", "old": [told(one)], "new": [told(one), told(two), LINK]}
    ]
    assert (await world.interaction(customer, attachments=[{"name": "x", "url": PATH + one["id"]}]))[
        "attachments"
    ] == [told(one)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "x"},
        {"url": "https://a.example/x"},
        {"attachment_id": str(uuid4()), "name": "x", "url": "https://a.example/x"},
        {"attachment_id": str(uuid4()), "url": PATH + str(uuid4())},
        {"name": "x", "url": "/etc/passwd"},
        {"name": "x", "url": PATH + "x"},
    ],
)
async def test_an_attachment_is_named_in_one_way(world: Any, wrong: dict[str, str]) -> None:
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    body = {"customer_id": await world.customer(), **call, "attachments": [wrong]}
    answer = await world.post("/v1/interactions", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_another_customers_file_is_no_file(world: Any) -> None:
    ours, customer = uuid4(), await world.customer()
    foreign = await sent(world, await world.customer(ours))
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    body = {"customer_id": customer, **call}
    for nobodys in (foreign["id"], str(new_id())):
        answer = await world.post("/v1/interactions", {**body, "attachments": [{"attachment_id": nobodys}]})
        assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unknown")
        assert answer.json()["errors"][0]["pointer"] == "/attachments/0/attachment_id"
    logged = await world.interaction(customer)
    patch = {"attachments": [LINK, {"attachment_id": foreign["id"]}]}
    answer = await world.patch(f"/v1/interactions/{logged['id']}", patch)
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unknown")
    assert answer.json()["errors"][0]["pointer"] == "/attachments/1/attachment_id"


async def test_of_a_batch_only_the_item_with_a_wrong_file_is_refused(world: Any) -> None:
    customer = await world.customer()
    file, foreign = await sent(world, customer), await sent(world, await world.customer())
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    items = [
        {"customer_id": customer, **call, "attachments": [{"attachment_id": one["id"]}]}
        for one in (file, foreign, file)
    ]
    results = (await world.post("/v1/interactions/batch", {"items": items})).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 201]
    assert results[1]["problem"]["code"] == "attachment_unknown"
    assert await deleted(world, file) == (409, "attachment_used")
    assert (await deleted(world, foreign))[0] == 204


async def test_a_file_from_a_load_goes_free_when_it_is_withdrawn(world: Any) -> None:
    customer, work = await world.customer(), str(new_id())
    file = await sent(world, customer)
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    item = {"customer_id": customer, **call, "attachments": [told(file)]}
    step = {"work_id": work, "step": 0, "items": [item]}
    foreseen = await world.post("/internal/interactions/load", {**step, "dry_run": True})
    assert foreseen.json()["outcomes"][0]["status"] == "created", foreseen.text
    loaded = await world.post("/internal/interactions/load", {**step, "dry_run": False})
    (outcome,) = loaded.json()["outcomes"]
    assert outcome["status"] == "created"
    again = {"work_id": str(new_id()), "step": 0, "items": [item], "dry_run": False}
    assert (await world.post("/internal/interactions/load", again)).json()["outcomes"][0][
        "status"
    ] == "unchanged"
    assert await deleted(world, file) == (409, "attachment_used")
    items = [{"id": outcome["id"], "version": 1}]
    gone = await world.post("/internal/interactions/withdraw", {"work_id": work, "step": 0, "items": items})
    assert gone.json()["outcomes"][0]["status"] == "undone", gone.text
    assert (await deleted(world, file))[0] == 204


async def test_what_is_taken_out_of_its_last_interaction_goes_after_a_day(world: Any) -> None:
    customer = await world.customer()
    file = await sent(world, customer)
    one, two = [await world.interaction(customer, attachments=[{"attachment_id": file["id"]}]) for _ in "ab"]
    await world.patch(f"/v1/interactions/{one['id']}", {"attachments": []})
    await aged(world, file, hours=25)
    await tidied(world)
    assert (await fetched(world, file)).status_code == 200
    await world.patch(f"/v1/interactions/{two['id']}", {"attachments": []})
    await tidied(world)
    assert (await fetched(world, file)).status_code == 200
    await aged(world, file, hours=25)
    await tidied(world)
    assert (await world.get(PATH + file["id"])).status_code == 404
    assert await objects(world) == {}
    assert UUID(file["id"]).hex not in on_disk(world)


async def test_a_fresh_file_that_nothing_refers_to_yet_stays_for_a_day(world: Any) -> None:
    customer = await world.customer()
    young, old = await sent(world, customer), await sent(world, customer)
    await aged(world, young, hours=23)
    await aged(world, old, hours=25)
    await tidied(world)
    assert (await fetched(world, young)).content == JPEG
    assert (await world.get(PATH + old["id"])).status_code == 404
    assert set(await objects(world)) == {UUID(young["id"]).hex}


async def test_a_deletion_that_was_killed_after_the_row_is_done_by_the_next_worker(world: Any) -> None:
    """As after a crash between the commit and the store: the row is gone, note and object are there."""
    file = await sent(world, await world.customer())
    key = UUID(file["id"])
    await world.sql("DELETE FROM attachment WHERE id = $1", key)
    await world.sql("UPDATE stored_object SET state = 'going' WHERE id = $1", key)
    assert key.hex in on_disk(world)
    await tidied(world)
    assert key.hex not in on_disk(world)
    assert await objects(world) == {}


async def test_a_deletion_that_was_killed_after_the_object_is_done_again(world: Any) -> None:
    file = await sent(world, await world.customer())
    key = UUID(file["id"])
    await world.sql("DELETE FROM attachment WHERE id = $1", key)
    await world.sql("UPDATE stored_object SET state = 'going' WHERE id = $1", key)
    (path,) = world.service.settings.attachment_dir.rglob(key.hex)
    path.unlink()
    await tidied(world)
    assert await objects(world) == {}


async def test_an_upload_that_was_killed_goes_after_an_hour_and_not_while_it_may_run(world: Any) -> None:
    root = world.service.settings.attachment_dir
    for ago, left in ((0.5, True), (1.5, False)):
        key = new_id()
        path = root / key.hex[-2:] / key.hex[-4:-2] / f"{key.hex}.part"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half of it")
        await world.sql(
            "INSERT INTO stored_object VALUES ($1, 'coming', now() - $2 * interval '1 hour')", key, ago
        )
        await tidied(world)
        assert path.exists() is left
        assert (key.hex in await objects(world)) is left


async def test_what_is_acknowledged_outlives_any_tidying(world: Any) -> None:
    """The store says that a file is there before its row is: nothing between them takes it for a rest."""
    customer = await world.customer()

    async def one(number: int) -> None:
        file = await sent(world, customer, PDF + bytes(number), name="a.pdf", media="")
        await world.interaction(customer, attachments=[{"attachment_id": file["id"]}])
        assert (await fetched(world, file)).content == PDF + bytes(number)

    await asyncio.gather(*(one(number) for number in range(8)), *(tidied(world) for _ in range(4)))
    assert set((await objects(world)).values()) == {"there"}


async def test_using_and_deleting_at_once_never_leave_an_interaction_without_its_file(world: Any) -> None:
    customer = await world.customer()
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    for _ in range(10):
        file = await sent(world, customer)
        body = {"customer_id": customer, **call, "attachments": [{"attachment_id": file["id"]}]}
        logged, gone = await asyncio.gather(world.post("/v1/interactions", body), deleted(world, file))
        assert (logged.status_code, gone[0]) in {(201, 409), (422, 204)}


async def test_a_file_moves_with_its_customer_and_is_kept_by_the_one_it_is_merged_into(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    customer, kept = await world.customer(ours), await world.customer(theirs)
    file = await sent(world, customer)
    state = {"owner_id": None, "org_unit_id": None, "channel": None}
    moved = CustomerAssigned(
        subject=UUID(customer), version=2, distributor_id=theirs, status="active", **state
    )
    merged = CustomerMerged(
        subject=UUID(customer),
        merged_into=UUID(kept),
        version=3,
        status="merged",
        distributor_id=theirs,
        **state,
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerAssigned](tx, moved)
    assert (await world.get(PATH + file["id"], world.partner(ours))).status_code == 404
    assert (await world.get(PATH + file["id"], world.partner(theirs))).status_code == 200
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerMerged](tx, merged)
    assert (await world.get(PATH + file["id"])).json()["customer_id"] == kept
    later = await send(world, customer)
    assert later.json()["customer_id"] == kept
    for whose in (customer, kept):
        logged = await world.interaction(whose, attachments=[{"attachment_id": file["id"]}])
        assert logged["attachments"] == [told(file)]


async def test_row_security_alone_keeps_strangers_from_files_and_their_uses(world: Any) -> None:
    ours = uuid4()
    customer = await world.customer(ours)
    file = await sent(world, customer)
    await world.interaction(customer, attachments=[{"attachment_id": file["id"]}])
    counted = {}
    for scope in (Scope(frozenset({ours})), Scope(frozenset({uuid4()}))):
        async with world.database.read(scope) as reader:
            counted[scope] = [
                await reader.connection.fetchval(f"SELECT count(*) FROM {table}")
                for table in ("attachment", "attachment_use")
            ]
    assert list(counted.values()) == [[1, 1], [0, 0]]
    with pytest.raises(Forbidden):
        async with world.database.begin(Scope(frozenset({uuid4()}))) as tx:
            await tx.connection.execute(
                "INSERT INTO attachment_use VALUES ($1, $2)", new_id(), UUID(file["id"])
            )


async def test_a_link_works_for_a_file_that_was_moved(world: Any) -> None:
    file = await sent(world, await world.customer(uuid4()))
    url = (await world.post(f"{PATH}{file['id']}/link")).json()["url"]
    assert (await by_link(world, url)).content == JPEG
