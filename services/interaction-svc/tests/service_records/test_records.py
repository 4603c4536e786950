"""Services: by a process step by step, or recorded afterwards; cancelled, rated, told."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.auth import Principal
from shared.testing import staff

from .steps import FAULT, do, done, employed, listed, process, recorded, refused, run, step, told, wrong


async def test_a_service_runs_through_its_steps_and_is_done_with_the_last(world: Any) -> None:
    template = await process(world, step("accept", form=[FAULT]), step("repair"))
    made = await run(world, template, content="饮水机漏水")
    assert (made["status"], made["phase"], made["step_code"]) == ("running", "after_sale", "accept")
    assert [each["status"] for each in made["steps"]] == ["ready", "pending"]
    assert made["steps"][0]["fields"][0]["label"]["zh"] == "故障现象"
    started = (await do(world, made, "start", "accept")).json()
    assert (started["handler_id"], started["version"]) == (str(world.lin.id), 2)
    after = (await do(world, made, "complete", "accept", form={"fault": " 接头漏水 "})).json()
    assert after["steps"][0]["form"] == {"fault": "接头漏水"}
    assert (after["step_code"], after["handler_id"], after["status"]) == ("repair", None, "running")
    assert [each["status"] for each in after["steps"]] == ["done", "ready"]
    assert await told(world) == []
    over = await done(world, made, "repair")
    assert (over["status"], over["step_code"], over["due_at"]) == ("done", None, None)
    assert over["finished_at"] == over["steps"][1]["finished_at"]
    (event,) = await told(world)
    assert (event["type"], event["subject"]) == ("service.recorded.v1", made["id"])
    assert event["data"] == {
        "customer_id": made["customer_id"],
        "phase": "after_sale",
        "process_id": template["id"],
        "rating": None,
        "started_at": made["started_at"],
        "finished_at": over["finished_at"],
    }


async def test_every_verb_is_a_line_of_history(world: Any) -> None:
    made = await run(world, await process(world, step("a"), step("b"), step("c")), assignee_id=str(uuid4()))
    await done(world, made, "a")
    await do(world, made, "skip", "b", reason="在保修期内")
    await do(world, made, "cancel", reason="客户已购新机")
    lines = (await world.get(f"/v1/service-records/{made['id']}/history")).json()["data"]
    assert [(line["version"], line["verb"], line["step_code"], line["status"]) for line in lines] == [
        (1, "begin", None, "running"),
        (2, "start", "a", "running"),
        (3, "complete", "a", "running"),
        (4, "skip", "b", "running"),
        (5, "cancel", None, "cancelled"),
    ]
    assert [line["note"] for line in lines] == [None, None, None, "在保修期内", "客户已购新机"]
    assert [line["assignee_id"] for line in lines[:2]] == [made["assignee_id"], str(world.lin.id)]
    assert {line["done_by"] for line in lines} == {str(world.lin.id)}
    assert await told(world) == []


async def test_steps_are_taken_in_their_order(world: Any) -> None:
    made = await run(world, await process(world))
    for verb, body in (("start", {}), ("complete", {}), ("skip", {"reason": "x"})):
        answer = await do(world, made, verb, "repair", **body)
        refused(answer, 409, "step_out_of_order")
        assert (answer.json()["step_status"], answer.json()["current"]) == ("pending", "accept")
    refused(await do(world, made, "complete", "accept"), 409, "step_not_started")
    await do(world, made, "start", "accept")
    refused(await do(world, made, "start", "accept"), 409, "step_started")
    await do(world, made, "complete", "accept")
    for verb, body in (("start", {}), ("complete", {}), ("skip", {"reason": "x"})):
        refused(await do(world, made, verb, "accept", **body), 409, "step_over")
    refused(await do(world, made, "start", "nothing"), 404, "not_found")
    assert (await do(world, made, "start", "a.b")).status_code == 422
    assert (await world.get(f"/v1/service-records/{made['id']}")).json()["version"] == 3


async def test_a_wrong_form_changes_nothing(world: Any) -> None:
    fields = [
        FAULT,
        {"code": "cost", "label": "费用", "type": "number"},
        {"code": "day", "label": "日期", "type": "date"},
        {"code": "kind", "label": "类型", "type": "choice", "options": ["保内", "保外"]},
        {"code": "paid", "label": "已付", "type": "boolean"},
    ]
    made = await run(world, await process(world, step("accept", form=fields)))
    await do(world, made, "start", "accept")
    form = {"cost": "9", "day": "2026-02-30", "kind": "?", "paid": 1, "more": 2}
    answer = await do(world, made, "complete", "accept", form=form)
    assert wrong(answer) == {
        "/form/fault": "required",
        "/form/cost": "not_a_number",
        "/form/day": "not_a_date",
        "/form/kind": "not_a_choice",
        "/form/paid": "not_a_boolean",
        "/form/more": "unknown_field",
    }
    assert "2026-02-30" not in answer.text
    assert (await world.get(f"/v1/service-records/{made['id']}")).json()["version"] == 2
    markup = "<img src=x onerror=alert(1)>"
    fine = {"fault": markup, "cost": 9.5, "day": "2026-02-28", "kind": "保内", "paid": False}
    over = (await do(world, made, "complete", "accept", form=fine)).json()
    assert (over["status"], over["steps"][0]["form"]) == ("done", fine)
    assert wrong(await do(world, made, "complete", "accept", form=[1])) == {"/form": "not_an_object"}


async def test_a_step_needs_somebody_who_works_here_and_has_its_role(world: Any) -> None:
    template = await process(world, step("a", role="sales"))
    sales, service, gone = (
        await employed(world, "sales", "analyst"),
        await employed(world, "service"),
        await employed(world, "sales", active=False),
    )
    made = await run(world, template)
    for who in (service, gone, str(uuid4())):
        answer = await do(world, made, "start", "a", assignee_id=who)
        refused(answer, 409, "role_missing")
        assert answer.json()["role"] == "sales"
    refused(await do(world, made, "start", "a"), 409, "role_missing")  # lin is of the service people
    started = (await do(world, made, "start", "a", assignee_id=sales)).json()
    assert (started["handler_id"], started["steps"][0]["assignee_id"]) == (sales, sales)
    assert started["steps"][0]["started_by"] == str(world.lin.id)
    theirs = (await do(world, await run(world, template), "start", "a", who=world.wang)).json()
    assert theirs["handler_id"] == str(world.wang.id)


async def test_what_the_gateway_told_of_the_caller_counts_before_the_token(world: Any) -> None:
    gone = staff("service")
    await world.sql("INSERT INTO staff_ref VALUES ($1, NULL, $2, false, 2)", gone.id, ["service"])
    made = await run(world, await process(world))
    refused(await do(world, made, "start", "accept", who=gone), 409, "role_missing")


async def test_a_partners_key_does_its_peoples_steps_and_names_nobody_of_the_company(world: Any) -> None:
    distributor = uuid4()
    theirs: Principal = world.partner(distributor)
    made = await run(world, await process(world), await world.customer(distributor))
    known = await employed(world, "service")
    for named in (known, str(uuid4())):
        refused(await do(world, made, "start", "accept", who=theirs, assignee_id=named), 409, "role_missing")
    assert (await do(world, made, "start", "accept", who=theirs)).json()["handler_id"] == str(theirs.id)


async def test_a_step_that_is_not_needed_is_skipped_with_a_reason(world: Any) -> None:
    made = await run(world, await process(world))
    assert wrong(await do(world, made, "skip", "accept")) == {"/reason": "required"}
    assert wrong(await do(world, made, "skip", "accept", reason="  ")) == {"/reason": "too_few"}
    await do(world, made, "start", "accept")
    after = (await do(world, made, "skip", "accept", reason="客户自行送达")).json()
    assert (after["steps"][0]["status"], after["steps"][0]["reason"]) == ("skipped", "客户自行送达")
    assert after["steps"][0]["handling_seconds"] is None
    assert (after["step_code"], after["handler_id"]) == ("repair", None)
    over = (await do(world, made, "skip", "repair", reason="无需维修")).json()
    assert (over["status"], len(await told(world))) == ("done", 1)


async def test_what_is_over_cannot_change(world: Any) -> None:
    cancelled = await run(world, await process(world))
    assert wrong(await do(world, cancelled, "cancel")) == {"/reason": "required"}
    ended = (await do(world, cancelled, "cancel", reason="客户取消")).json()
    assert (ended["status"], ended["reason"], ended["step_code"]) == ("cancelled", "客户取消", None)
    over = await done(world, await run(world, await process(world)), "accept", "repair")
    past = await recorded(world)
    for record in (cancelled, over, past):
        for verb, code, body in (
            ("start", "accept", {}),
            ("complete", "accept", {}),
            ("skip", "accept", {"reason": "x"}),
            ("cancel", "", {"reason": "x"}),
        ):
            answer = await do(world, record, verb, code, **body)
            refused(answer, 409, "service_over")
            assert answer.json()["service_status"] in {"done", "cancelled"}


async def test_the_customer_rates_once_what_is_done(world: Any) -> None:
    made = await run(world, await process(world, step("a")))
    refused(await do(world, made, "rate", rating=5), 409, "service_not_done")
    for given in (0, 6, True, "good", 4.5, None):
        assert "/rating" in wrong(await do(world, made, "rate", rating=given))
    await done(world, made, "a")
    rated = (await do(world, made, "rate", rating=4, comment="及时 <b>")).json()
    assert (rated["rating"], rated["rating_comment"], rated["version"]) == (4, "及时 <b>", 4)
    assert rated["rated_by"] == str(world.lin.id)
    refused(await do(world, made, "rate", rating=5), 409, "service_rated")
    assert [(event["type"], event["data"]["rating"]) for event in await told(world)] == [
        ("service.recorded.v1", None),
        ("service.rated.v1", 4),
    ]
    cancelled = await run(world, await process(world))
    await do(world, cancelled, "cancel", reason="x")
    refused(await do(world, cancelled, "rate", rating=5), 409, "service_not_done")


async def test_a_service_that_took_place_is_recorded_at_once(world: Any) -> None:
    somebody = str(uuid4())
    made = await recorded(world, staff_id=somebody, rating=5, rating_comment="很好", content="<i>送货</i>")
    assert (made["status"], made["assignee_id"], made["process_id"]) == ("done", somebody, None)
    assert made["occurred_at"] == made["started_at"] == made["finished_at"]
    assert (made["content"], made["rating"], made["steps"]) == ("<i>送货</i>", 5, [])
    assert [event["type"] for event in await told(world)] == ["service.recorded.v1", "service.rated.v1"]
    mine = await recorded(world)
    assert (mine["assignee_id"], mine["rating"]) == (str(world.lin.id), None)
    assert (await do(world, mine, "rate", rating=3)).json()["rating"] == 3
    (line,) = (await world.get(f"/v1/service-records/{made['id']}/history")).json()["data"]
    assert (line["verb"], line["status"]) == ("record", "done")


@pytest.mark.parametrize(
    ("given", "findings"),
    [
        ({"occurred_at": {"hours": -1}}, {"/occurred_at": "in_the_future"}),
        ({"occurred_at": {"days": 3700}}, {"/occurred_at": "too_long_ago"}),
        ({"phase": None, "content": None}, {"/phase": "required", "/content": "required"}),
        ({"occurred_at": None}, {"/occurred_at": "required"}),
        ({"phase": "never"}, {"/phase": "not_a_choice"}),
        ({"content": "  "}, {"/content": "too_few"}),
        ({"content": "a\x00b"}, {"/content": "forbidden_character"}),
        ({"rating_comment": "x"}, {"/rating": "required"}),
        ({"assignee_id": str(uuid4())}, {"/assignee_id": "not_wanted"}),
        ({"interaction_id": str(uuid4())}, {"/interaction_id": "interaction_unknown"}),
        ({"complaint_id": str(uuid4())}, {"/complaint_id": "complaint_unknown"}),
    ],
)
async def test_a_service_that_cannot_have_taken_place_is_refused(
    world: Any, given: dict[str, Any], findings: dict[str, str]
) -> None:
    at = given.get("occurred_at", {"hours": 1})
    body = {
        "customer_id": await world.customer(),
        "phase": "in_sale",
        "content": "送货",
        **given,
        "occurred_at": None if at is None else world.when(**at),
    }
    assert wrong(await world.post("/v1/service-records", body)) == findings
    assert await listed(world) == []


async def test_what_a_process_says_is_not_said_again(world: Any) -> None:
    template = await process(world)
    body = {"customer_id": await world.customer(), "process_id": template["id"]}
    more = {"phase": "in_sale", "occurred_at": world.when(hours=1), "staff_id": str(uuid4()), "rating": 5}
    assert wrong(await world.post("/v1/service-records", {**body, **more})) == {
        f"/{name}": "not_wanted" for name in more
    }


async def test_a_service_belongs_to_an_interaction_or_complaint_of_its_customer(world: Any) -> None:
    customer, other = await world.customer(), await world.customer()
    call, complaint = await world.interaction(customer), await world.complaint(customer)
    occasion = {"interaction_id": call["id"], "complaint_id": complaint["id"]}
    made = await run(world, await process(world), customer, **occasion)
    for name, value in occasion.items():
        assert made[name] == value
        assert await listed(world, f"{name}={value}") == [made["id"]]
        body = {"customer_id": other, "process_id": made["process_id"], name: value}
        code = f"{name.removesuffix('_id')}_unknown"
        assert wrong(await world.post("/v1/service-records", body)) == {f"/{name}": code}


async def test_the_list_finds_what_was_asked_for(world: Any) -> None:
    customer, somebody = await world.customer(), await employed(world, "service")
    template = await process(world, phase="pre_sale")
    running = await run(world, template, customer, assignee_id=somebody)
    in_hand = await run(world, await process(world))
    await do(world, in_hand, "start", "accept", assignee_id=somebody)
    past = await recorded(world, customer, occurred_at=world.when(days=9), staff_id=somebody)
    newest_first = [in_hand["id"], running["id"], past["id"]]
    early, late = world.when(days=10), world.when(days=8)
    for query, wanted in (
        ("", newest_first),
        ("sort=started_at", newest_first[::-1]),
        ("sort=-created_at", [past["id"], in_hand["id"], running["id"]]),
        (f"customer_id={customer}", [running["id"], past["id"]]),
        (f"assignee_id={somebody}", newest_first),
        (f"process_id={template['id']}", [running["id"]]),
        ("phase=in_sale", [past["id"]]),
        ("status=running", [in_hand["id"], running["id"]]),
        (f"started_at[gte]={late}", [in_hand["id"], running["id"]]),
        (f"started_at[lt]={late}", [past["id"]]),
        (f"occurred_at[gte]={early}", [past["id"]]),
        (f"occurred_at[gte]={early}&occurred_at[lt]={early}", []),
        (f"occurred_at[gte]={late}", []),
    ):
        assert await listed(world, query) == wanted, query
    page = (await world.get("/v1/service-records?limit=2&count=exact")).json()
    assert page["page"]["total"] == 3
    following = await listed(world, f"limit=2&cursor={page['page']['next_cursor']}")
    assert [*[row["id"] for row in page["data"]], *following] == newest_first
    assert (await world.get("/v1/service-records?sort=due_at")).status_code == 422
    assert (await world.get("/v1/service-records?colour=red")).status_code == 400


async def test_the_timeline_shows_services_once_they_are_done(world: Any) -> None:
    customer = await world.customer()
    made = await run(world, await process(world, step("a")), customer, content="送修")
    path = f"/v1/customers/{customer}/timeline"
    assert (await world.get(path)).json()["data"] == []
    over = await done(world, made, "a")
    await do(world, made, "rate", rating=5)
    past = await recorded(world, customer)
    cancelled = await run(world, await process(world), customer)
    await do(world, cancelled, "cancel", reason="x")
    await world.interaction(customer, occurred_at=world.when(hours=2))
    items = (await world.get(f"{path}?type=service")).json()["data"]
    assert [item["id"] for item in items] == [made["id"], past["id"]]
    assert items[0] == {
        "type": "service",
        "id": made["id"],
        "at": over["finished_at"],
        "service": {
            "id": made["id"],
            "phase": "after_sale",
            "process_id": made["process_id"],
            "content": "送修",
            "assignee_id": None,
            "started_at": made["started_at"],
            "finished_at": over["finished_at"],
            "rating": 5,
        },
    }
    kinds = [item["type"] for item in (await world.get(path)).json()["data"]]
    assert kinds == ["service", "service", "interaction"]


async def test_what_is_sent_as_examples_is_taken(world: Any) -> None:
    schemas = world.service.app.openapi()["components"]["schemas"]
    template = await process(world)
    for example in schemas["ServiceRecordCreate"]["examples"]:
        body = {**example, "customer_id": await world.customer()}
        body |= {"process_id": template["id"]} if "process_id" in body else {}
        assert (await world.post("/v1/service-records", body)).status_code == 201


async def test_a_repeated_request_starts_one_service(world: Any) -> None:
    body = {"customer_id": await world.customer(), "process_id": (await process(world))["id"]}
    one, two = [await world.post("/v1/service-records", body, **{"Idempotency-Key": "k-1"}) for _ in "ab"]
    assert (one.json(), two.headers["idempotent-replayed"]) == (two.json(), "true")
    assert await listed(world) == [one.json()["id"]]


async def test_who_only_reads_does_not_write(world: Any) -> None:
    made = await run(world, await process(world))
    assert (await world.get(f"/v1/service-records/{made['id']}", world.analyst)).status_code == 200
    refused(await do(world, made, "start", "accept", who=world.analyst), 403, "permission_missing")
    body = {"customer_id": made["customer_id"], "process_id": made["process_id"]}
    refused(await world.post("/v1/service-records", body, world.analyst), 403, "permission_missing")


async def test_absent_services_are_not_found(world: Any) -> None:
    absent = {"id": str(uuid4())}
    refused(await world.get(f"/v1/service-records/{absent['id']}"), 404, "not_found")
    refused(await world.get(f"/v1/service-records/{absent['id']}/history"), 404, "not_found")
    refused(await do(world, absent, "start", "accept"), 404, "not_found")
    zh = await world.get(f"/v1/service-records/{absent['id']}", **{"Accept-Language": "zh-CN"})
    assert zh.json()["detail"] == "没有这个服务记录。"
    assert UUID(absent["id"])
