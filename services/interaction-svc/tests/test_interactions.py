"""The log of what passed between the company and its customers."""

from typing import Any
from uuid import uuid4

import pytest


async def test_a_logged_call_can_be_read_by_the_team(world: Any) -> None:
    customer = await world.customer()
    logged = await world.post(
        "/v1/interactions",
        {
            "customer_id": customer,
            "channel": "call",
            "direction": "outbound",
            "occurred_at": world.when(hours=2),
            "participants": [{"kind": "staff", "id": str(world.lin.id), "name": "陈静"}, "王建国"],
            "summary": "回访三月到货情况",
            "agreement": "下一批改用加厚纸箱",
            "attachments": [{"name": "照片.jpg", "url": "https://files.example.cn/a.jpg"}],
        },
    )
    assert logged.status_code == 201
    read = await world.get(logged.headers["location"], who=world.wang)
    assert read.status_code == 200
    assert read.headers["etag"] == logged.headers["etag"] == '"v1"'
    assert read.json() == logged.json()
    assert read.json()["created_by"] == str(world.lin.id)
    assert read.json()["participants"] == [
        {"kind": "staff", "id": str(world.lin.id), "name": "陈静"},
        {"kind": "other", "id": None, "name": "王建国"},
    ]
    assert read.json()["attachments"] == [{"name": "照片.jpg", "url": "https://files.example.cn/a.jpg"}]


async def test_a_logged_interaction_is_told_without_its_words(world: Any) -> None:
    customer = await world.customer()
    logged = await world.interaction(customer, summary="Geheim 秘密", channel="email", direction="inbound")
    (event,) = await world.events()
    assert event["type"] == "interaction.logged.v1"
    assert event["subject"] == logged["id"]
    assert event["data"] == {
        "customer_id": customer,
        "channel": "email",
        "direction": "inbound",
        "occurred_at": logged["occurred_at"],
        "kind": "contact",
    }


async def test_an_edit_keeps_what_stood_there_before(world: Any) -> None:
    logged = await world.interaction(await world.customer(), summary="first", agreement="A")
    path = f"/v1/interactions/{logged['id']}"
    edited = await world.patch(
        path, {"summary": "second", "agreement": None}, who=world.wang, **{"If-Match": '"v1"'}
    )
    assert edited.status_code == 200
    assert edited.headers["etag"] == '"v2"'
    assert (edited.json()["summary"], edited.json()["agreement"]) == ("second", None)
    assert (await world.get(path)).json() == edited.json()
    history = (await world.get(f"{path}/history")).json()["data"]
    assert [(edit["version"], edit["edited_by"]) for edit in history] == [(2, str(world.wang.id))]
    assert {change["field"]: (change["old"], change["new"]) for change in history[0]["changes"]} == {
        "summary": ("first", "second"),
        "agreement": ("A", None),
    }


async def test_every_field_can_be_edited_and_read_again(world: Any) -> None:
    logged = await world.interaction(await world.customer())
    new = {
        "channel": "meeting",
        "direction": "inbound",
        "occurred_at": world.when(days=3),
        "participants": [{"kind": "contact", "id": str(uuid4()), "name": None}],
        "attachments": [{"name": "a", "url": "https://example.com/a"}],
    }
    edited = (await world.patch(f"/v1/interactions/{logged['id']}", new)).json()
    assert {name: edited[name] for name in new} == new
    (edit,) = (await world.get(f"/v1/interactions/{logged['id']}/history")).json()["data"]
    assert {change["field"] for change in edit["changes"]} == set(new)


async def test_an_edit_that_changes_nothing_makes_no_version(world: Any) -> None:
    logged = await world.interaction(await world.customer(), summary="same")
    edited = await world.patch(f"/v1/interactions/{logged['id']}", {"summary": "same"})
    assert edited.json()["version"] == 1
    assert (await world.get(f"/v1/interactions/{logged['id']}/history")).json() == {"data": []}


