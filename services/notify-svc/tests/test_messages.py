"""Messages from asking to the vendor: each way out, each failure, preferences, digests, bounces, leaving."""

import asyncio
import base64
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from notify_svc.messages import commands, lanes
from notify_svc.messages.dispatcher import Dispatcher
from notify_svc.messages.domain import MessageRequest
from notify_svc.recipients.domain import Ref
from shared.testing.talking import eventually

from .messaging import ADMIN, ROBOTS, smtp
from .vendors import Clouds, Robots


@pytest.mark.parametrize("kind", ROBOTS)
async def test_each_robot_takes_what_is_signed_as_it_asks(house, kind):
    channel, secrets = ROBOTS[kind]
    house.sink.reply = robots = Robots()
    await house.sender(kind, {"endpoint": house.sink.url}, secrets)
    await house.ask(None, channels=(channel,))
    (message,) = await house.sent()
    assert (message["state"], message["reason"]) == ("sent", None)
    assert "内容 1" in json.dumps(robots.taken[0], ensure_ascii=False)


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_robot_with_a_wrong_secret_fails_for_good(house, kind):
    channel, secrets = ROBOTS[kind]
    house.sink.reply = Robots()
    wrong = dict.fromkeys(secrets, "wrong")
    await house.sender(kind, {"endpoint": house.sink.url}, wrong)
    await house.ask(None, channels=(channel,))
    (message,) = await house.sent()
    assert message["state"] == "failed"
    assert message["reason"].startswith("vendor_")


@pytest.mark.parametrize("kind", ROBOTS)
async def test_what_is_over_a_robots_minute_is_put_together_into_one(house, kind):
    channel, secrets = ROBOTS[kind]
    house.sink.reply = robots = Robots()
    await house.sender(kind, {"endpoint": house.sink.url}, secrets)
    for number in range(30):
        await house.ask(None, channels=(channel,), number=number)
    log = await house.sent()
    assert len(robots.taken) == 20
    assert robots.refused == []
    states = [each["state"] for each in log]
    assert (states.count("sent"), states.count("digested")) == (20, 10)
    carrier = {each["digest_id"] for each in log if each["state"] == "digested"}
    assert len(carrier) == 1
    last = json.dumps(robots.taken[-1], ensure_ascii=False)
    assert all(f"标题 {number}" in last for number in range(19, 30))


async def test_a_sender_that_is_down_loses_nothing(house):
    house.sink.reply = robots = Robots(down=True)
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    await house.ask(None, channels=("wecom",))
    for tries in range(1, 4):
        (message,) = await house.sent()
        assert (message["state"], message["reason"], message["attempts"]) == ("pending", "http_503", tries)
        assert message["not_before"] > house.world.database.now()
        await house.hasten()
    robots.down = False
    (message,) = await house.sent()
    assert (message["state"], message["attempts"], len(robots.taken)) == ("sent", 4, 1)


async def test_a_wecom_app_gets_a_token_once_and_another_when_it_is_over(house):
    house.sink.reply = robots = Robots()
    config = {"endpoint": house.sink.url, "corp_id": "corp", "agent_id": 7}
    await house.sender("wecom_app", config, {"secret": "corp-secret"})
    ref = await house.person(identities={"wecom": "WangFang"})
    for _ in range(2):
        await house.ask(ref, channels=("wecom",))
    await house.sent()
    assert robots.tokens_given == 1
    assert [each["touser"] for each in robots.taken] == ["WangFang", "WangFang"]
    robots.token_good = "another"
    await house.ask(ref, channels=("wecom",))
    assert (await house.sent())[-1]["reason"] == "vendor_42001"
    await house.hasten()
    assert (await house.sent())[-1]["state"] == "sent"
    assert robots.tokens_given == 2


