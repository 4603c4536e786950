"""Templates through the door: written, published, brought back, previewed; and what bad ones get."""

import pytest

from notify_svc.templates import queries
from notify_svc.templates.shipping import ship

BODY = {
    "name": "care.autumn",
    "variables": [{"name": "feast", "kind": "text", "example": "中秋节"}],
    "texts": {
        "zh": {
            "email": {
                "subject": "{{ feast }}快乐，{{ name }}",
                "mjml": "<mj-text>祝您{{ feast }}快乐</mj-text>",
            },
            "sms": {"text": "祝您{{ feast }}快乐"},
        }
    },
}


async def made(world, **fields):
    answer = await world.post(world.manager, "/v1/templates", {**BODY, **fields})
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_template_is_a_draft_until_it_is_published(world):
    answer = await made(world)
    place = answer.headers["location"]
    assert (answer.json()["published"], answer.json()["number"]) == (None, 1)
    async with world.database.read() as reader:
        assert await queries.published(reader, ["care.autumn"]) == {}
    published = await world.post(world.manager, f"{place}/publish")
    assert published.json()["published"] == 1
    async with world.database.read() as reader:
        found = (await queries.published(reader, ["care.autumn", "nobody"]))["care.autumn"]
    assert (found.version, set(found.texts["zh"])) == (1, {"email", "sms"})
    assert "<!doctype html>" in found.texts["zh"]["email"]["html"]


async def test_what_is_in_force_stays_while_another_version_is_written(world):
    place = (await made(world)).headers["location"]
    await world.post(world.manager, f"{place}/publish")
    texts = {"zh": {"sms": {"text": "{{ feast }}安康"}}}
    changed = await world.patch(world.manager, place, {"texts": texts}, **{"If-Match": '"v2"'})
    assert (changed.json()["published"], changed.json()["number"]) == (1, 2)
    again = await world.patch(
        world.manager, place, {"texts": {"en": {"sms": {"text": "x"}}}}, **{"If-Match": '"v3"'}
    )
    assert again.json()["number"] == 2
    versions = (await world.get(world.manager, f"{place}/versions")).json()["data"]
    assert [each["number"] for each in versions] == [2, 1]
    assert versions[1]["texts"] == BODY["texts"] | {
        "zh": {
            **BODY["texts"]["zh"],
            "email": {**BODY["texts"]["zh"]["email"], "preheader": ""},
            "sms": {**BODY["texts"]["zh"]["sms"], "provider_parameters": []},
        }
    }
    assert (await world.post(world.manager, f"{place}/publish")).json()["published"] == 2
    back = await world.post(world.manager, f"{place}/publish", {"number": 1})
    assert back.json()["published"] == 1
    assert (await world.post(world.manager, f"{place}/publish", {"number": 9})).json()[
        "code"
    ] == "version_unknown"


async def test_a_change_needs_the_version_that_was_read(world):
    place = (await made(world)).headers["location"]
    assert (await world.patch(world.manager, place, {"description": "x"})).status_code == 428
    assert (await world.delete(world.manager, place)).status_code == 428
    stale = await world.patch(world.manager, place, {"description": "x"}, **{"If-Match": '"v9"'})
    assert stale.status_code == 412
    assert (await world.delete(world.manager, place, **{"If-Match": '"v1"'})).status_code == 204
    assert (await world.get(world.manager, place)).status_code == 404


@pytest.mark.parametrize(
    ("texts", "pointer", "code"),
    [
        ({"zh": {"sms": {"text": "{{ nobody }}"}}}, "/texts/zh/sms/text", "variable_undeclared"),
        (
            {"zh": {"sms": {"text": "{% for i in range(9) %}{% endfor %}"}}},
            "/texts/zh/sms/text",
            "loop_not_allowed",
        ),
        ({"zh": {"sms": {"text": "{{ feast * 10 }}"}}}, "/texts/zh/sms/text", "template_not_allowed"),
        ({"en": {"email": {"subject": "x", "mjml": "<mj-text>"}}}, "/texts/en/email/mjml", "mjml_invalid"),
        (
            {"en": {"im": {"title": "x", "markdown": "x", "button": {"label": "x", "url": "{{ a }}"}}}},
            "/texts/en/im/button/url",
            "variable_undeclared",
        ),
        (
            {"en": {"sms": {"text": "x", "provider_parameters": ["a"]}}},
            "/texts/en/sms/provider_parameters/0",
            "variable_undeclared",
        ),
        ({}, "/texts", "text_missing"),
        ({"zh": {"sms": {"text": "x" * 501}}}, "/texts/zh/sms/text", "too_long"),
        (
            {"en": {"email": {"subject": "x", "mjml": "x" * 200_000}}},
            "/texts/en/email/mjml",
            "too_long",
        ),
        ({"fr": {"sms": {"text": "x"}}}, "/texts/fr", "unknown_field"),
    ],
)
async def test_what_cannot_be_used_is_refused_at_its_place(world, texts, pointer, code):
    refused = await world.post(world.manager, "/v1/templates", {**BODY, "texts": texts})
    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_a_template_of_ten_megabytes_is_not_read(world):
    huge = {"en": {"email": {"subject": "x", "mjml": "x" * 10_000_000}}}
    refused = await world.post(world.manager, "/v1/templates", {**BODY, "texts": huge})
    assert refused.status_code == 413


