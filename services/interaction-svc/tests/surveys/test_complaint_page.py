"""Customers complain themselves, on a page without scripts, and see what becomes of it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.testing import staff
from shared.testing.talking import eventually

from .steps import Browser, browser, made, survey

MANAGER = staff("manager")
FORM: dict[str, Any] = {
    "name": "门店投诉表",
    "title": {"zh": "投诉与建议", "en": "Tell us what went wrong"},
    "intro": {"zh": "一个工作日内答复", "en": "We answer within one working day"},
    "categories": [
        {"code": "quality", "text": {"zh": "产品质量", "en": "Quality"}},
        {"code": "delivery", "text": {"zh": "物流配送", "en": "Delivery"}},
    ],
    "severity": "high",
}
LATE = {"category": "delivery", "subject": "送晚了", "description": "晚了九天"}


async def form(world: Any, **fields: Any) -> dict[str, Any]:
    return await made(world, "/v1/complaint-forms", {**FORM, **fields})


async def link(world: Any, form_id: str, customer: str | None = None, **given: Any) -> dict[str, Any]:
    body = {"customer_id": customer or await world.customer(), **given}
    return await made(world, f"/v1/complaint-forms/{form_id}/links", body, world.lin)


async def opened(world: Any, **given: Any) -> Browser:
    return await browser(world, await link(world, (await form(world))["id"], **given))


async def complaints(world: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("/v1/complaints?sort=opened_at")).json()["data"]
    return found


async def test_a_customer_complains_and_sees_what_becomes_of_it(world: Any) -> None:
    customer = await world.customer()
    page = await opened(world, customer=customer, language="zh")
    assert "投诉与建议" in page.seen.text
    await page.press("send", **LATE, order_no="SO-17")
    assert (page.sent.status_code, page.answer.status_code) == (303, 200)
    (complaint,) = await complaints(world)
    told = {name: complaint[name] for name in ("customer_id", "category", "severity", "subject", "order_no")}
    assert told == {
        "customer_id": customer,
        "category": "delivery",
        "severity": "high",
        "subject": "送晚了",
        "order_no": "SO-17",
    }
    assert "我们已收到您的投诉" in page.seen.text
    assert complaint["number"] in page.seen.text
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    await world.do(complaint, "resolve", result="内部：退款")
    assert "内部：退款" not in (await page.open()).seen.text
    await world.do(complaint, "inform", text="运费已退 <b>请查收</b>")
    await page.open("?lang=en")
    assert "you were told the result" in page.seen.text
    assert "运费已退 <b>请查收</b>" in page.seen.text
    assert "<b>请查收" not in page.answer.text


@pytest.mark.parametrize(("language", "said"), [("zh", "请填写此项"), ("en", "Please fill this in")])
async def test_what_is_missing_is_said_and_nothing_is_lost(world: Any, language: str, said: str) -> None:
    page = await opened(world, language=language)
    await page.press("send", category="delivery", description="<script>九天</script>")
    assert page.sent.status_code == 422
    assert said in page.seen.text
    assert page.filled["description"] == "<script>九天</script>"
    assert "<script>" not in page.answer.text
    assert await complaints(world) == []
    await page.press("send", subject="送晚了")
    assert page.sent.status_code == 303
    assert len(await complaints(world)) == 1


async def test_a_program_is_told_what_is_wrong_as_a_problem(world: Any) -> None:
    made_link = await link(world, (await form(world))["id"])
    path = f"/c/{made_link['url'].rpartition('/')[2]}"
    async with world.client(None) as client:
        sent = {"do": "send", "category": "taste", "subject": "x" * 201, "description": "y"}
        answer = await client.post(path, data=sent)
        assert answer.status_code == 422
        wrong = {each["pointer"]: each["code"] for each in answer.json()["errors"]}
        assert wrong == {"/category": "unknown", "/subject": "too_long"}
        assert "x" * 201 not in answer.text
        assert (await client.post(path, json={"do": "send"})).status_code == 415
        assert (await client.post(path, data={"a": "b" * 100_000})).status_code == 413
        assert (await client.get(path + "?colour=red")).status_code == 400


async def test_the_language_is_changed_without_losing_what_was_written(world: Any) -> None:
    page = await opened(world, language="zh")
    await page.press("en", subject="Late", description="Nine days")
    assert "Tell us what went wrong" in page.seen.text
    assert (page.filled["subject"], page.filled["description"]) == ("Late", "Nine days")
    await page.press("send", category="quality")
    assert [one["subject"] for one in await complaints(world)] == ["Late"]


async def test_one_sheet_sent_twenty_times_at_once_is_one_complaint(world: Any) -> None:
    page = await opened(world)
    sheet = page.filled["sheet"]
    pages = [await Browser(world, page.url).open() for _ in range(20)]
    pairs = [("sheet", sheet), ("do", "send"), *LATE.items()]
    answers = await asyncio.gather(*(each.send(pairs) for each in pages))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await complaints(world)) == 1
    await page.open()
    await page.press("send", **LATE)
    assert len(await complaints(world)) == 2


async def test_a_link_takes_twenty_complaints_and_no_more(world: Any) -> None:
    page = await opened(world)
    for _ in range(20):
        await page.press("send", **LATE)
        assert page.sent.status_code == 303
    await page.press("send", **LATE)
    assert page.sent.status_code == 409
    assert len(await complaints(world)) == 20


async def test_who_fills_in_what_people_do_not_see_complains_of_nothing(world: Any) -> None:
    page = await opened(world)
    await page.press("send", **LATE, leave_empty="buy")
    assert page.sent.status_code == 303
    assert await complaints(world) == []


async def test_links_that_lead_nowhere_are_pages_too(world: Any) -> None:
    unknown = await Browser(world, "http://x/c/nobodys").open()
    assert (unknown.answer.status_code, "This link does not work" in unknown.seen.text) == (404, True)
    made_form = await form(world)
    made_link = await link(world, made_form["id"])
    path = f"/v1/complaint-forms/{made_form['id']}"
    closed = await world.patch(path, {"status": "closed"}, MANAGER)
    assert closed.json()["version"] == 2
    over = await browser(world, made_link)
    assert (over.answer.status_code, "This link is over" in over.seen.text) == (410, True)
    refused = await world.post(f"{path}/links", {"customer_id": await world.customer()})
    assert (refused.status_code, refused.json()["code"]) == (409, "form_closed")
    await world.patch(path, {"status": "open"}, MANAGER)
    await world.sql("UPDATE complaint_form_link SET expires_at = now() - interval '1 second'")
    assert (await over.open()).answer.status_code == 410


async def test_the_page_may_do_nothing_but_this(world: Any) -> None:
    page = await opened(world)
    headers = page.answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "<script" not in page.answer.text


async def test_forms_are_kept_by_managers_and_links_are_made_for_customers_in_sight(world: Any) -> None:
    assert (await world.post("/v1/complaint-forms", FORM, world.wang)).status_code == 403
    twice = {**FORM, "categories": [FORM["categories"][0]] * 2}
    answer = await world.post("/v1/complaint-forms", twice, MANAGER)
    assert answer.json()["errors"][0]["pointer"] == "/categories"
    made_form = await form(world)
    path = f"/v1/complaint-forms/{made_form['id']}"
    assert (await world.get(path, MANAGER)).json() == made_form
    listed = (await world.get("/v1/complaint-forms?status=open", MANAGER)).json()["data"]
    assert [one["id"] for one in listed] == [made_form["id"]]
    shop = uuid4()
    body = {"customer_id": await world.customer(shop)}
    assert (await world.post(f"{path}/links", body, world.partner(shop))).status_code == 201
    assert (await world.post(f"{path}/links", body, world.partner(uuid4()))).status_code == 404
    assert (await world.post(f"/v1/complaint-forms/{uuid4()}/links", body)).status_code == 404
    (row,) = await world.sql("SELECT token_hash FROM complaint_form_link")
    assert len(row["token_hash"]) == 32


SHANGHAI = {
    "name": "上海客服",
    "timezone": "Asia/Shanghai",
    "week": {day: ["09:00-12:00", "13:30-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "country": "CN",
}
_BEFORE_THE_FESTIVAL = datetime.fromisoformat("2026-02-13T17:00:00+08:00")


async def test_the_story_of_a_complaint_from_the_form_over_the_spring_festival_to_the_rating(
    world: Any,
) -> None:
    """Sixteen working hours from Friday 17:00: an hour, a make-up Saturday, and the first day after."""
    await made(world, "/v1/calendars", SHANGHAI)
    owner = str(uuid4())
    team = await made(world, "/v1/teams", {"name": "客服", "members": [{"staff_id": owner}]})
    rule = {"name": "轮流", "team_id": team["id"], "method": "round_robin"}
    await made(world, "/v1/assignment-rules", rule)
    policy = {"name": "标准", "targets": {"high": {"first_answer": 60, "resolution": 16 * 60}}}
    await made(world, "/v1/sla-policies", policy)
    asked = await survey(world, invite_on=["complaint.closed"])
    customer = await world.customer()
    page = await opened(world, customer=customer)
    await page.press("send", **LATE)
    (complaint,) = await complaints(world)
    assert complaint["owner_id"] == owner
    await _was_opened(world, complaint, _BEFORE_THE_FESTIVAL)
    for verb, body in (
        ("answer", {"text": "正在核实"}),
        ("classify", {"cause": "承运商丢件"}),
        ("start", {}),
        ("wait", {}),
        ("hear", {"text": "照片来了"}),
        ("start", {}),
        ("resolve", {"result": "补发"}),
        ("inform", {}),
    ):
        answer = await world.do(complaint, verb, **body)
        assert answer.status_code == 200, (verb, answer.text)
    closed = (await world.do(complaint, "close")).json()
    assert closed["status"] == "closed"

    path = f"/v1/surveys/{asked}/invitations"

    async def invited() -> bool:
        return bool((await world.get(path)).json()["data"])

    await eventually(invited)
    (found,) = (await world.get(path)).json()["data"]
    assert (found["complaint_id"], found["owner_id"]) == (complaint["id"], owner)
    answer = await world.post(f"/v1/survey-invitations/{found['id']}/link")
    rating = await browser(world, answer.json())
    await rating.press(q_attitude="4", q_recommend="9")
    (response,) = (await world.get(f"/v1/survey-responses?complaint_id={complaint['id']}")).json()["data"]
    assert {each["question"]: each["value"] for each in response["ratings"]} == {
        "attitude": 4,
        "recommend": 9,
    }
    kinds = [item["type"] for item in (await world.get(f"/v1/customers/{customer}/timeline")).json()["data"]]
    assert kinds[0] == "survey"
    assert set(kinds) == {"survey", "complaint"}


async def _was_opened(world: Any, complaint: dict[str, Any], at: datetime) -> None:
    """Let it have been opened then, and its deadlines be counted again; they cross the Spring Festival."""
    await world.counted()
    await world.sql(
        "UPDATE complaint SET opened_at = $2, sla_started_at = $2, step_started_at = $2 WHERE id = $1",
        UUID(complaint["id"]),
        at,
    )
    await world.sql("DELETE FROM sla_clock")
    (policy,) = await world.sql("SELECT id FROM sla_policy")
    touched = await world.patch(
        f"/v1/sla-policies/{policy['id']}", {"name": "标准服务"}, MANAGER, **{"If-Match": "*"}
    )
    assert touched.status_code == 200
    await world.counted()
    read = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    assert datetime.fromisoformat(read["sla"]["due_at"]) == datetime.fromisoformat(
        "2026-02-24T18:00:00+08:00"
    )
    clocks = (await world.get(f"/v1/complaints/{complaint['id']}/clocks")).json()["data"]
    due = {clock["metric"]: datetime.fromisoformat(clock["due_at"]) for clock in clocks}
    assert due["first_answer"] - at == timedelta(hours=1)