@pytest.mark.parametrize(
    ("kind", "config", "secrets"),
    [
        ("sms_aliyun", {"access_key_id": "LTAIexample", "sign_name": "通路"}, {"access_key_secret": "s"}),
        (
            "sms_tencent",
            {"secret_id": "LTAIexample", "sdk_app_id": "1400", "sign_name": "通路"},
            {"secret_key": "s"},
        ),
    ],
)
async def test_sms_leave_signed_and_the_providers_codes_are_told_apart(house, kind, config, secrets):
    house.sink.reply = clouds = Clouds(secret="s")
    await house.sender(kind, {**config, "endpoint": house.sink.url}, secrets)
    ref = await house.person()
    await house.ask(ref, channels=("sms",))
    (message,) = await house.sent()
    assert (message["state"], message["provider_id"]) == (
        "sent",
        {"sms_aliyun": "biz-1"}.get(kind, "serial-1"),
    )
    told = json.dumps(clouds.taken[0], ensure_ascii=False)
    assert "13800138000" in told
    assert "SMS_1" in told
    assert "王芳" in told
    clouds.say = {"sms_aliyun": "isv.BUSINESS_LIMIT_CONTROL"}.get(kind, "LimitExceeded.PhoneNumberDailyLimit")
    await house.ask(ref, channels=("sms",))
    assert (await house.sent())[-1]["state"] == "pending"
    await house.hasten()
    clouds.say = {"sms_aliyun": "isv.SMS_TEMPLATE_ILLEGAL"}.get(
        kind, "FailedOperation.TemplateIncorrectOrUnapproved"
    )
    assert (await house.sent())[-1]["state"] == "failed"


