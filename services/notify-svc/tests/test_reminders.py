"""Reminders by hand: made, read, changed, snoozed, done, cancelled."""

from typing import Any
from uuid import UUID, uuid4

import pytest


async def test_a_reminder_is_made_for_the_caller_and_can_be_read_again(world: Any) -> None:
    made = await world.post(
        world.lin, "/v1/reminders", {"subject": "回访", "due_at": world.later(hours=2), "note": "上午"}
    )
    assert made.status_code == 201
    assert made.headers["etag"] == '"v1"'
    body = made.json()
    assert body["assignee_id"] == str(world.lin.id)
    assert (body["state"], body["source"], body["queue"]) == ("scheduled", "manual", None)
    read = await world.get(world.lin, made.headers["location"])
    assert read.json() == body


async def test_it_carries_its_customers_distributor(world: Any) -> None:
    distributor = uuid4()
    customer = await world.customer(distributor_id=distributor)
    made = await world.reminder(world.lin, customer_id=str(customer))
    assert made["distributor_id"] == str(distributor)


async def test_an_unknown_customer_is_a_503_while_customer_svc_is_away_and_stores_nothing(world: Any) -> None:
    answer = await world.post(
        world.lin,
        "/v1/reminders",
        {"subject": "Call", "due_at": world.later(hours=1), "customer_id": str(uuid4())},
    )
    assert answer.status_code == 503
    assert answer.json()["code"] == "customer_unknown_yet"
    assert answer.headers["retry-after"]
    assert (await world.get(world.manager, "/v1/reminders")).json()["data"] == []


async def test_the_same_post_sent_twice_with_one_key_makes_one_reminder(world: Any) -> None:
    body = {"subject": "Call", "due_at": world.later(hours=1)}
    first = await world.post(world.lin, "/v1/reminders", body, **{"Idempotency-Key": "abc-1"})
    second = await world.post(world.lin, "/v1/reminders", body, **{"Idempotency-Key": "abc-1"})
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json()["id"] == first.json()["id"]
    assert len((await world.get(world.lin, "/v1/reminders")).json()["data"]) == 1


async def test_a_wall_time_is_kept_beside_the_moment_derived_from_it(world: Any) -> None:
    local = f"{world.database.now().year + 1}-07-01T09:00:00"
    made = await world.reminder(world.lin, local_time=local, timezone="Asia/Shanghai")
    assert made["due_at"] == local.replace("T09", "T01") + "Z"
    assert (made["local_time"], made["timezone"]) == (local, "Asia/Shanghai")


