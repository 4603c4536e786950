"""Tests of senders and templates: who gets them, what is answered and noted, and what they never do."""

import asyncio
import json
from email import message_from_string, policy
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from notify_svc.messages import lanes
from notify_svc.messages.addresses import hash_of
from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders.domain import Later, Outgoing, Refused
from notify_svc.senders.mail import Server
from notify_svc.test_sends import domain
from shared.http.guard import trusted_of
from shared.problems import Unavailable
from shared.testing.talking import eventually

from .messaging import ADMIN, ROBOTS, Mailbox, free_port, smtp
from .vendors import Clouds, Robots

OWN = "admin@example.com"
CLOUDS = {
    "sms_aliyun": ({"access_key_id": "LTAIexample", "sign_name": "通路"}, {"access_key_secret": "s"}),
    "sms_tencent": (
        {"secret_id": "LTAIexample", "sdk_app_id": "1400", "sign_name": "通路"},
        {"secret_key": "s"},
    ),
}


def me(house, who=ADMIN, email=OWN):
    house.people[Ref("staff", who.id)] = Person(
        id=who.id, kind="staff", customer_id=None, name="李伟", email=email, phone=None
    )


async def tried(house, sender, body=None, **headers):
    return await house.world.post(ADMIN, f"/v1/senders/{sender['id']}/test", body, **headers)


async def template_id(house):
    page = await house.world.get(house.world.manager, "/v1/templates?name=note")
    return page.json()["data"][0]["id"]


async def tried_template(house, body=None, **headers):
    me(house, house.world.manager, "manager@example.com")
    place = f"/v1/templates/{await template_id(house)}/test"
    return await house.world.post(house.world.manager, place, body, **headers)


async def logged(house, answer):
    return (await house.world.get(ADMIN, answer.headers["location"])).json()


