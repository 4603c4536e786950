"""The page that a customer opens, used as a browser without scripts uses it."""

import base64
import hashlib
import re
from typing import Any
from uuid import UUID

import pytest

from shared.auth import Principal

from .steps import (
    BROWSER,
    LONG,
    MANAGER,
    SHORT,
    after,
    both,
    browser,
    document,
    invite,
    invited,
    question,
    section,
    survey,
)


async def responses(world: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = (await world.get("/v1/survey-responses")).json()["data"]
    return data


async def test_a_customer_answers_leaf_by_leaf_what_concerns_them(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world, LONG)))
    assert page.asked == ["q_attitude"]
    await page.press(q_attitude="1")
    assert page.asked == ["q_why"]
    await page.press(q_why="没人回电话\r\n等了三天")
    await page.press(q_parts=["speed", "price"])
    assert page.asked == ["q_slow"]
    await page.press(q_slow="weeks")
    await page.press(q_recommend="0")
    assert page.asked == []
    (found,) = await responses(world)
    assert found["answers"] == [
        {"question": "attitude", "value": 1},
        {"question": "why", "value": "没人回电话\n等了三天"},
        {"question": "parts", "value": ["price", "speed"]},
        {"question": "slow", "value": "weeks"},
        {"question": "recommend", "value": 0},
    ]


async def test_what_does_not_concern_them_is_not_asked(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world, LONG)))
    await page.press(q_attitude="5")
    assert page.asked == ["q_parts"]
    await page.press()
    assert page.asked == ["q_recommend"]
    await page.press(q_recommend="10")
    (found,) = await responses(world)
    assert [each["question"] for each in found["answers"]] == ["attitude", "recommend"]


async def test_whoever_goes_back_and_answers_otherwise_leaves_the_branch(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world, LONG)))
    await page.press(q_attitude="2")
    await page.press(q_why="slow")
    await page.press("back")
    assert page.filled["q_why"] == "slow"
    await page.press("back")
    assert page.filled["q_attitude"] == "2"
    await page.press(q_attitude="4")
    assert page.asked == ["q_parts"]
    await page.press()
    await page.press(q_recommend="8")
    (found,) = await responses(world)
    assert [each["question"] for each in found["answers"]] == ["attitude", "recommend"]


async def test_what_was_answered_is_kept_for_another_day(world: Any) -> None:
    made = await invited(world, await survey(world, LONG))
    page = await browser(world, made)
    await page.press(q_attitude="1")
    assert await responses(world) == []
    another = await browser(world, made)
    assert another.asked == ["q_why"]
    await another.press(q_why="late")
    await another.press("back")
    assert another.filled["q_why"] == "late"


async def test_what_is_missing_or_wrong_is_shown_and_nothing_typed_is_lost(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world)), "?lang=en")
    await page.press(q_words="half a thought")
    assert page.answer.status_code == 422
    assert page.filled["q_words"] == "half a thought"
    assert "Please answer this question" in page.seen.text
    described = [each for each in page.tags("input") if each.get("aria-invalid")]
    assert {each["aria-describedby"] for each in described} == {"why_q_attitude"}
    assert any(each.get("id") == "why_q_attitude" for each in page.tags("p"))
    assert any(each.get("role") == "alert" for each in page.tags("div"))
    for name, value in (
        ("q_attitude", "6"),
        ("q_attitude", "x"),
        ("q_recommend", "-1"),
        ("q_words", "x" * 2001),
    ):
        await page.press(**{"q_attitude": "5", name: value})
        assert page.answer.status_code == 422, (name, value)
    assert await responses(world) == []
    await page.press(q_attitude="5", q_words="x" * 2000, q_recommend="10")
    assert page.answer.status_code == 200
    assert len(await responses(world)) == 1


async def test_an_app_that_wants_no_pages_is_told_as_elsewhere(world: Any) -> None:
    made = await invited(world, await survey(world))
    path = f"/s/{made['token']}"
    async with world.client() as client:
        place = re.search(r'name="place" value="([^"]+)"', (await client.get(path)).text)
        assert place is not None
        wrong = await client.post(path, data={"do": "next", "place": place[1]})
        assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")
        assert wrong.json()["errors"][0]["pointer"] == "/q_attitude"
        unknown = await client.get("/s/nobody")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "link_unknown")
        odd = await client.get(f"{path}?from=singlemessage")
        assert (odd.status_code, odd.json()["code"]) == (400, "unknown_parameter")
        json = await client.post(path, json={"do": "next"})
        assert (json.status_code, json.json()["code"]) == (415, "unsupported_media")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        broken = await client.post(path, content=b"q_words=%ff", headers=form)
        assert (broken.status_code, broken.json()["code"]) == (400, "form_unreadable")
        large = await client.post(path, content=b"q_words=" + b"x" * 300_000, headers=form)
        assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


