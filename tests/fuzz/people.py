"""Records of the door, of reminders and of webhooks for operations to be called with."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from tests.composed import PASSWORD, signed_in
from tests.fuzz.maker import Maker, now
from tests.fuzz.operations import Operation

from notify_svc.messages import commands as messages
from notify_svc.messages.domain import MessageRequest
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.playbook_runs.commands import start
from notify_svc.playbook_runs.domain import Entered, Offer
from shared.clock import new_id
from shared.messaging import dead_letters
from shared.messaging.bus import Delivery
from shared.messaging.dead_letters import Parking

_MOST_WEBHOOKS = 8


class People(Maker):
    """Whoever signs in, and what lies in their inboxes."""

    async def message_template(self) -> str:
        """A draft; its name is nobody else's."""
        variables = [{"name": "ends_on", "kind": "date", "example": "2026-12-31"}]
        email = {"subject": "{{ ends_on | date }}", "mjml": "<mj-text>{{ name }}</mj-text>"}
        texts = {"zh": {"email": email, "sms": {"text": "您好 {{ name }}"}}}
        name = self.unique("fuzz").replace("-", "_")
        body = {"name": name, "variables": variables, "texts": texts}
        return str((await self.admin.made("/v1/templates", body))["id"])

    async def for_createTemplate(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        texts = {"zh": {"sms": {"text": "您好 {{ name }}"}}}
        return {"name": self.unique("fuzz").replace("-", "_"), "texts": texts}

    async def for_createSender(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": self.unique("robot"), "kind": "wecom_robot", "config": {}, "secrets": {"key": "x"}}

    async def sender(self) -> str:
        """A robot's; messages wait for it as long as it is not active."""
        body = {"name": self.unique("robot"), "kind": "wecom_robot", "config": {}, "active": False}
        made = await self.admin.made("/v1/senders", {**body, "secrets": {"key": "fuzz"}})
        return str(made["id"])

    async def mail_sender(self) -> str:
        """A mail server's, by a name that leads nowhere."""
        config = {"host": "mail.invalid", "from_address": "crm@example.com"}
        body = {"name": self.unique("mail"), "kind": "smtp", "config": config, "active": False}
        return str((await self.admin.made("/v1/senders", body))["id"])

    async def for_testSender(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"to": "somebody@example.com"}

    async def for_testTemplate(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"to": "somebody@example.com", "sender_id": await self.mail_sender()}

    async def message(self, customer: str | None = None, **fields: Any) -> str:
        """One that waits for a sender."""
        customer = customer or await self.customer()
        await self._read(f"/v1/preferences/{customer}")  # from now on notify-svc knows whose it is
        wanted = MessageRequest(
            purpose="service",
            channels=("sms",),
            recipient=None,
            template="care.birthday",
            variables={},
            source="api",
            source_id=uuid4(),
            dedup_key=self.unique("message"),
            customer_id=UUID(customer),
            **fields,
        )
        async with self.database("notify-svc").begin() as tx:
            return str((await messages.request(tx, [wanted]))[0])

    async def failed_message(self) -> str:
        found = await self.message()
        async with self.database("notify-svc").begin() as tx:
            await tx.connection.execute("UPDATE message SET state = 'failed' WHERE id = $1", UUID(found))
        return found

    async def unsubscribe_token(self) -> str:
        """The end of a link by which a customer leaves."""
        service = next(each for each in self.system.services if each.name == "notify-svc")
        links = UnsubscribeLinks(service.sealer, "http://fuzz")
        now = service.database.now()
        link = links.unsubscribe(UUID(await self.customer()), "care", "email", now=now)
        return str(link).rpartition("/")[2]

    async def reminder(self, **fields: Any) -> str:
        body = {"subject": self.said("call them"), "due_at": now(days=2), **fields}
        return str((await self.admin.made("/v1/reminders", body))["id"])

    async def reminder_series(self, **fields: Any) -> str:
        """A series of reminders, which begins with its first one."""
        when = {"rrule": "FREQ=WEEKLY", "local_time": now(days=9)[:16], "timezone": "Asia/Shanghai"}
        body = {"subject": self.said("call them"), **when, **fields}
        return str((await self.admin.made("/v1/reminders", body))["series_id"])

    async def for_changeReminderSeries(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"rrule": "FREQ=WEEKLY;BYDAY=MO", "local_time": now(days=8)[:16]}

    async def reminder_rule(self) -> str:
        body = {"name": self.unique("rule"), "event": "visit.missed", "days": 1, "subject": "call them"}
        return str((await self.admin.made("/v1/reminder-rules", body))["id"])

    async def care_rule(self) -> str:
        said = {"kind": "feast", "feast": "mid_autumn"}
        body = {"name": self.unique("care"), "occasion": said, "reminder": {"assignee": "owner"}}
        return str((await self.admin.made("/v1/care-rules", body))["id"])

    async def for_putInboxSettings(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"mode": "at_once"}

    async def for_markInboxItems(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"items": [{"id": self.kept.get("item_id") or await self.item(), "action": "read"}]}

    async def item(self) -> str:
        """Something in the administrator's inbox: a reminder that is due, once it has fired."""
        own: list[dict[str, Any]] = []  # not the queue's, which all managers see
        await self.admin.made("/v1/reminders", {"subject": "now", "due_at": now(seconds=-1)})
        async with asyncio.timeout(20):
            while not own:
                await asyncio.sleep(0.1)
                page = (await self.admin("GET", "/v1/inbox")).json()
                own = [each for each in page["data"] if each["queue"] is None]
        self.kept["item_id"] = str(own[0]["id"])
        return self.kept["item_id"]

    async def webhook(self) -> str:
        """A new one; of those from before only the last few stay, since there may be only so many."""
        body = {"url": "https://erp.example.com/in", "event_types": ["*"], "description": self.said("ERP")}
        made = str((await self.admin.made("/v1/webhooks", body))["id"])
        self.webhooks.append(made)
        if len(self.webhooks) > _MOST_WEBHOOKS:
            await self.admin("DELETE", f"/v1/webhooks/{self.webhooks.pop(0)}")
        return made

    async def delivery(self, *, still: bool = False) -> str:
        """A test event for a new webhook; `still`: no attempt changes it any more."""
        webhook = await self.webhook()
        found = str((await self.admin.made(f"/v1/webhooks/{webhook}/test"))["id"])
        if still:
            await self.admin("POST", f"/v1/webhooks/{webhook}/disable")
            await asyncio.sleep(1)  # one that is under way ends: its name leads nowhere
        return found

    async def playbook(self) -> str:
        """A draft whose runs wait for long before they do anything."""
        steps = [{"kind": "wait", "days": 30}, {"kind": "set_tag", "tag": "VIP"}]
        entered = {"trigger": {"on": "stage", "entered": ["lost"]}, "entry": {"mode": "always"}}
        body = {"code": self.unique("fuzz"), "title_zh": "策略", "title_en": "Playbook"}
        made = await self.admin.made("/v1/playbooks", {**body, "definition": {**entered, "steps": steps}})
        return str(made["id"])

    async def run_for(self, customer: str) -> str:
        """A run, waiting already, of a customer that notify-svc knows since somebody is reminded of it."""
        await self.reminder(customer_id=customer)
        offer, run = Offer(UUID(await self.playbook()), 1, {}), new_id()
        async with self.database("notify-svc").begin() as tx:
            await start(tx, [Entered(offer, UUID(customer), tx.now, run)])
        before = 1
        async with asyncio.timeout(20):
            while before == 1:
                await asyncio.sleep(0.1)
                before = (await self._read(f"/v1/playbook-runs/{run}"))["step"]
        return str(run)

    async def staff(self) -> str:
        body = {
            "username": self.unique("who"),
            "display_name": "李伟",
            "password": PASSWORD,
            "roles": ["sales"],
        }
        return str((await self.admin.made("/v1/staff", body))["id"])

    async def api_key(self) -> str:
        return str((await self.admin.made("/v1/api-keys", await self.for_createApiKey()))["id"])

    async def for_createApiKey(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": "ERP", "distributor_id": await self.distributor(), "scopes": ["orders:write"]}

    async def for_createPlan(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        code = f"fuzz_{next(self.numbers)}"
        return {"code": code, "name": "Fuzz", "requests_per_minute": 900, "burst": 90}

    async def plan(self) -> str:
        return str((await self.admin.made("/v1/plans", await self.for_createPlan()))["id"])

    async def session(self) -> str:
        """A sign-in of the administrator beside the one that asks."""
        await signed_in(self.admin.front)
        return str((await self._read("/v1/auth/sessions"))["data"][0]["id"])

    async def operation(self) -> str:
        answer = await self.admin("POST", "/v1/scoring-runs", {})
        return str(answer.headers["location"].rpartition("/")[2])

    async def letter(self, operation: Operation) -> str:
        service = operation.path.split("/")[2]
        body = f'{{"nothing": {next(self.numbers)}}}'
        async with self.database(service).begin() as tx:
            event = await dead_letters.park(
                tx,
                service,
                Delivery(body, "local", "no.such.v1", redelivered=False),
                Parking("unknown_type", 1),
            )
            letter = await tx.connection.fetchval("SELECT id FROM dead_letter WHERE event_id = $1", event)
        return str(letter)