async def test_mail_leaves_by_starttls_with_a_password_as_html_and_text(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    ref = await house.person()
    (message_id,) = await house.ask(ref, purpose="care")
    (message,) = await house.sent()
    assert (message["state"], message["reason"]) == ("sent", None)
    sender, to, raw = mail.taken[0]
    assert to == ["wang@example.com"]
    assert sender.startswith("b+")
    assert sender.endswith("@bounce.example.com")
    assert f"Message-ID: <msg-{message_id}@example.com>" in raw
    assert "multipart/alternative" in raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert "List-Unsubscribe: <https://crm.example.com/v1/unsubscribe/" in raw.replace("\r\n ", " ")
    assert "wang@example.com" not in json.dumps(message, default=str)


@pytest.mark.parametrize(("hang_up", "most"), [(False, 4), (True, 12)])
async def test_mails_of_one_batch_share_connections_as_long_as_the_server_keeps_them(
    house, mail, hang_up, most
):
    mail.hang_up = hang_up
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    for _ in range(12):
        await house.ask(await house.person())
    log = await house.sent()
    assert {(each["state"], each["attempts"]) for each in log} == {("sent", 1)}
    assert len(mail.taken) == 12
    assert len(set(mail.peers)) <= most


async def test_what_an_owed_mail_says_has_no_link_to_leave(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    await house.ask(await house.person(), purpose="service")
    await house.sent()
    assert "List-Unsubscribe" not in mail.taken[0][2]


async def test_a_mail_server_says_later_or_never_and_an_address_that_is_none_is_not_asked_again(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    ref = await house.person()
    mail.code = "450 mailbox busy"
    await house.ask(ref)
    (message,) = await house.sent()
    assert (message["state"], message["reason"]) == ("pending", "smtp_450")
    await house.hasten()
    mail.code = "550 no such user"
    (message,) = await house.sent()
    assert (message["state"], message["reason"]) == ("failed", "smtp_550")


async def test_an_outcome_that_nobody_knows_is_tried_again_under_the_same_message_id(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    mail.drop = True
    await house.ask(await house.person())
    (message,) = await house.sent()
    assert message["state"] == "pending"
    mail.drop = False
    await house.hasten()
    (message,) = await house.sent()
    assert (message["state"], message["attempts"]) == ("sent", 2)
    ids = {line for _, _, raw in mail.taken for line in raw.splitlines() if line.startswith("Message-ID")}
    assert (len(mail.taken), len(ids)) == (2, 1)


@pytest.mark.parametrize(
    ("config", "secrets", "reason"),
    [
        ({}, {"password": "wrong"}, "login_refused"),
        ({"host": "127.0.0.1"}, {"password": "secret"}, "certificate_invalid"),
    ],
)
async def test_a_sender_that_is_set_up_wrongly_keeps_its_messages(house, mail, config, secrets, reason):
    house.trust(f"127.0.0.1:{mail.port}", f"localhost:{mail.port}")
    await house.sender("smtp", smtp(mail, **config), secrets)
    await house.ask(await house.person())
    (message,) = await house.sent()
    assert (message["state"], message["reason"]) == ("pending", reason)
    assert mail.taken == []


def report(raw):
    return {"message": base64.b64encode(raw.encode()).decode()}


async def test_a_bounce_ends_the_message_and_nothing_more_goes_there(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    ref = await house.person()
    await house.ask(ref)
    await house.sent()
    back = mail.taken[0][0]
    raw = (
        f"From: MAILER-DAEMON@mx.example.com\r\nTo: {back}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; x@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    async with house.world.client(house.world.manager) as client:
        for expected in (1, 0):
            told = await client.post("/v1/messages/bounces", json=report(raw))
            assert told.json() == {"noted": expected}, told.text
        forged = raw.replace(back[2:20], "0" * 18)
        told = await client.post("/v1/messages/bounces", json=report(forged))
        assert told.json() == {"noted": 0}
    await house.ask(ref)
    log = await house.sent()
    assert [(each["state"], each["reason"]) for each in log] == [
        ("bounced", "bounced_5.1.1"),
        ("blocked", "bounced"),
    ]


async def test_one_click_ends_what_the_link_is_about_and_nothing_else(house, mail):
    await house.sender("smtp", smtp(mail), {"password": "secret"})
    ref = await house.person()
    await house.ask(ref, purpose="care")
    await house.sent()
    raw = mail.taken[0][2].replace("\r\n ", " ")
    link = raw.partition("List-Unsubscribe: <https://crm.example.com")[2].partition(">")[0].replace(" ", "")
    page = await house.world.get(None, link)
    assert (page.status_code, "退订" in page.text) == (200, True)
    await house.ask(ref, purpose="care")
    assert (await house.sent())[-1]["state"] == "sent"
    for _ in range(2):
        async with house.world.client(None) as client:
            done = await client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, "已退订" in done.text) == (200, True)
    await house.ask(ref, purpose="care")
    await house.ask(ref, purpose="service")
    log = await house.sent()
    assert [(each["state"], each["reason"]) for each in log[-2:]] == [
        ("blocked", "consent_withdrawn"),
        ("sent", None),
    ]
    consents = await house.world.sql("SELECT state, source FROM consent_record")
    assert [tuple(each) for each in consents] == [("withdrawn", "link")]
    for forged in ("x", link[-20:], link[:-4] + "AAAA"):
        place = forged if forged.startswith("/") else f"/v1/unsubscribe/{forged}"
        assert (await house.world.get(None, place)).json()["code"] == "not_found"
        page = await house.world.get(None, place, Accept="text/html")
        assert (page.status_code, "无法退订" in page.text) == (404, True)


async def test_the_next_channel_is_taken_where_there_is_no_address(house):
    house.sink.reply = clouds = Clouds(secret="s")
    config = {"access_key_id": "LTAIexample", "sign_name": "通路", "endpoint": house.sink.url}
    await house.sender("sms_aliyun", config, {"access_key_secret": "s"})
    await house.sender("smtp", {"host": "mail.example.com", "from_address": "a@example.com", "tls": "none"})
    ref = await house.person(email=None)
    await house.ask(ref, channels=("email", "sms"))
    (message,) = await house.sent()
    assert (message["state"], message["channel"], len(clouds.taken)) == ("sent", "sms", 1)
    nobody = await house.person(email=None, phone=None)
    await house.ask(nobody, channels=("email", "sms"))
    assert (await house.sent())[-1]["reason"] == "no_address"
    await house.ask(Ref("customer", await house.world.customer()), channels=("sms",))
    assert (await house.sent())[-1]["reason"] == "recipient_gone"


async def test_the_same_key_is_the_same_message(house):
    house.sink.reply = robots = Robots()
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    first = await house.ask(None, channels=("wecom",), key="once")
    assert await house.ask(None, channels=("wecom",), key="once") == first
    await house.sent()
    assert await house.ask(None, channels=("wecom",), key="once") == first
    assert len(await house.sent()) == len(robots.taken) == 1


async def test_messages_wait_for_a_sender_and_for_those_who_know_the_people(house):
    house.sink.reply = Clouds(secret="s")
    ref = await house.person()
    await house.ask(ref, channels=("sms",))
    (message,) = await house.sent()
    assert (message["state"], message["sender_id"]) == ("pending", None)
    config = {"access_key_id": "LTAIexample", "sign_name": "通路", "endpoint": house.sink.url}
    await house.sender("sms_aliyun", config, {"access_key_secret": "s"})
    house.away = True
    assert (await house.sent())[0]["state"] == "pending"
    house.away = False
    await house.hasten()
    assert (await house.sent())[0]["state"] == "sent"


async def test_what_has_no_text_or_is_over_ends_with_the_reason(house):
    house.sink.reply = Robots()
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    past = house.world.database.now() - timedelta(seconds=1)
    await house.ask(None, channels=("wecom",), expires_at=past)
    await house.world.sql("UPDATE message_template SET name = 'other'")
    await house.ask(None, channels=("wecom",))
    log = await house.sent()
    assert [(each["state"], each["reason"]) for each in log] == [
        ("expired", "expired"),
        ("failed", "template_unknown"),
    ]


async def test_a_slow_sender_delays_no_other(house):
    """The slow one hangs until the quick one has sent everything."""
    gate, robots = asyncio.Event(), Robots()

    async def reply(posted, writer):
        if "/robot/send" in posted.target:
            await gate.wait()
        await robots(posted, writer)

    house.sink.reply = reply
    await house.sender(
        "dingtalk_robot", {"endpoint": house.sink.url}, {"access_token": "ding-token", "secret": "SECding"}
    )
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    for _ in range(3):
        await house.ask(None, channels=("dingtalk",))
        await house.ask(None, channels=("wecom",))
    sending = asyncio.create_task(house.dispatcher.send_until_quiet())

    async def all_sent():
        return [each["state"] for each in await house.log() if each["channel"] == "wecom"] == ["sent"] * 3

    await eventually(all_sent)
    assert {each["state"] for each in await house.log() if each["channel"] == "dingtalk"} == {"pending"}
    gate.set()
    await sending
    assert {each["state"] for each in await house.log()} == {"sent"}


async def test_a_sender_stays_in_hand_however_slow_the_other_side_is(house):
    robots = Robots()

    async def slow(posted, writer):
        await asyncio.sleep(0.4)
        await robots(posted, writer)

    house.sink.reply = slow
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    for number in range(4):
        await house.ask(None, channels=("wecom",), number=number)
    workers = [Dispatcher(house.world.database, house.desk, lease=timedelta(seconds=0.3)) for _ in range(2)]

    async def work(worker):
        while {each["state"] for each in await house.log()} != {"sent"}:
            await worker.send_until_quiet()
            await asyncio.sleep(0.05)

    await asyncio.gather(*map(work, workers))
    assert len(robots.taken) == 4, "one batch took longer than five leases, and nobody else sent it, too"


async def test_a_worker_that_lost_its_sender_writes_nothing(house):
    house.sink.reply = Robots()
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    await house.ask(None, channels=("wecom",))
    async with house.world.database.begin() as tx:
        (lane,) = await lanes.prepare_lanes(tx, 1)
    await house.world.sql("UPDATE message_sender_lane SET fence = fence + 1")
    with pytest.raises(lanes.LaneLost):
        await house.dispatcher._batch(lane)
    assert (await house.log())[0]["state"] == "pending"


async def test_the_log_shows_attempts_and_what_failed_is_sent_again(house):
    house.sink.reply = robots = Robots(key="another")
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    (message_id,) = await house.ask(None, channels=("wecom",))
    await house.sent()
    place = f"/v1/messages/{message_id}"
    read = (await house.world.get(house.world.manager, place)).json()
    assert [(each["number"], each["outcome"], each["reason"]) for each in read["log"]] == [
        (1, "refused", "vendor_93000")
    ]
    robots.key = "wecom-key"
    again = await house.world.post(house.world.manager, f"{place}/retry")
    assert again.json()["state"] == "pending"
    await house.sent()
    assert (await house.world.get(house.world.manager, place)).json()["state"] == "sent"
    assert (await house.world.post(house.world.manager, f"{place}/retry")).json()[
        "code"
    ] == "message_not_failed"
    assert (await house.world.post(house.world.manager, f"{place}/cancel")).json()["code"] == "message_closed"
    (waiting,) = await house.ask(None, channels=("sms",))
    cancelled = await house.world.post(house.world.manager, f"/v1/messages/{waiting}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert (await house.world.post(house.world.lin, f"{place}/retry")).status_code == 403


@pytest.mark.parametrize(
    ("kind", "config", "secrets", "pointer"),
    [
        ("smtp", {"from_address": "a@example.com"}, {}, "/config/host"),
        ("smtp", {"host": "127.0.0.1", "from_address": "a@example.com"}, {}, "/config/host"),
        ("smtp", {"host": "169.254.169.254", "from_address": "a@example.com"}, {}, "/config/host"),
        ("wecom_robot", {"endpoint": "https://evil.example.com"}, {"key": "x"}, "/config/endpoint"),
        ("wecom_robot", {"endpoint": "http://127.0.0.1:9"}, {"key": "x"}, "/config/endpoint"),
        ("webhook", {"url": "https://169.254.169.254/latest"}, {"secret": "whsec_eA=="}, "/config/url"),
        ("webhook", {"url": "http://example.com"}, {"secret": "whsec_eA=="}, "/config/url"),
        ("wecom_robot", {"surprise": 1}, {"key": "x"}, "/config/surprise"),
        ("wecom_robot", {}, {}, ""),
        ("feishu_robot", {}, {"hook": "x", "token": "y"}, ""),
    ],
)
async def test_a_sender_that_leads_nowhere_good_is_refused_at_its_place(
    house, kind, config, secrets, pointer
):
    body = {"name": "x", "kind": kind, "config": config, "secrets": secrets}
    refused = await house.world.post(ADMIN, "/v1/senders", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_secrets_go_in_and_never_out(house):
    made = await house.sender("dingtalk_robot", {}, {"access_token": "ding-token", "secret": "SECding"})
    place = f"/v1/senders/{made['id']}"
    for answer in (
        made,
        (await house.world.get(ADMIN, place)).json(),
        (await house.world.get(ADMIN, "/v1/senders")).json(),
    ):
        assert "ding-token" not in json.dumps(answer)
    assert made["has_secrets"] == ["access_token", "secret"]
    changed = await house.world.patch(ADMIN, place, {"secrets": {"access_token": "other"}, "per_minute": 500})
    assert (changed.json()["has_secrets"], changed.json()["per_minute"]) == (["access_token"], 20)
    stored = await house.world.sql("SELECT secrets FROM message_sender")
    assert b"other" not in stored[0]["secrets"]
    assert (await house.world.get(house.world.lin, place)).status_code == 403
    assert (await house.world.delete(ADMIN, place)).status_code == 204


def wanted(key, number):
    return MessageRequest(
        purpose="service",
        channels=("sms", "email"),
        recipient=None,
        template="note",
        variables={"number": number},
        source="api",
        source_id=uuid4(),
        dedup_key=key,
    )


async def test_many_are_asked_for_at_once_and_each_gets_its_id_in_order(house):
    async def asked(*keys):
        async with house.world.database.begin() as tx:
            return await commands.request(tx, [wanted(key, place) for place, key in enumerate(keys)])

    assert await asked() == []
    c, a, again, b = await asked("c", "a", "c", "b")
    assert (c == again, len({a, b, c})) == (True, 3)
    assert (await asked("b", "d", "a"))[::2] == [b, a]
    rows = {row["id"]: row for row in await house.log()}
    assert len(rows) == 4
    first = rows[c]
    assert (first["dedup_key"], first["variables"], first["channels"]) == (
        "c",
        {"number": 0},
        ["sms", "email"],
    )
    assert (first["channel"], first["state"], first["attempts"], first["version"]) == ("sms", "pending", 0, 1)


async def test_those_who_ask_for_the_same_messages_at_once_wait_in_no_ring(house):
    keys = [str(number) for number in range(50)]

    async def asked(order):
        async with house.world.database.begin() as tx:
            requests = [wanted(key, 0) for key in order]
            return dict(zip(order, await commands.request(tx, requests), strict=True))

    found = await asyncio.gather(*(asked(order) for order in (keys, keys[::-1]) * 4))
    assert all(each == found[0] for each in found)
    assert len(await house.log()) == len(keys)