async def test_what_messengers_append_to_a_link_does_not_stop_people(world: Any) -> None:
    made = await invited(world, await survey(world))
    page = await browser(world, made, "?from=singlemessage&isappinstalled=0&utm_source=x")
    assert (page.answer.status_code, page.asked[0]) == (200, "q_attitude")


async def test_an_unknown_link_and_one_that_is_over_are_friendly_in_both_languages(world: Any) -> None:
    found = await survey(world)
    made, closing = await invited(world, found), await invited(world, await survey(world))
    await world.sql("UPDATE survey_invitation SET expires_at = now() WHERE survey_id = $1", UUID(found))
    await world.patch(f"/v1/surveys/{closing['survey_id']}", {"status": "closed"}, MANAGER)
    late = await browser(world, made, **{"Accept-Language": "zh-CN"})
    closed = await browser(world, closing)
    nobody = await browser(world, {"url": "http://x/s/nobody-has-this"}, **{"Accept-Language": "en"})
    for page, status, words in (
        (late, 410, ("问卷已结束", "This survey is over")),
        (closed, 410, ("问卷已结束", "This survey is over")),
        (nobody, 404, ("链接无效", "This link does not work")),
    ):
        assert page.answer.status_code == status
        assert all(word in page.seen.text for word in words)
    assert next(late.tags("html"))["lang"] == "zh-CN"
    assert next(nobody.tags("html"))["lang"] == "en"
    sent = await nobody.send([("do", "next")])
    assert sent.status_code == 404
    sent = await late.send([("do", "next")])
    assert sent.status_code == 410


@pytest.mark.parametrize(
    ("invitation", "query", "header", "wanted"),
    [
        (None, "", "zh-CN,zh;q=0.9,en;q=0.5", "zh-CN"),
        (None, "", "fr,en;q=0.5", "en"),
        ("zh", "", "en", "zh-CN"),
        ("zh", "?lang=en", "zh", "en"),
        ("en", "?lang=zh", "en", "zh-CN"),
    ],
)
async def test_the_address_then_the_invitation_then_the_browser_says_in_which_language(
    world: Any, invitation: str | None, query: str, header: str, wanted: str
) -> None:
    given = {} if invitation is None else {"language": invitation}
    made = await invited(world, await survey(world), **given)
    page = await browser(world, made, query, **{"Accept-Language": header})
    assert next(page.tags("html"))["lang"] == page.answer.headers["content-language"] == wanted
    assert ("How was it（中）" in page.seen.text) is (wanted == "zh-CN")
    assert {"中文", "English"} <= set(re.findall(r"中文|English", page.seen.text))


async def test_the_language_can_be_switched_with_answers_half_given(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world)), "?lang=zh")
    await page.press("en", q_words="first thoughts")
    assert next(page.tags("html"))["lang"] == "en"
    assert page.filled["q_words"] == "first thoughts"
    await page.press(q_attitude="3")
    assert "Thank you" in page.seen.text
    (found,) = await responses(world)
    assert found["language"] == "en"


async def test_answers_and_questions_are_shown_as_text_never_as_html(world: Any) -> None:
    nasty = '</textarea><script>alert(1)</script><img src=x onerror="alert(2)">&amp;'
    asked = document(
        section({**question("words", "text"), "text": {"zh": nasty, "en": nasty}}, title=nasty),
        section(question("last", required=True)),
        title={"zh": nasty, "en": nasty},
        intro={"zh": nasty, "en": nasty},
    )
    page = await browser(world, await invited(world, await survey(world, asked)))
    await page.press(q_words=nasty)
    await page.press("back")
    assert page.filled["q_words"] == nasty
    assert not [tag for tag, _ in page.seen.tags if tag in {"script", "img"}]
    assert "<script" not in page.answer.text
    assert page.seen.text.count(nasty) >= 3
    await page.press()
    await page.press(q_last="5")
    (found,) = await responses(world)
    assert found["answers"][0]["value"] == nasty


async def test_what_is_written_in_one_language_alone_is_shown_in_it(world: Any) -> None:
    asked = document(section({**question("a", "choice", "x", "y"), "text": {"zh": "只有中文"}}))
    page = await browser(world, await invited(world, await survey(world, asked)), "?lang=en")
    assert "只有中文" in page.seen.text
    assert "x (en)" in page.seen.text