async def test_a_mail_sender_is_tested_with_a_mail_to_whoever_asks(house, mail):
    me(house)
    sender = await house.sender("smtp", smtp(mail), {"password": "secret"}, active=False)
    answer = await tried(house, sender)
    said = answer.json()
    assert (answer.status_code, said["outcome"], said["reason"]) == (201, "sent", None), answer.text
    assert (said["channel"], said["sender_id"]) == ("email", sender["id"])
    assert said["duration_ms"] > 0
    [(_, to, raw)] = mail.taken
    assert to == [OWN]
    assert f"Message-ID: <msg-{said['message_id']}@example.com>" in raw
    log = await logged(house, answer)
    assert (log["state"], log["source"], log["source_id"]) == ("sent", "test", sender["id"])
    assert (log["recipient_kind"], log["recipient_id"]) == ("staff", str(ADMIN.id))
    assert [(each["outcome"], each["reason"]) for each in log["log"]] == [("sent", None)]
    assert OWN not in json.dumps([said, log])
    assert OWN not in json.dumps(await house.log(), default=str)


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_robot_is_tested_in_its_group(house, kind):
    house.sink.reply = robots = Robots()
    sender = await house.sender(kind, {"endpoint": house.sink.url}, ROBOTS[kind][1])
    assert (await tried(house, sender)).json()["outcome"] == "sent"
    assert "测试消息" in json.dumps(robots.taken, ensure_ascii=False)
    refused = await tried(house, sender, {"to": "WangFang"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to")
    assert len(robots.taken) == 1


@pytest.mark.parametrize("kind", CLOUDS)
async def test_sms_are_tested_by_an_approved_template_to_a_number_that_is_given(house, kind):
    house.sink.reply = clouds = Clouds(secret="s")
    config, secrets = CLOUDS[kind]
    sender = await house.sender(kind, {**config, "endpoint": house.sink.url}, secrets)
    me(house)
    whole = {"to": "+8613800138000", "provider_template": "SMS_9", "provider_parameters": {"name": "李伟"}}
    for body, pointer in (
        ({"to": "+8613800138000"}, "/provider_template"),
        ({"provider_template": "SMS_9"}, "/to"),
        ({**whole, "to": "13800138000"}, "/to"),
    ):
        refused = await tried(house, sender, body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert clouds.taken == []
    answer = await tried(house, sender, whole)
    assert answer.json()["outcome"] == "sent"
    assert "SMS_9" in json.dumps(clouds.taken)
    assert "13800138000" not in json.dumps([answer.json(), await house.log()], default=str)


async def test_a_member_of_an_app_is_named(house):
    house.sink.reply = robots = Robots()
    config = {"endpoint": house.sink.url, "corp_id": "corp", "agent_id": 7}
    sender = await house.sender("wecom_app", config, {"secret": "corp-secret"})
    me(house)
    refused = await tried(house, sender)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_address")
    assert (await tried(house, sender, {"to": "LiWei"})).json()["outcome"] == "sent"
    assert [each["touser"] for each in robots.taken] == ["LiWei"]


async def test_what_the_other_side_refuses_and_what_may_work_later_are_told_apart(house, mail):
    me(house)
    sender = await house.sender("smtp", smtp(mail), {"password": "wrong"})
    said = (await tried(house, sender)).json()
    assert (said["outcome"], said["reason"]) == ("refused", "login_refused")
    await house.world.patch(ADMIN, f"/v1/senders/{sender['id']}", {"secrets": {"password": "secret"}})
    mail.code = "450 mailbox busy"
    answer = await tried(house, sender)
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("later", "smtp_450")
    log = await logged(house, answer)
    assert (log["state"], log["reason"], log["attempts"]) == ("failed", "smtp_450", 1)
    assert (log["log"][0]["outcome"], log["log"][0]["duration_ms"]) == ("later", answer.json()["duration_ms"])
    again = await house.world.post(ADMIN, f"{answer.headers['location']}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "message_is_test")
    await house.sent()
    assert mail.taken == [], "no worker sends a test again"


async def test_a_server_that_offers_no_tls_or_no_login_is_told_as_such(house):
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        config = {"host": "localhost", "port": controller.port, "from_address": "a@example.com"}
        out = Outgoing("msg-1", "b@example.com", "x")
        near = trusted_of([f"localhost:{controller.port}"])
        found = await Server(config, {}, trusted=near).send(out, envelope_from="a@example.com")
        assert found == Later("tls_not_offered")
        plain = {**config, "tls": "none"}
        let_in = {**plain, "username": "crm"}
        found = await Server(let_in, {"password": "x"}, trusted=near).send(out, envelope_from="a@example.com")
        assert found == Later("login_not_offered")
        found = await Server(plain, {}).send(out, envelope_from="a@example.com")
        assert found == Refused("address_not_public"), "a name that leads here is no mail server"
        assert box.taken == []
    finally:
        controller.stop()


async def test_a_test_takes_no_longer_than_a_request_may(house, monkeypatch):
    monkeypatch.setattr(domain, "SECONDS", 0.3)

    hung_up = asyncio.Event()

    async def silent(_reader, writer):
        await hung_up.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    house.trust(f"127.0.0.1:{port}")
    config = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "a@example.com"}
    sender = await house.sender("smtp", config)
    said = (await tried(house, sender, {"to": "b@example.com"})).json()
    assert (said["outcome"], said["reason"]) == ("later", "timeout")
    hung_up.set()
    server.close()


async def test_a_test_counts_in_the_senders_minute_and_waits_for_nobody_forever(house):
    house.sink.reply = robots = Robots()
    sender = await house.sender(
        "wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"}, per_minute=2
    )
    for _ in range(2):
        assert (await tried(house, sender)).json()["outcome"] == "sent"
    over = await tried(house, sender)
    assert (over.status_code, over.json()["code"]) == (429, "sender_rate")
    assert 0 < int(over.headers["retry-after"]) <= 60
    assert len(robots.taken) == 2
    await house.ask(None, channels=("wecom",))
    assert (await house.sent())[-1]["state"] == "pending", "workers count tests, too"
    await house.hasten()
    await house.ask(None, channels=("wecom",))
    async with house.world.database.begin() as tx:
        await lanes.prepare_lanes(tx, 1)
    held = await tried(house, sender)
    assert (held.status_code, held.json()["code"]) == (409, "sender_busy")
    await house.hasten()
    assert {each["state"] for each in await house.sent()} == {"sent"}
    assert len(robots.taken) == 4


async def test_a_sender_that_works_again_rests_no_more(house):
    house.sink.reply = robots = Robots(down=True)
    sender = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    await house.ask(None, channels=("wecom",))
    await house.sent()
    assert (await tried(house, sender)).json()["reason"] == "http_503"
    [lane] = await house.world.sql("SELECT * FROM message_sender_lane")
    assert (lane["failures"], lane["lease_until"], lane["rest_until"] is None) == (1, None, False)
    robots.down = False
    assert (await tried(house, sender)).json()["outcome"] == "sent"
    [lane] = await house.world.sql("SELECT *, rest_until <= now() AS over FROM message_sender_lane")
    assert (lane["failures"], lane["lease_until"], lane["over"]) == (0, None, True)


async def test_the_same_key_is_the_same_test(house, mail):
    me(house)
    sender = await house.sender("smtp", smtp(mail), {"password": "secret"})
    key = {"Idempotency-Key": "once"}
    first = await tried(house, sender, **key)
    again = await tried(house, sender, **key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert again.headers["location"] == first.headers["location"]
    other = await tried(house, sender, {"to": "b@example.com"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(mail.taken) == len(await house.log()) == 1


async def test_twins_of_one_key_send_one_message(house):
    gate, robots = asyncio.Event(), Robots()

    async def reply(posted, writer):
        await gate.wait()
        await robots(posted, writer)

    house.sink.reply = reply
    sender = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    key = {"Idempotency-Key": "twins"}
    first = asyncio.create_task(tried(house, sender, **key))

    async def under_way():
        return len(house.sink.seen) == 1

    await eventually(under_way)
    twin = await tried(house, sender, **key)
    assert (twin.status_code, twin.json()["code"]) in {(409, "request_in_progress"), (409, "sender_busy")}
    gate.set()
    assert (await first).json()["outcome"] == "sent"
    assert (await tried(house, sender, **key)).json() == (await first).json()
    assert len(robots.taken) == 1


async def test_a_test_that_was_broken_off_is_told_as_one_whose_outcome_nobody_knows(house, monkeypatch):
    async def dies(*_):
        raise Unavailable("x", en="x", zh="x")

    tester = house.world.service.asgi._carried["tester"]
    sender = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    with monkeypatch.context() as broken:
        broken.setattr(tester, "_send", dies)
        assert (await tried(house, sender, **{"Idempotency-Key": "dies"})).status_code == 503
    [message] = await house.log()
    assert (message["state"], message["reason"], message["attempts"]) == ("failed", "interrupted", 1)
    house.sink.reply = Robots()
    await house.hasten()
    busy = await tried(house, sender, **{"Idempotency-Key": "dies"})
    assert (busy.status_code, busy.json()["code"]) == (409, "request_in_progress")
    await house.world.sql("UPDATE message SET updated_at = updated_at - interval '1 minute'")
    assert (await tried(house, sender, **{"Idempotency-Key": "dies"})).json()["outcome"] == "sent"


async def test_a_template_goes_to_whoever_asks_marked_as_a_test_and_not_to_the_customer(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"}, is_default=True)
    customer = await house.person(name="张三", email="customer@example.com")
    texts = {"zh": {"email": {"subject": "草稿 {{ name }}", "mjml": "<mj-text>{{ number }}</mj-text>"}}}
    place = f"/v1/templates/{await template_id(house)}"
    changed = await house.world.patch(house.world.manager, place, {"texts": texts}, **{"If-Match": "*"})
    assert (changed.json()["published"], changed.json()["number"]) == (1, 2)
    body = {"customer_id": str(customer.id), "variables": {"number": 7}}
    answer = await tried_template(house, body)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "sent"), answer.text
    await tried_template(house, {"number": 1, "to": "colleague@example.com"})
    (_, to, draft), (_, other, published) = mail.taken
    assert (to, other) == (["manager@example.com"], ["colleague@example.com"])
    assert "customer@example.com" not in draft + published
    subjects = [mailed_subject(raw) for raw in (draft, published)]
    assert subjects == ["【测试】草稿 张三", "【测试】您好 王芳"]
    assert "List-Unsubscribe" not in draft
    log = await logged(house, answer)
    assert (log["template"], log["template_version"], log["customer_id"]) == ("note", 2, None)
    assert (log["variables"], log["purpose"]) == ({}, "internal")


def mailed_subject(raw):
    return str(message_from_string(raw, policy=policy.default)["Subject"])


async def test_a_template_is_tested_by_the_sender_that_is_named(house):
    house.sink.reply = robots = Robots()
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wrong"}, is_default=True)
    body = {"name": "ours", "kind": "wecom_robot", "config": {"endpoint": house.sink.url}}
    made = await house.world.post(ADMIN, "/v1/senders", {**body, "secrets": {"key": "wecom-key"}})
    asked = {"channel": "wecom", "sender_id": made.json()["id"], "variables": {"number": 3}}
    assert (await tried_template(house, asked)).json()["outcome"] == "sent"
    assert "【测试】标题 3" in json.dumps(robots.taken, ensure_ascii=False)
    assert (await tried_template(house, {"channel": "wecom"})).json()["reason"] == "vendor_93000"


async def test_a_template_that_cannot_be_tested_says_where(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    robot = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    for body, pointer in (
        ({"variables": {"number": "many"}}, "/variables/number"),
        ({"sender_id": robot["id"]}, "/sender_id"),
        ({"sender_id": str(uuid4())}, "/sender_id"),
        ({"to": "nobody"}, "/to"),
        ({"to": "a b@example.com"}, "/to"),
    ):
        refused = await tried_template(house, body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await tried_template(house, {"channel": "feishu"})).json()["code"] == "no_sender"
    assert (await tried_template(house, {"number": 9})).json()["code"] == "version_unknown"
    ghost = await tried_template(house, {"customer_id": str(uuid4())})
    assert ghost.status_code in {404, 503}
    house.away = True
    assert (await tried_template(house)).status_code == 503
    house.away = False
    assert (mail.taken, await house.log()) == ([], [])


async def test_an_address_that_came_back_gets_no_test_either(house, mail):
    me(house)
    sender = await house.sender("smtp", smtp(mail), {"password": "secret"})
    gone = hash_of(house.desk.sealer, "email", OWN)
    await house.world.sql("INSERT INTO suppressed_address VALUES ($1, 'bounced', now())", gone)
    answer = await tried(house, sender)
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("blocked", "bounced")
    assert (await logged(house, answer))["state"] == "blocked"
    assert mail.taken == []


async def test_who_may_not_change_may_not_test(house):
    sender = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    world = house.world
    for who in (world.lin, world.manager):
        assert (await world.post(who, f"/v1/senders/{sender['id']}/test")).status_code == 403
    assert (await world.post(world.lin, f"/v1/templates/{await template_id(house)}/test")).status_code == 403
    assert (await world.post(ADMIN, f"/v1/senders/{uuid4()}/test")).status_code == 404
    assert (await world.post(world.manager, f"/v1/templates/{uuid4()}/test")).status_code == 404
    assert house.sink.seen == []


async def test_a_sender_whose_secrets_cannot_be_opened_says_so(house):
    sender = await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    await house.world.sql("UPDATE message_sender SET secrets = '\\x00'")
    assert (await tried(house, sender)).json()["reason"] == "secrets_unreadable"
