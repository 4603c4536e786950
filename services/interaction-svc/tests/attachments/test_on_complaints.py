"""Files that belong to complaints: named when one is taken in, changed later, and fetched by who sees it."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.complaints.commands import open_complaint
from interaction_svc.complaints.schemas import ComplaintCreate
from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS
from shared.testing import partner

from .sending import JPEG, PDF, aged, by_link, sent, tidied
from .test_uses import LINK, PATH, deleted, told

ABOUT = {"channel": "call", "category": "delivery", "subject": "包裹破损 Broken parcel"}


def named(*files: dict[str, Any]) -> dict[str, Any]:
    return {"attachments": [{"attachment_id": file["id"]} for file in files]}


async def history(world: Any, complaint: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"/v1/complaints/{complaint['id']}/history")).json()[
        "data"
    ]
    return found


async def linked(world: Any, complaint: Any, file: Any, who: Principal | None = None) -> tuple[int, bytes]:
    """What asking for a link to a file of the complaint answers, and what is at its end."""
    path = f"/v1/complaints/{complaint['id']}/attachments/{file['id']}/link"
    answer = await world.post(path, who=who)
    if answer.status_code != 200:
        return answer.status_code, answer.json()["code"].encode()
    assert answer.headers["cache-control"] == "no-store"
    return 200, (await by_link(world, answer.json()["url"])).content


async def test_a_photo_of_a_broken_parcel_hangs_on_the_complaint(world: Any) -> None:
    customer = await world.customer()
    photo = await sent(world, customer)
    opened = await world.complaint(customer, attachments=[{"attachment_id": photo["id"]}, LINK])
    assert opened["attachments"] == [told(photo), LINK]
    path = f"/v1/complaints/{opened['id']}"
    assert (await world.get(path)).json()["attachments"] == [told(photo), LINK]
    (listed,) = (await world.get("/v1/complaints")).json()["data"]
    assert listed["attachments"] == [told(photo), LINK]
    moved = (await world.post(f"{path}/classify", {"category": "delivery"})).json()
    assert moved["attachments"] == [told(photo), LINK]
    assert await linked(world, opened, photo) == (200, JPEG)
    assert await deleted(world, photo) == (409, "attachment_used")
    assert (await world.complaint(customer))["attachments"] == []


async def test_a_patch_names_all_files_from_now_on_and_the_history_those_before(world: Any) -> None:
    customer = await world.customer()
    one, two = await sent(world, customer), await sent(world, customer, PDF, name="a.pdf", media="")
    opened = await world.complaint(customer, **named(one))
    path = f"/v1/complaints/{opened['id']}"
    more = {"attachments": [*opened["attachments"], {"attachment_id": two["id"]}]}
    edited = await world.patch(path, more, who=world.wang)
    assert edited.json()["attachments"] == [told(one), told(two)]
    assert (edited.json()["version"], edited.headers["etag"]) == (2, '"v2"')
    assert (await world.patch(path, more)).json()["version"] == 2
    assert (await world.patch(path, {})).json()["version"] == 2
    left = (await world.patch(path, named(two))).json()
    assert left["attachments"] == [told(two)]
    first, second, third = await history(world, opened)
    assert (first["verb"], first["changes"]) == ("open", [])
    assert (second["verb"], second["from_status"], second["to_status"]) == ("edit", "received", "received")
    assert (second["done_by"], third["done_by"]) == (str(world.wang.id), str(world.lin.id))
    change = {"field": "attachments", "old": [told(one)], "new": [told(one), told(two)]}
    assert second["changes"] == [change]
    assert third["changes"] == [{**change, "old": change["new"], "new": [told(two)]}]
    assert (await deleted(world, one))[0] == 204
    assert await deleted(world, two) == (409, "attachment_used")
    assert (await world.patch(path, {"attachments": []})).json()["attachments"] == []
    assert (await deleted(world, two))[0] == 204


async def test_what_is_let_go_is_tidied_away_after_a_day(world: Any) -> None:
    customer = await world.customer()
    kept, gone = await sent(world, customer), await sent(world, customer)
    opened = await world.complaint(customer, **named(kept, gone))
    await world.patch(f"/v1/complaints/{opened['id']}", named(kept))
    await aged(world, gone, hours=25)
    await tidied(world)
    assert await linked(world, opened, kept) == (200, JPEG)
    assert (await world.get(PATH + gone["id"])).status_code == 404


async def test_an_edit_needs_the_version_that_was_read_and_moves_nothing_else(world: Any) -> None:
    customer = await world.customer()
    photo = await sent(world, customer)
    opened = await world.complaint(customer, severity="high")
    path = f"/v1/complaints/{opened['id']}"
    events = len(await world.events())
    stale = await world.patch(path, named(photo), **{"If-Match": '"v7"'})
    assert stale.status_code == 412
    edited = (await world.patch(path, named(photo), **{"If-Match": '"v1"'})).json()
    changed = {name for name in edited if edited[name] != opened[name]}
    assert changed == {"attachments", "version", "updated_at"}
    assert len(await world.events()) == events


@pytest.mark.parametrize(
    "wrong", [{"attachments": None}, {"attachments": [{}]}, {"attachments": [LINK] * 21}, {"subject": "x"}]
)
async def test_a_wrong_patch_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    opened = await world.complaint(await world.customer())
    answer = await world.patch(f"/v1/complaints/{opened['id']}", wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_another_customers_file_is_no_file(world: Any) -> None:
    ours, customer = uuid4(), await world.customer()
    foreign = await sent(world, await world.customer(ours))
    opened = await world.complaint(customer)
    for nobodys in (foreign["id"], str(new_id())):
        wrong = {"attachments": [LINK, {"attachment_id": nobodys}]}
        for answer in (
            await world.post("/v1/complaints", {"customer_id": customer, **ABOUT, **wrong}),
            await world.patch(f"/v1/complaints/{opened['id']}", wrong),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unknown")
            assert answer.json()["errors"][0]["pointer"] == "/attachments/1/attachment_id"
    assert len((await world.get("/v1/complaints")).json()["data"]) == 1


async def test_of_a_batch_only_the_item_with_a_wrong_file_is_refused(world: Any) -> None:
    customer = await world.customer()
    file, foreign = await sent(world, customer), await sent(world, await world.customer())
    past = {"opened_at": world.when(days=9), "resolved_at": world.when(days=8), "result": "换货"}
    items = [
        {"customer_id": customer, **ABOUT, **times, **named(one)}
        for one, times in ((file, past), (foreign, {}), (file, {}))
    ]
    results = (await world.post("/v1/complaints/batch", {"items": items})).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 201]
    assert results[1]["problem"]["code"] == "attachment_unknown"
    for result in (results[0], results[2]):
        assert (await world.get(f"/v1/complaints/{result['id']}")).json()["attachments"] == [told(file)]
    assert await deleted(world, file) == (409, "attachment_used")
    assert (await deleted(world, foreign))[0] == 204


@pytest.mark.parametrize(
    "course",
    [
        ("merge",),
        ("assign", "resolve", "inform", "close"),
    ],
)
async def test_files_come_and_go_in_every_state(world: Any, course: tuple[str, ...]) -> None:
    customer = await world.customer()
    photo, other = await sent(world, customer), await world.complaint(customer)
    opened = await world.complaint(customer)
    said = {
        "merge": {"into_id": other["id"]},
        "assign": {"owner_id": str(world.lin.id)},
        "resolve": {"result": "换货"},
    }
    for verb in course:
        assert (await world.do(opened, verb, **said.get(verb, {}))).status_code == 200
    path = f"/v1/complaints/{opened['id']}"
    before = (await world.get(path)).json()
    edited = (await world.patch(path, named(photo))).json()
    assert edited["status"] == before["status"]
    assert edited["attachments"] == [told(photo)]
    assert (await world.patch(path, {"attachments": []})).json()["attachments"] == []


async def test_the_files_of_a_duplicate_stay_with_it(world: Any) -> None:
    customer = await world.customer()
    photo = await sent(world, customer)
    into, duplicate = await world.complaint(customer), await world.complaint(customer, **named(photo))
    await world.do(duplicate, "merge", into_id=into["id"])
    assert (await world.get(f"/v1/complaints/{into['id']}")).json()["attachments"] == []
    (merged,) = (await world.get(f"/v1/complaints?merged_into={into['id']}")).json()["data"]
    assert merged["attachments"] == [told(photo)]
    assert await linked(world, duplicate, photo) == (200, JPEG)
    assert (await linked(world, into, photo))[0] == 404


async def test_who_sees_the_complaint_gets_the_link_and_nobody_else(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    customer = await world.customer(ours)
    photo, loose = await sent(world, customer), await sent(world, customer)
    opened = await world.complaint(customer, **named(photo))
    reader = partner(ours, "complaints:read")
    assert await linked(world, opened, photo, reader) == (200, JPEG)
    assert (await world.post(f"{PATH}{photo['id']}/link", who=reader)).status_code == 403
    assert await linked(world, opened, photo, world.partner(theirs)) == (404, b"not_found")
    assert await linked(world, opened, loose) == (404, b"not_found")
    assert await linked(world, {"id": uuid4()}, photo) == (404, b"not_found")
    assert (await linked(world, opened, photo, partner(ours, "interactions:read")))[0] == 403
    hidden = Principal(
        "partner", new_id(), granted=reader.granted, scope=reader.scope, masked=frozenset({"phone"})
    )
    assert await linked(world, opened, photo, hidden) == (403, b"answer_not_maskable")


async def test_the_owner_of_a_case_has_its_files_without_seeing_the_customer(world: Any) -> None:
    customer = await world.customer()
    photo, other = await sent(world, customer), await sent(world, customer)
    opened = await world.complaint(customer, **named(photo))
    narrow = Principal("staff", world.lin.id, world.lin.roles, scope=Scope(holders=frozenset({world.lin.id})))
    assert (await linked(world, opened, photo, narrow))[0] == 404
    await world.do(opened, "assign", owner_id=str(narrow.id))
    assert await linked(world, opened, photo, narrow) == (200, JPEG)
    path = f"/v1/complaints/{opened['id']}"
    assert (await world.get(PATH + photo["id"], narrow)).status_code == 404
    answer = await world.patch(path, named(photo, other), narrow)
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unknown")
    assert (await world.patch(path, {"attachments": []}, narrow)).json()["attachments"] == []
    assert (await deleted(world, photo))[0] == 204


async def test_files_stay_when_customers_are_merged_and_go_back_with_them(world: Any) -> None:
    customer, kept = await world.customer(), await world.customer()
    photo = await sent(world, customer)
    own = await world.complaint(customer, **named(photo))
    state = {"owner_id": None, "org_unit_id": None, "channel": None, "distributor_id": None}
    merged = CustomerMerged(
        subject=UUID(customer), merged_into=UUID(kept), version=2, status="merged", **state
    )
    apart = CustomerUnmerged(subject=UUID(customer), version=3, status="active", **state)
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerMerged](tx, merged)
    assert await linked(world, own, photo) == (200, JPEG)
    opened = await world.complaint(kept, **named(photo))
    assert (await world.patch(f"/v1/complaints/{own['id']}", named(photo))).json()["version"] == 1
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerUnmerged](tx, apart)
    assert await linked(world, own, photo) == (200, JPEG)
    assert await linked(world, opened, photo) == (404, b"not_found")


async def test_naming_and_deleting_at_once_never_leave_a_complaint_without_its_file(world: Any) -> None:
    customer = await world.customer()
    opened = await world.complaint(customer)
    for _ in range(10):
        file = await sent(world, customer)
        edited, gone = await asyncio.gather(
            world.patch(f"/v1/complaints/{opened['id']}", named(file)), deleted(world, file)
        )
        assert (edited.status_code, gone[0]) in {(200, 409), (422, 204)}


async def test_a_complaint_without_files_asks_nothing_of_them(world: Any) -> None:
    body = ComplaintCreate(customer_id=UUID(await world.customer()), **ABOUT)
    asked: list[str] = []
    async with world.database.begin() as tx:
        with tx.connection.query_logger(lambda query: asked.append(query.query)):
            await open_complaint(tx, body, distributor_id=None, by=world.lin.id)
    assert any("INSERT INTO complaint" in query for query in asked)
    assert not [query for query in asked if "attachment_use" in query or "FROM attachment" in query]