async def test_a_name_is_taken_once_and_its_form_is_fixed(world):
    await made(world)
    again = await world.post(world.manager, "/v1/templates", BODY)
    assert (again.status_code, again.json()["code"]) == (409, "template_exists")
    for name in ("Care", "a..b", "a b", "x" * 65, "../x"):
        refused = await world.post(world.manager, "/v1/templates", {**BODY, "name": name})
        assert refused.json()["errors"][0]["pointer"] == "/name"


async def test_a_variable_that_is_always_there_is_not_declared(world):
    variables = [{"name": "company", "kind": "text", "example": "x"}]
    refused = await world.post(world.manager, "/v1/templates", {**BODY, "variables": variables})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "name_taken")


async def test_a_preview_shows_the_text_and_what_to_look_at(world):
    place = (await made(world)).headers["location"]
    shown = await world.post(world.manager, f"{place}/preview", {"form": "email", "language": "zh"})
    assert shown.json()["subject"] == "中秋节快乐，王芳"
    assert shown.json()["warnings"] == []
    shown = await world.post(world.manager, f"{place}/preview", {"form": "sms", "language": "en"})
    assert shown.json()["warnings"] == ["other_language"]
    long = {"form": "sms", "variables": {"feast": "节" * 80}}
    assert (await world.post(world.manager, f"{place}/preview", long)).json()["warnings"] == [
        "several_messages"
    ]
    refused = await world.post(world.manager, f"{place}/preview", {"form": "sms", "variables": {"feast": 7}})
    assert refused.json()["errors"][0]["pointer"] == "/variables/feast"
    assert (await world.post(world.manager, f"{place}/preview", {"form": "im"})).status_code == 422


async def test_a_whole_document_without_a_way_out_is_warned_of(world):
    mjml = (
        "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    texts = {"en": {"email": {"subject": "x", "mjml": mjml}}}
    place = (await made(world, texts=texts)).headers["location"]
    shown = await world.post(world.manager, f"{place}/preview", {"form": "email", "language": "en"})
    assert shown.json()["warnings"] == ["no_unsubscribe"]


async def test_what_comes_with_tonglu_is_there_once_and_keeps_what_people_wrote(world):
    async with world.database.begin() as tx:
        assert await ship(tx) == 9
    async with world.database.begin() as tx:
        assert await ship(tx) == 0
    listed = (await world.get(world.lin, "/v1/templates?name=care.birthday")).json()["data"][0]
    place = f"/v1/templates/{listed['id']}"
    assert (listed["shipped"], listed["published"]) == (True, 1)
    kept = await world.delete(world.manager, place, **{"If-Match": '"v1"'})
    assert kept.json()["code"] == "template_shipped"
    texts = {"zh": {"sms": {"text": "生日快乐"}}}
    await world.patch(world.manager, place, {"texts": texts}, **{"If-Match": '"v1"'})
    await world.sql("UPDATE message_template SET shipped = 'older'")
    async with world.database.begin() as tx:
        assert await ship(tx) == 8
    assert (await world.get(world.lin, place)).json()["texts"] == {
        "zh": {"sms": {"text": "生日快乐", "provider_parameters": []}}
    }


async def test_sales_read_templates_and_managers_write_them(world):
    place = (await made(world)).headers["location"]
    assert (await world.get(world.lin, place)).status_code == 200
    for refused in (
        await world.post(world.lin, "/v1/templates", BODY),
        await world.patch(world.lin, place, {"description": "x"}, **{"If-Match": '"v1"'}),
        await world.post(world.lin, f"{place}/publish"),
    ):
        assert refused.status_code == 403