@pytest.mark.parametrize("who", ["assignee", "creator", "manager"])
async def test_assignee_creator_and_managers_see_a_reminder(world: Any, who: Any) -> None:
    made = await world.reminder(world.wang, assignee_id=str(world.lin.id))
    people = {"assignee": world.lin, "creator": world.wang, "manager": world.manager}
    assert (await world.get(people[who], f"/v1/reminders/{made['id']}")).status_code == 200
    assert len((await world.get(people[who], "/v1/reminders")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"subject": "x"}),
        ("DELETE", "", None),
        ("POST", "/snooze", {"minutes": 5}),
        ("POST", "/done", {}),
    ],
)
async def test_somebody_elses_reminder_is_not_found(world: Any, method: Any, path: Any, body: Any) -> None:
    made = await world.reminder(world.lin)
    async with world.client(world.wang) as client:
        foreign = await client.request(method, f"/v1/reminders/{made['id']}{path}", json=body)
        absent = await client.request(method, f"/v1/reminders/{uuid4()}{path}", json=body)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["code"] == absent.json()["code"]
    assert (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["version"] == 1


async def test_nobody_in_particular_is_asked_to_sign_in(world: Any) -> None:
    answer = await world.get(None, "/v1/reminders")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


async def test_a_patch_moves_it_and_keeps_the_rest(world: Any) -> None:
    made = await world.reminder(world.lin, note="bring samples")
    later = world.later(days=9)
    patched = await world.patch(world.lin, f"/v1/reminders/{made['id']}", {"due_at": later})
    body = patched.json()
    assert (body["note"], body["version"]) == ("bring samples", 2)
    assert body["due_at"] > made["due_at"]


async def test_a_patch_of_the_zone_alone_keeps_the_wall_time(world: Any) -> None:
    local = f"{world.database.now().year + 1}-07-01T09:00:00"
    made = await world.reminder(world.lin, local_time=local, timezone="Asia/Shanghai")
    patched = await world.patch(world.lin, f"/v1/reminders/{made['id']}", {"timezone": "Asia/Tokyo"})
    assert patched.json()["local_time"] == local
    assert patched.json()["due_at"] == local.replace("T09", "T00") + "Z"


async def test_a_note_can_be_changed_after_the_moment_has_passed(world: Any) -> None:
    local = f"{world.database.now().year + 1}-07-01T09:00:00"
    made = await world.reminder(world.lin, local_time=local, timezone="Asia/Shanghai")
    await world.sql("UPDATE reminder SET local_time = '2020-01-01', due_at = now() - interval '1 h'")
    patched = await world.patch(world.lin, f"/v1/reminders/{made['id']}", {"note": "late"})
    assert patched.status_code == 200
    assert patched.json()["local_time"] == "2020-01-01T00:00:00"


async def test_a_stale_etag_changes_nothing(world: Any) -> None:
    made = await world.reminder(world.lin)
    path = f"/v1/reminders/{made['id']}"
    assert (await world.patch(world.lin, path, {"note": "a"}, **{"If-Match": '"v1"'})).status_code == 200
    stale = await world.patch(world.lin, path, {"note": "b"}, **{"If-Match": '"v1"'})
    assert stale.status_code == 412
    assert (await world.get(world.lin, path)).json()["note"] == "a"


async def test_cancelling_twice_is_cancelling_once(world: Any) -> None:
    made = await world.reminder(world.lin)
    path = f"/v1/reminders/{made['id']}"
    assert (await world.delete(world.lin, path)).status_code == 204
    assert (await world.delete(world.lin, path)).status_code == 204
    read = (await world.get(world.lin, path)).json()
    assert (read["state"], read["version"]) == ("cancelled", 2)


async def test_done_keeps_the_outcome_and_tells_it_without_the_words(world: Any) -> None:
    made = await world.reminder(world.lin)
    done = await world.post(world.lin, f"/v1/reminders/{made['id']}/done", {"outcome": "王先生 will order"})
    assert (done.json()["state"], done.json()["outcome"]) == ("done", "王先生 will order")
    [event] = await world.sql("SELECT type, payload FROM outbox")
    assert event["type"] == "reminder.done.v1"
    assert event["payload"]["subject"] == made["id"]
    assert "order" not in str(event["payload"])


async def test_done_needs_no_body(world: Any) -> None:
    made = await world.reminder(world.lin)
    async with world.client(world.lin) as client:
        answer = await client.post(f"/v1/reminders/{made['id']}/done")
    assert answer.status_code == 200


async def test_a_snooze_by_minutes_counts_from_now_and_drops_the_wall_time(world: Any) -> None:
    local = f"{world.database.now().year + 1}-07-01T09:00:00"
    made = await world.reminder(world.lin, local_time=local, timezone="Asia/Shanghai")
    answer = await world.post(world.lin, f"/v1/reminders/{made['id']}/snooze", {"minutes": 30})
    body = answer.json()
    assert body["due_at"] < world.later(minutes=31)
    assert (body["local_time"], body["timezone"], body["snooze_count"]) == (None, None, 1)


OPEN = ["scheduled", "due", "missed"]
CLOSED = ["done", "cancelled"]
DEEDS = {
    "snooze": ("POST", "/snooze", {"minutes": 10}, 200, "scheduled"),
    "done": ("POST", "/done", {}, 200, "done"),
    "cancel": ("DELETE", "", None, 204, "cancelled"),
    "reschedule": ("PATCH", "", {"due_at": "2999"}, 200, "scheduled"),
    "edit": ("PATCH", "", {"note": "n"}, 200, None),
}


@pytest.mark.parametrize("state", [*OPEN, *CLOSED])
@pytest.mark.parametrize("deed", DEEDS)
async def test_each_deed_is_allowed_in_open_states_only(world: Any, state: Any, deed: Any) -> None:
    made = await world.reminder(world.lin)
    await world.sql(
        "UPDATE reminder SET state = $1, closed_at = CASE WHEN $1 IN ('done', 'cancelled') THEN now() END",
        state,
    )
    method, path, body, status, following = DEEDS[deed]
    if deed == "reschedule":
        body = {"due_at": world.later(days=20)}
    async with world.client(world.lin) as client:
        answer = await client.request(method, f"/v1/reminders/{made['id']}{path}", json=body)
    now = (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["state"]
    if state in OPEN:
        assert answer.status_code == status
        assert now == (following or state)
    elif (deed, state) == ("cancel", "cancelled"):
        assert (answer.status_code, now) == (204, state)
    else:
        assert answer.status_code == 409
        assert answer.json()["code"] == "reminder_closed"
        assert now == state


async def test_the_database_itself_refuses_to_reopen_a_closed_reminder(world: Any) -> None:
    made = await world.reminder(world.lin)
    await world.delete(world.lin, f"/v1/reminders/{made['id']}")
    with pytest.raises(Exception, match="cannot become"):
        await world.sql("UPDATE reminder SET state = 'due', closed_at = NULL")


async def test_every_change_of_state_leaves_a_row_of_history(world: Any) -> None:
    made = await world.reminder(world.lin)
    path = f"/v1/reminders/{made['id']}"
    await world.post(world.lin, f"{path}/snooze", {"minutes": 10})
    await world.post(world.lin, f"{path}/done", {})
    rows = await world.sql("SELECT deed, from_state, to_state, by_id FROM reminder_transition ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("create", None, "scheduled", world.lin.id),
        ("snooze", "scheduled", "scheduled", world.lin.id),
        ("finish", "scheduled", "done", world.lin.id),
    ]


async def test_lists_filter_and_page_by_the_moment(world: Any) -> None:
    customer = await world.customer()
    for hours in (3, 1, 2):
        await world.reminder(world.lin, due_at=world.later(hours=hours), subject=str(hours))
    await world.reminder(world.lin, due_at=world.later(hours=9), subject="9", customer_id=str(customer))
    await world.reminder(world.wang, subject="other", assignee_id=None)

    async def subjects(who: Any, query: Any) -> Any:
        answer = await world.get(who, f"/v1/reminders{query}")
        assert answer.status_code == 200, answer.text
        return [item["subject"] for item in answer.json()["data"]]

    assert await subjects(world.lin, "") == ["1", "2", "3", "9"]
    assert await subjects(world.lin, "?sort=-due_at&limit=2") == ["9", "3"]
    assert await subjects(world.lin, f"?customer_id={customer}") == ["9"]
    assert await subjects(world.manager, "?queue=unassigned") == ["other"]
    assert await subjects(world.manager, f"?assignee_id={world.lin.id}&source=manual&state=due") == []
    lower, upper = world.later(hours=1.5).replace("+", "%2B"), world.later(hours=2.5).replace("+", "%2B")
    assert await subjects(world.lin, f"?due_at[gte]={lower}&due_at[lt]={upper}") == ["2"]
    first = (await world.get(world.lin, "/v1/reminders?limit=3&count=exact")).json()
    assert first["page"]["total"] == 4
    rest = await world.get(world.lin, f"/v1/reminders?limit=3&cursor={first['page']['next_cursor']}")
    assert [item["subject"] for item in rest.json()["data"]] == ["9"]


async def test_the_wording_of_an_event_made_reminder_follows_the_reader(world: Any) -> None:
    await world.sql(
        "INSERT INTO reminder (id, subject_code, subject_parameters, due_at, channels, state, source,"
        " source_id, topic_id, snooze_count, created_at, updated_at, version, assignee_id) VALUES ($1,"
        " 'churn.call_customer', $2, now(), '{inbox}', 'scheduled', 'churn', $1, $1, 0, now(), now(), 1, $3)",
        UUID(int=7),
        {"level": "high", "reasons": ["complaint_recent", "new_code"], "action": "make_good"},
        world.lin.id,
    )
    english = await world.get(world.lin, f"/v1/reminders/{UUID(int=7)}", **{"Accept-Language": "en"})
    chinese = await world.get(world.lin, f"/v1/reminders/{UUID(int=7)}", **{"Accept-Language": "zh-CN"})
    assert english.json()["subject"] == (
        "Call the customer: churn risk high (recent complaints, new_code),"
        " suggested: check that the complaint was settled"
    )
    assert chinese.json()["subject"] == "请联系客户：流失风险高（近期有投诉、new_code），建议：回访投诉结果"