async def test_an_edit_of_a_stale_version_is_refused(world: Any) -> None:
    logged = await world.interaction(await world.customer())
    path = f"/v1/interactions/{logged['id']}"
    await world.patch(path, {"summary": "mine"})
    late = await world.patch(path, {"summary": "yours"}, **{"If-Match": '"v1"'})
    assert late.status_code == 412
    assert (await world.get(path)).json()["summary"] == "mine"


async def test_the_list_is_filtered_sorted_and_paged(world: Any) -> None:
    one, other = await world.customer(), await world.customer()
    for hours in (1, 2, 3, 4, 5):
        await world.interaction(one, occurred_at=world.when(hours=hours), summary=f"{hours}")
    await world.interaction(one, channel="email", direction="inbound", summary="mail")
    await world.interaction(other, summary="other")
    seen, cursor = [], ""
    while cursor is not None:
        page = (await world.get(f"/v1/interactions?customer_id={one}&channel=call&limit=2{cursor}")).json()
        seen += [item["summary"] for item in page["data"]]
        following = page["page"]["next_cursor"]
        cursor = following and f"&cursor={following}"
    assert seen == ["1", "2", "3", "4", "5"]

    async def found(query: str) -> list[Any]:
        answer = await world.get(f"/v1/interactions?{query}&sort=occurred_at")
        assert answer.status_code == 200, answer.text
        return [item["summary"] for item in answer.json()["data"]]

    assert await found("direction=inbound") == ["mail"]
    assert await found(f"customer_id={other}") == ["other"]
    assert await found(
        f"occurred_at[gte]={world.when(hours=4.5)}&occurred_at[lt]={world.when(hours=2.5)}"
    ) == [
        "4",
        "3",
    ]
    assert await found(f"created_by={uuid4()}") == []
    counted = await world.get(f"/v1/interactions?created_by={world.lin.id}&count=exact&limit=1")
    assert counted.json()["page"]["total"] == 7


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"channel": "pigeon"}, "/channel"),
        ({"direction": "sideways"}, "/direction"),
        ({"occurred_at": "2026-03-02T02:15:00"}, "/occurred_at"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"summary": "   "}, "/summary"),
        ({"summary": "x" * 10_001}, "/summary"),
        ({"summary": "evil\u202etxt"}, "/summary"),
        ({"summary": None}, "/summary"),
        ({"customer_id": "12"}, "/customer_id"),
        ({"participants": [{"kind": "ghost"}]}, "/participants/0/kind"),
        ({"participants": ["x"] * 51}, "/participants"),
        ({"attachments": [{"name": "a", "url": "http://example.com/a"}]}, "/attachments/0/url"),
        ({"attachments": [{"name": "a", "url": "https://me:pw@example.com/a"}]}, "/attachments/0/url"),
        ({"attachments": [{"name": "a", "url": "javascript:alert(1)"}]}, "/attachments/0/url"),
        ({"attachments": [{"name": "a", "url": "https://example.com/" + "a" * 2001}]}, "/attachments/0/url"),
        ({"mood": "secretmood"}, "/mood"),
    ],
)
async def test_bad_input_is_pointed_at_and_not_echoed(world: Any, wrong: Any, pointer: Any) -> None:
    body = {
        "customer_id": str(uuid4()),
        "channel": "call",
        "direction": "outbound",
        "occurred_at": world.when(hours=1),
        "summary": "fine",
        **wrong,
    }
    answer = await world.post("/v1/interactions", body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert "secretmood" not in answer.text
    assert "me:pw" not in answer.text
    assert world.customers.asked == 0
    assert await world.events() == []


@pytest.mark.parametrize("raw", [b'{"summary": "\\ud800"}', b'{"\\ud800": 1}', b'{"a": NaN}', b"\xff", b"{"])
async def test_unreadable_text_is_refused(world: Any, raw: Any) -> None:
    async with world.client() as client:
        answer = await client.post(
            "/v1/interactions", content=raw, headers={"content-type": "application/json"}
        )
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_lies_more_than_a_day_ahead_is_refused(world: Any) -> None:
    customer = await world.customer()
    body = {"customer_id": customer, "channel": "meeting", "direction": "inbound", "summary": "plan"}
    soon = await world.post("/v1/interactions", {**body, "occurred_at": world.when(hours=-23)})
    assert soon.status_code == 201
    later = await world.post("/v1/interactions", {**body, "occurred_at": world.when(hours=-25)})
    assert later.status_code == 422
    assert later.json()["errors"][0]["pointer"] == "/occurred_at"
    moved = await world.patch(soon.headers["location"], {"occurred_at": world.when(hours=-25)})
    assert moved.status_code == 422


async def test_a_patch_may_not_clear_what_must_be_there(world: Any) -> None:
    logged = await world.interaction(await world.customer())
    for field in ("summary", "channel", "occurred_at", "participants"):
        answer = await world.patch(f"/v1/interactions/{logged['id']}", {field: None})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_the_same_interaction_sent_twice_is_logged_once(world: Any) -> None:
    body = {
        "customer_id": await world.customer(),
        "channel": "sms",
        "direction": "outbound",
        "occurred_at": world.when(hours=1),
        "summary": "到货提醒",
    }
    first = await world.post("/v1/interactions", body, **{"Idempotency-Key": "k1"})
    again = await world.post("/v1/interactions", body, **{"Idempotency-Key": "k1"})
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len(await world.events()) == 1
    other = await world.post("/v1/interactions", {**body, "summary": "x"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 422


async def test_a_batch_takes_what_is_right_and_says_what_is_wrong(world: Any) -> None:
    customer = await world.customer()
    right = {
        "customer_id": customer,
        "channel": "chat",
        "direction": "inbound",
        "occurred_at": world.when(days=30),
        "summary": "咨询交期",
    }
    answer = await world.post(
        "/v1/interactions/batch",
        {
            "items": [
                right,
                {**right, "channel": "pigeon"},
                {**right, "customer_id": str(uuid4())},
                {**right, "occurred_at": world.when(days=-2)},
                "nonsense",
                right,
            ]
        },
    )
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [line["index"] for line in results] == [0, 1, 2, 3, 4, 5]
    assert [line["status"] for line in results] == [201, 422, 404, 422, 422, 201]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/channel"
    assert results[2]["problem"]["code"] == "not_found"
    assert results[3]["problem"]["errors"][0]["pointer"] == "/occurred_at"
    page = (await world.get(f"/v1/interactions?customer_id={customer}")).json()
    assert {item["id"] for item in page["data"]} == {results[0]["id"], results[5]["id"]}
    assert [event["type"] for event in await world.events()] == ["interaction.logged.v1"] * 2


async def test_an_unreadable_name_inside_a_batch_is_refused(world: Any) -> None:
    async with world.client(**{"content-type": "application/json"}) as client:
        answer = await client.post("/v1/interactions/batch", content=b'{"items": [{"\\ud800": "\\ud800"}]}')
    assert answer.status_code == 207
    assert answer.json()["results"][0]["status"] == 422


async def test_a_batch_has_bounds(world: Any) -> None:
    bad: tuple[list[Any], ...] = ([], [{}] * 1001)
    for items in bad:
        answer = await world.post("/v1/interactions/batch", {"items": items})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/items"


async def test_a_thousand_interactions_go_in_at_once(world: Any) -> None:
    customer = await world.customer()
    item = {"customer_id": customer, "channel": "call", "direction": "outbound", "summary": "s"}
    items = [{**item, "occurred_at": world.when(minutes=n + 1)} for n in range(1000)]
    answer = await world.post("/v1/interactions/batch", {"items": items})
    assert {line["status"] for line in answer.json()["results"]} == {201}
    counted = await world.get(f"/v1/interactions?customer_id={customer}&count=exact&limit=1")
    assert counted.json()["page"]["total"] == 1000
