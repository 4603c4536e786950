"""Input that is wrong: refused with a pointer, in our words, with nothing stored."""

from typing import Any

import pytest

SECRET = "13800138000"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"subject": ""}, "/subject", "too_short"),
        ({"subject": None}, "/subject", "not_a_string"),
        ({"subject": "a\u0000b"}, "/subject", "forbidden_character"),
        ({"subject": SECRET * 30}, "/subject", "too_long"),
        ({"nickname": SECRET}, "/nickname", "unknown_field"),
        ({"due_at": None}, "/due_at", "due_at_or_local_time"),
        ({"due_at": "2020-01-01T00:00:00Z"}, "/due_at", "in_the_past"),
        ({"due_at": "2999-01-01T00:00:00Z"}, "/due_at", "too_far_ahead"),
        ({"due_at": "2030-01-01T00:00:00"}, "/due_at", "no_time_zone"),
        ({"due_at": "soon"}, "/due_at", "not_a_time"),
        ({"local_time": "2030-01-01T00:00:00"}, "/due_at", "due_at_or_local_time"),
        ({"due_at": None, "local_time": "2030-01-01T00:00:00"}, "/timezone", "required"),
        ({"due_at": None, "timezone": "Asia/Tokyo"}, "/local_time", "due_at_or_local_time"),
        (
            {"due_at": None, "local_time": "2030-01-01T00:00:00", "timezone": "../../etc/passwd"},
            "/timezone",
            "unknown_zone",
        ),
        (
            {"due_at": None, "local_time": "9999-12-31T23:59:59", "timezone": "America/New_York"},
            "/local_time",
            "too_far_ahead",
        ),
        (
            {"due_at": None, "local_time": "0001-01-01T00:00:00", "timezone": "Asia/Tokyo"},
            "/local_time",
            "too_far_ahead",
        ),
        (
            {"due_at": None, "local_time": 1700000000, "timezone": "Asia/Tokyo"},
            "/local_time",
            "wrong_value",
        ),
        (
            {"due_at": None, "local_time": "1700000000", "timezone": "Asia/Tokyo"},
            "/local_time",
            "wrong_value",
        ),
        (
            {"due_at": None, "local_time": "2030-02-30T09:00:00", "timezone": "Asia/Tokyo"},
            "/local_time",
            "not_a_time",
        ),
        ({"due_at": "0001-01-01T00:00:00+10:00"}, "/due_at", "datetime_out_of_range"),
        ({"channels": ["sms"]}, "/channels/0", "not_a_choice"),
        ({"channels": []}, "/channels", "too_few"),
        ({"assignee_id": "nobody"}, "/assignee_id", "not_a_uuid"),
        ({"customer_id": 5}, "/customer_id", "not_a_uuid"),
    ],
)
async def test_bad_input_gets_a_pointer_and_never_its_own_words_back(
    world: Any, change: Any, pointer: Any, code: Any
) -> None:
    body = {"subject": "Call", "due_at": world.later(hours=1), **change}
    answer = await world.post(world.lin, "/v1/reminders", body)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert len(answer.json()["errors"]) == 1
    assert SECRET not in answer.text
    assert await world.sql("SELECT 1 FROM reminder") == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/until"),
        ({"minutes": 5, "until": "2030-01-01T00:00:00Z"}, "/until"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"minutes": 0}, "/minutes"),
        ({"minutes": 10**30}, "/minutes"),
        ({"hours": 1}, "/hours"),
    ],
)
async def test_a_snooze_that_makes_no_sense_is_refused(world: Any, body: Any, pointer: Any) -> None:
    made = await world.reminder(world.lin)
    answer = await world.post(world.lin, f"/v1/reminders/{made['id']}/snooze", body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("query", ["?colour=red", "?sort=note", "?limit=0", "?cursor=abc", "?state=open"])
async def test_a_list_query_that_is_not_known_is_refused(world: Any, query: Any) -> None:
    answer = await world.get(world.lin, f"/v1/reminders{query}")
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]
