"""What tests of messages share: a desk with people of its own, a mail server, and who asks."""

import socket
from dataclasses import replace
from uuid import uuid4

from notify_svc.messages import commands
from notify_svc.messages.desk import Desk
from notify_svc.messages.dispatcher import Dispatcher
from notify_svc.messages.domain import MessageRequest
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.preferences import commands as preferences
from notify_svc.recipients.domain import Person, Ref
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import render
from notify_svc.test_sends.tester import Tester
from shared.http.guard import trusted_of
from shared.http.outward import Outward
from shared.problems import Unavailable
from shared.testing import staff

ADMIN = staff("admin")


OPEN = "UPDATE contact_policy SET quiet_hours = NULL, send_windows = '{}', caps = '[]', needs_consent = '{}'"
SOME_POLICY = (
    "INSERT INTO contact_policy VALUES (1, '{}', NULL, '{}', '[]', '[]', 'Asia/Shanghai', 1, now()) "
    "ON CONFLICT (id) DO NOTHING"
)


class House:
    """The service, a desk of its own, and people to be reached."""

    def __init__(self, world, places):
        self.world = world
        self.people = {}
        self.away = False
        sealer = world.service.sealer
        self.desk = Desk(
            find=self._find,
            judge=preferences.judge,
            texts=templates.published,
            render=render,
            links=UnsubscribeLinks(sealer, "https://crm.example.com"),
            sealer=sealer,
            outward=Outward(),
            trusted=trusted_of(places),
            now=world.database.now,
            chance=lambda: 0.5,
        )
        self.use()

    def use(self, **changes):
        """Have workers and tests use the desk, with these changes."""
        self.desk = replace(self.desk, **changes)
        self.dispatcher = Dispatcher(self.world.database, self.desk)
        carried = self.world.service.asgi._carried
        carried |= {"sender_trusted": self.desk.trusted, "tester": Tester(self.world.database, self.desk)}

    def trust(self, *places, **changes):
        """Senders may lead to these places; `changes` are the desk's."""
        self.use(trusted=self.desk.trusted | trusted_of(places), **changes)

    async def _find(self, refs):
        if self.away:
            raise Unavailable("x", en="x", zh="x")
        return {ref: self.people[ref] for ref in refs if ref in self.people}

    async def person(self, **fields):
        customer = await self.world.customer()
        ref = Ref("customer", customer)
        known = {"name": "王芳", "email": "wang@example.com", "phone": "+8613800138000", **fields}
        self.people[ref] = Person(id=customer, kind="customer", customer_id=customer, **known)
        return ref

    async def template(self, name="note", **texts):
        said = {
            "email": {"subject": "您好 {{ name }}", "mjml": "<mj-text>{{ name }}，您好</mj-text>"},
            "sms": {"text": "您好", "provider_template": "SMS_1", "provider_parameters": ["name"]},
            "im": {"title": "标题 {{ number }}", "markdown": "内容 {{ number }}"},
            **texts,
        }
        variables = [{"name": "number", "kind": "number", "required": False, "example": 1}]
        body = {"name": name, "variables": variables, "texts": {"zh": said}}
        made = (await self.world.post(self.world.manager, "/v1/templates", body)).json()
        await self.world.post(self.world.manager, f"/v1/templates/{made['id']}/publish")

    async def sender(self, kind, config=None, secrets=None, **fields):
        body = {"name": kind, "kind": kind, "config": config or {}, "secrets": secrets or {}, **fields}
        made = await self.world.post(ADMIN, "/v1/senders", body)
        assert made.status_code == 201, made.text
        return made.json()

    async def ask(self, ref, *, channels=("email",), purpose="service", number=1, key=None, **fields):
        request = MessageRequest(
            purpose=purpose,
            channels=channels,
            recipient=ref,
            template="note",
            variables={"number": number},
            source="api",
            source_id=uuid4(),
            dedup_key=key or str(uuid4()),
            customer_id=ref.id if ref is not None and ref.kind == "customer" else None,
            **fields,
        )
        async with self.world.database.begin() as tx:
            return await commands.request(tx, [request])

    async def sent(self):
        """Send what is due, and how every message stands."""
        await self.dispatcher.send_until_quiet()
        return await self.log()

    async def log(self):
        rows = await self.world.sql("SELECT * FROM message ORDER BY created_at, id")
        return [dict(row) for row in rows]

    async def hasten(self):
        """Let waits and rests be over."""
        await self.world.sql("UPDATE message SET not_before = now() WHERE state = 'pending'")
        await self.world.sql("UPDATE message_sender_lane SET rest_until = NULL, lease_until = NULL")
        await self.world.sql("UPDATE message_attempt SET at = at - interval '2 minutes'")


ROBOTS = {
    "wecom_robot": ("wecom", {"key": "wecom-key"}),
    "dingtalk_robot": ("dingtalk", {"access_token": "ding-token", "secret": "SECding"}),
    "feishu_robot": ("feishu", {"hook": "feishu-hook", "secret": "feishu-secret"}),
}


class Mailbox:
    """A mail server that keeps what it takes; `code` is what it answers to a recipient."""

    def __init__(self):
        self.taken = []
        self.code = None
        self.drop = False
        self.hang_up = False
        self.peers = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.code:
            return self.code
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.peers.append(session.peer)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        if self.hang_up:
            await server.push("250 queued, and goodbye")
            server.transport.close()
        if self.drop:
            server.transport.abort()
            return "250 never heard"
        return "250 queued as Q1"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def smtp(box, **more):
    return {
        "host": "localhost",
        "port": box.port,
        "tls": "starttls",
        "username": "crm",
        "from_address": "crm@example.com",
        "from_name": "海纳商贸",
        "bounce_domain": "bounce.example.com",
        **more,
    }