async def test_every_page_keeps_to_itself(world: Any) -> None:
    made = await invited(world, await survey(world))
    page = await browser(world, made)
    redirect = await page.send([("do", "en"), ("place", page.filled["place"])])
    unknown = await browser(world, {"url": "http://x/s/x"})
    for answer in (page.answer, redirect, unknown.answer):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers
    assert redirect.status_code == 303
    assert "<script" not in page.answer.text
    assert " style=" not in page.answer.text
    assert not re.search(r"https?://", page.answer.text)


async def test_the_policy_lets_in_the_style_that_stands_there_and_no_other(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world)))
    style = re.search(r"<style>(.*?)</style>", page.answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.answer.headers["content-security-policy"]


async def test_every_field_has_a_name_that_is_read_out(world: Any) -> None:
    asked = document(
        section(
            question("a"),
            question("b", "nps"),
            question("c", "choice", "x", "y"),
            question("d", "multi_choice", "x", "y"),
            question("e", "text"),
        )
    )
    page = await browser(world, await invited(world, await survey(world, asked)))
    assert "viewport" in str(list(page.tags("meta")))
    assert len(list(page.tags("fieldset"))) == len(list(page.tags("legend"))) == 5
    shown = [each for each in page.tags("input") if each.get("type") in {"radio", "checkbox"}]
    assert len(shown) == 5 + 11 + 2 + 2
    body = re.sub(r"<style>.*?</style>", "", page.answer.text, flags=re.DOTALL)
    for each in re.findall(r"<input type=\"(?:radio|checkbox)\"[^>]*>", body):
        assert re.search(
            r"<label>\s*" + re.escape(each) + r"\s*[^<\s]|<label>" + re.escape(each) + "<span>.+?</span>",
            body,
        )
    assert all(each.get("aria-label") for each in page.tags("textarea"))


async def test_who_fills_in_what_people_do_not_see_changes_nothing(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world)))
    sent = await page.send(
        [("place", page.filled["place"]), ("q_attitude", "5"), ("leave_empty", "http://spam"), ("do", "next")]
    )
    assert sent.status_code == 303
    assert await responses(world) == []
    assert page.asked


async def test_a_customer_can_say_there_to_be_left_alone_and_take_it_back(world: Any) -> None:
    found, customer = await survey(world), await world.customer()
    made = await invited(world, found, customer)
    page = await browser(world, made, "?lang=en")
    await page.press("stop")
    assert "You will not be invited" in page.seen.text
    assert (await invite(world, found, customer, force=True)).json()["code"] == "customer_opted_out"
    read = (await world.get(f"/v1/survey-invitations/{made['id']}")).json()
    assert read["declined_at"] is not None
    await page.press("resume")
    assert page.asked
    assert (await invite(world, found, customer, force=True)).status_code == 201


async def test_taking_back_on_the_page_leaves_what_staff_noted(world: Any) -> None:
    found, customer = await survey(world), await world.customer()
    page = await browser(world, await invited(world, found, customer))
    async with world.client() as client:
        await client.put(f"/v1/customers/{customer}/survey-opt-out")
    await page.press("stop")
    await page.press("resume")
    assert (await invite(world, found, customer, force=True)).json()["code"] == "customer_opted_out"


async def test_a_sheet_of_another_version_or_leaf_is_shown_anew_and_not_taken(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world, LONG)))
    for place in ("", "1-2-9", "2-2-0", "x", "1-2-", "1-2-99999999999"):
        sent = await page.send([("place", place), ("q_attitude", "5"), ("do", "next")])
        assert sent.status_code == 303, place
        assert page.asked == ["q_attitude"], place


async def test_an_answer_given_long_ago_is_thanked_for_when_the_link_has_expired(world: Any) -> None:
    asked = {**SHORT, "thanks": both("Much obliged")}
    page = await browser(world, await invited(world, await survey(world, asked)), "?lang=en")
    await page.press(q_attitude="5")
    await world.sql("UPDATE survey_invitation SET expires_at = now()")
    await page.open("?lang=zh")
    assert page.answer.status_code == 200
    assert "Much obliged（中）" in page.seen.text


async def test_a_question_after_one_that_was_skipped_is_not_asked(world: Any) -> None:
    asked = document(section(question("a")), section(question("b", **after("a", "ne", 5)), question("c")))
    page = await browser(world, await invited(world, await survey(world, asked)))
    await page.press()
    assert page.asked == ["q_c"]


async def test_the_page_needs_nobody_to_be_signed_in_and_a_partner_sees_no_more_of_it(world: Any) -> None:
    made = await invited(world, await survey(world))
    stranger: Principal = world.partner(UUID(made["id"]))
    async with world.client(stranger, **BROWSER) as client:
        assert (await client.get(f"/s/{made['token']}")).status_code == 404
    assert (await browser(world, made)).answer.status_code == 200
