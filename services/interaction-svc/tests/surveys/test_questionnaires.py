"""A questionnaire is written in versions; what customers have answered stays as it is."""

from typing import Any

import pytest

from .steps import (
    MANAGER,
    SHORT,
    after,
    browser,
    document,
    invited,
    made,
    published,
    question,
    section,
    survey,
)


async def put(world: Any, path: str, body: Any, **headers: str) -> Any:
    async with world.client(MANAGER) as client:
        return await client.put(path, json=body, headers=headers)


async def test_a_survey_is_created_changed_listed_and_removed(world: Any) -> None:
    answer = await world.post("/v1/surveys", {"name": "年度调查"}, MANAGER)
    found = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v1"')
    assert (found["status"], found["current_version"], found["min_days_between"]) == ("open", None, 30)
    path = answer.headers["location"]
    rule = {"on": True, "rating_at_most": 2, "category": "service"}
    changed = await world.patch(path, {"open_complaint": rule}, MANAGER)
    assert changed.json()["open_complaint"]["severity"] == "normal"
    stale = await world.patch(path, {"name": "x"}, MANAGER, **{"If-Match": '"v1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    listed = (await world.get("/v1/surveys?status=open", MANAGER)).json()["data"]
    assert [each["id"] for each in listed] == [found["id"]]
    assert (await world.get("/v1/surveys?status=closed", MANAGER)).json()["data"] == []
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 204
    assert (await world.get(path, MANAGER)).status_code == 404


async def test_a_survey_to_which_somebody_was_invited_is_closed_not_removed(world: Any) -> None:
    found = await survey(world)
    await invited(world, found)
    async with world.client(MANAGER) as client:
        refused = await client.delete(f"/v1/surveys/{found}")
    assert (refused.status_code, refused.json()["code"]) == (409, "survey_in_use")
    assert (await world.get(f"/v1/surveys/{found}", MANAGER)).status_code == 200


async def test_who_may_not_write_rules_reads_them_only(world: Any) -> None:
    found = await survey(world)
    assert (await world.get(f"/v1/surveys/{found}/versions/1")).status_code == 200
    refused = [
        await world.post("/v1/surveys", {"name": "x"}),
        await world.post(f"/v1/surveys/{found}/versions", {"document": SHORT}),
        await world.post(f"/v1/surveys/{found}/invitations/by-segment", {"most": 1}),
    ]
    assert [answer.json()["code"] for answer in refused] == ["permission_missing"] * 3


async def test_what_is_published_is_asked_and_an_earlier_version_can_be_again(world: Any) -> None:
    found = await survey(world, None)
    path = f"/v1/surveys/{found}"
    for number in (1, 2):
        assert await published(world, found, SHORT) == number
        assert (await world.get(path, MANAGER)).json()["current_version"] == number
    await world.post(f"{path}/versions/1/publish", who=MANAGER)
    assert (await world.get(path, MANAGER)).json()["current_version"] == 1
    listed = (await world.get(f"{path}/versions", MANAGER)).json()["data"]
    assert [each["number"] for each in listed] == [2, 1]
    assert (await world.get(f"{path}/versions/3", MANAGER)).status_code == 404
    assert (await world.post(f"{path}/versions/3/publish", who=MANAGER)).status_code == 404


async def test_a_version_that_was_answered_is_frozen(world: Any) -> None:
    found = await survey(world)
    version = f"/v1/surveys/{found}/versions/1"
    other = document(section(question("attitude", required=True), question("more", "text")))
    rewritten = await put(world, version, {"document": other}, **{"If-Match": '"v2"'})
    assert (rewritten.status_code, rewritten.headers["etag"]) == (200, '"v3"')
    page = await browser(world, await invited(world, found))
    assert page.asked == ["q_attitude", "q_more"]
    await page.press("en", q_attitude="4")
    refused = await put(world, version, {"document": SHORT})
    assert (refused.status_code, refused.json()["code"]) == (409, "version_frozen")
    assert (await world.get(version, MANAGER)).json()["answered"]
    assert await published(world, found, SHORT) == 2


async def test_answers_to_a_version_that_was_rewritten_meanwhile_are_not_taken_for_the_new_one(
    world: Any,
) -> None:
    found = await survey(world)
    page = await browser(world, await invited(world, found))
    other = document(section(question("attitude", "nps"), question("more", "text", required=True)))
    await put(world, f"/v1/surveys/{found}/versions/1", {"document": other})
    await page.press(q_attitude="5")
    assert page.sent.status_code == 303
    assert page.asked == ["q_attitude", "q_more"]
    assert await world.sql("SELECT FROM survey_response") == []
    await page.press(q_attitude="0", q_more="x")
    assert len(await world.sql("SELECT FROM survey_rating WHERE kind = 'nps' AND value = 0")) == 1


async def test_whoever_has_begun_goes_on_with_the_version_they_began_with(world: Any) -> None:
    found = await survey(world, document(section(question("old", required=True)), section(question("last"))))
    begun, fresh = await invited(world, found), await invited(world, found)
    page = await browser(world, begun)
    await page.press(q_old="3")
    await published(world, found, SHORT)
    assert (await page.open()).asked == ["q_last"]
    assert "q_attitude" in (await browser(world, fresh)).asked
    await page.press(q_last="5")
    (response,) = (await world.get("/v1/survey-responses")).json()["data"]
    assert response["survey_version"] == 1
    assert response["answers"] == [{"question": "old", "value": 3}, {"question": "last", "value": 5}]
    by_version = await world.get("/v1/survey-responses?survey_version=2")
    assert by_version.json()["data"] == []


_TWICE = section(question("a"), question("a"))
_LATER = section(question("a", **after("b", "eq", 1)), question("b"))
_ITSELF = section(question("a", **after("a", "eq", 1)))
_WRONG_OP = section(question("a", "choice", "x", "y"), question("b", **after("a", "lte", "x")))
_WRONG_VALUE = section(question("a"), question("b", **after("a", "eq", 6)))
_NO_OPTION = section(question("a", "choice", "x", "y"), question("b", **after("a", "eq", "z")))
_AFTER_TEXT = section(question("a", "text"), question("b", **after("a", "eq", "x")))


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        (_TWICE, "/document/sections/0/questions/1/code", "code_taken"),
        (_LATER, "/document/sections/0/questions/0/show_if/question", "not_earlier"),
        (_ITSELF, "/document/sections/0/questions/0/show_if/question", "not_earlier"),
        (_WRONG_OP, "/document/sections/0/questions/1/show_if/op", "op_wrong"),
        (_AFTER_TEXT, "/document/sections/0/questions/1/show_if/op", "op_wrong"),
        (_WRONG_VALUE, "/document/sections/0/questions/1/show_if/value", "value_wrong"),
        (_NO_OPTION, "/document/sections/0/questions/1/show_if/value", "value_wrong"),
        (
            section(question("a", "choice", "x")),
            "/document/sections/0/questions/0/options",
            "options_missing",
        ),
        (section(question("a", "nps", "x")), "/document/sections/0/questions/0/options", "options_unwanted"),
        (
            section(question("a", "choice", "x", "x")),
            "/document/sections/0/questions/0/options",
            "code_taken",
        ),
        (
            section(question("a", "text", indicator="overall")),
            "/document/sections/0/questions/0/indicator",
            "indicator_unwanted",
        ),
    ],
)
async def test_a_questionnaire_that_cannot_be_asked_is_refused_where_it_is_wrong(
    world: Any, asked: dict[str, Any], pointer: str, code: str
) -> None:
    found = await survey(world, None)
    refused = await world.post(f"/v1/surveys/{found}/versions", {"document": document(asked)}, MANAGER)
    assert (refused.status_code, refused.json()["code"]) == (422, "document_wrong")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [(pointer, code)]


async def test_a_questionnaire_has_bounds(world: Any) -> None:
    found = await survey(world, None)
    path = f"/v1/surveys/{found}/versions"
    many = [question(f"q{number}") for number in range(61)]
    for asked in (
        document(section(*many[:31]), section(*many[31:])),
        document(section(question("a", "choice", *(f"o{number}" for number in range(31))))),
        document(section()),
        document(),
        document(section({**question("a"), "text": {"zh": "x" * 501, "en": "x"}})),
        document(section({**question("a"), "text": {}})),
        document(section({**question("a"), "code": "Not a code"})),
        document(section(question("a"), question("b", **after("a", "eq", value=True)))),
    ):
        assert (await world.post(path, {"document": asked}, MANAGER)).status_code == 422
    await made(world, path, {"document": document(section(*many[:30]), section(*many[30:60]))})


async def test_a_rule_that_opens_complaints_says_when(world: Any) -> None:
    rule = {"on": True, "category": "service"}
    refused = await world.post("/v1/surveys", {"name": "x", "open_complaint": rule}, MANAGER)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "threshold_missing")
