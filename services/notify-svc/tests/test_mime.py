"""Mails are read by others as they were meant: compared with what Python's own parser makes of them."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.senders.domain import Outgoing, Refused
from notify_svc.senders.mail import Server
from notify_svc.senders.mime import composed

CONFIG = {"from_address": "crm@example.com", "from_name": "海纳商贸", "reply_to": "help@example.com"}
LINK = "https://crm.example.com/v1/unsubscribe/" + "a" * 300


def out(**more):
    said = {"message_id": "msg-1", "to": "wang@example.com", "text": "您好", "subject": "您好", **more}
    return Outgoing(**said)


def read(raw):
    found = message_from_bytes(raw, policy=policy.default)
    assert not found.defects
    assert all(not part.defects for part in found.walk())
    return found


def test_a_mail_has_all_that_mail_programs_ask_for():
    html = "<!doctype html><p>您好，王芳</p>" + "长" * 2000
    headers = {"List-Unsubscribe": f"<{LINK}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    raw = composed(CONFIG, out(html=html, headers=headers))
    mail = read(raw)
    assert mail["From"].addresses[0].display_name == "海纳商贸"
    assert mail["From"].addresses[0].addr_spec == "crm@example.com"
    assert (str(mail["To"]), str(mail["Reply-To"])) == ("wang@example.com", "help@example.com")
    assert (str(mail["Subject"]), mail["Message-ID"]) == ("您好", "<msg-1@example.com>")
    assert mail["Date"].datetime.tzinfo is not None
    assert (mail["Auto-Submitted"], mail["MIME-Version"]) == ("auto-generated", "1.0")
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in raw, "a link is never folded or encoded"
    assert mail.get_content_type() == "multipart/alternative"
    plain, rich = mail.iter_parts()
    assert (plain.get_content_type(), plain.get_content().rstrip("\n")) == ("text/plain", "您好")
    assert (rich.get_content_type(), rich.get_content().rstrip("\n")) == ("text/html", html)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(max_size=300), st.text(max_size=3000), st.text(max_size=60))
def test_whatever_is_said_is_read_the_same_or_refused(subject, text, name):
    try:
        raw = composed({**CONFIG, "from_name": name}, out(subject=subject, text=text))
    except ValueError:
        said = subject + name
        assert any(
            ord(letter) < 32 or ord(letter) == 127 or "\ud800" <= letter <= "\udfff" for letter in said + text
        )
        return
    mail = read(raw)
    assert str(mail["Subject"]).split() == subject.split()
    assert mail["From"].addresses[0].addr_spec == "crm@example.com"
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    assert mail.get_content().replace("\r\n", "\n").removesuffix("\n") == ended.removesuffix("\n")
    assert raw.isascii()


@pytest.mark.parametrize("wrong", ["a\r\nBcc: x@example.com", "a\nBcc: x", "a\rb", "a\x00b"])
def test_what_would_add_a_header_is_no_header(wrong):
    for config, message in (
        (CONFIG, out(subject=wrong)),
        ({**CONFIG, "from_name": wrong}, out()),
        (CONFIG, out(headers={"List-Unsubscribe": wrong})),
    ):
        with pytest.raises(ValueError, match=r"header|CR or LF"):
            composed(config, message)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "x",
        "@example.com",
        "a@",
        "a@b@c",
        "a b@example.com",
        "王@example.com",
        "a@example.com\r\nBcc: b@c.de",
        "<a@b.de>",
    ],
)
async def test_an_address_that_is_none_is_not_sent_to(to):
    config = {**CONFIG, "host": "mail.invalid", "port": 25}
    assert await Server(config, {}).send(out(to=to), envelope_from="a@b.de") == Refused(
        "address_invalid", address=True
    )


def test_a_name_in_another_script_is_written_as_the_net_knows_it():
    assert str(read(composed(CONFIG, out(to="a@例え.jp")))["To"]) == "a@xn--r8jz45g.jp"


def test_no_line_is_longer_than_mail_servers_take():
    raw = composed(CONFIG, out(text="x" * 5000, html="<p>" + "y" * 5000 + "</p>", subject="z" * 1500))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
