"""Records for operations to be called with, and requests that each operation should accept."""

import asyncio
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from tests.composed import PASSWORD, Answer, Ask, Person, hired, signed_in
from tests.fuzz.operations import JSON, Operation
from tests.fuzz.samples import MULTIPART, multipart, sample

from customer_svc.duplicates.commands import Found, keep_found
from scoring_svc.decisions.commands import record
from scoring_svc.decisions.domain import Decision, Inputs
from scoring_svc.warnings.commands import Finding, warn
from shared.messaging import dead_letters
from shared.messaging.bus import Delivery
from shared.messaging.dead_letters import Parking
from tonglu_local.system import System

OK, NOT_FOUND = 200, 404
ENDS_SESSION = {"signOutEverywhere", "changeOwnPassword", "signOutStaff"}
_COURSE = {
    "startComplaintStep": ("classify", "assign"),
    "resolveComplaint": ("classify", "assign"),
    "informComplainant": ("classify", "assign", "resolve"),
    "closeComplaint": ("classify", "assign", "resolve", "inform"),
    "reopenComplaint": ("classify", "assign", "resolve"),
    "waitForCustomer": ("classify", "assign", "start"),
    "resumeComplaint": ("classify", "assign", "start", "wait"),
    "unmergeComplaint": ("merge",),
    "mediateComplaint": ("classify", "assign", "resolve", "inform"),
    "completeServiceStep": ("start",),
    "rateService": ("start", "complete"),
}
"""What must have happened to a complaint, or to the only step of a service, before."""
_POINTING = {"promoteModel": "shadow_id", "rollBackModel": "champion_id"}
_SAID = {"text_en": "It is late.", "text_zh": "已逾期。"}
_FIXED = {
    "signIn": {"username": "nobody", "password": "wrong for sure"},
    "startComplaintStep": {"step": "investigating"},
    "updateStaff": {"display_name": "李伟"},
    "changeField": {"position": 5},
    "changeView": {"columns": ["name"]},
}
_ASKING = {"createCustomer": {"allow_duplicates": "true"}}
"""What stands in the query beside what must: the example's customer is there already."""
_MAKERS = {
    "invitation_id": "invitation",
    "import_id": "import_",
    "key_id": "api_key",
    "template_id": "import_template",
}


def _now(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat().replace("+00:00", "Z")


def assembled(operation: Operation, ids: Mapping[str, str], body: Any) -> Ask:
    """A request with these values in its path and this body, as the operation reads it."""
    path = operation.path
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    needed = {
        each["name"]: sample(operation, each["schema"])
        for each in operation.parameters["query"]
        if each["required"]
    }
    needed |= _ASKING.get(operation.id, {})
    request = Ask(operation.method, path.encode(), urlencode(needed).encode())
    if any(each["name"] == "If-Match" for each in operation.parameters["header"]):
        request = request.having(("if-match", "*"))
    if operation.media is None:
        return request
    if operation.media == JSON:
        return request.saying(json.dumps(body).encode())
    if operation.media == MULTIPART:
        return request.saying(*multipart(body))
    return request.saying(urlencode(body).encode(), operation.media)


@dataclass
class World:
    """Makes what operations need, through the front door wherever there is one for it."""

    system: System
    admin: Person
    admin_id: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    steps: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    leavers: dict[str, Person] = field(default_factory=dict)
    pair: str = ""
    complainant: str = ""
    picture: str = ""
    simulated: dict[str, Any] = field(default_factory=dict)

    def learn(self, operations: Iterable[Operation]) -> None:
        """Remember the examples of a complaint's steps."""
        for each in operations:
            if each.path.startswith("/v1/complaints/{") and each.media:
                self.steps[each.path.rpartition("/")[2]] = sample(each, each.body)

    async def send(self, operation: Operation, request: Ask) -> Answer:
        """Have an administrator ask; for what ends sessions, one who only does that."""
        if operation.id not in ENDS_SESSION:
            return await self.admin.send(request)
        leaver = self.leavers.get(operation.id)
        if leaver is None:
            leaver = await hired(self.admin, f"fuzz-{operation.id.lower()}", "admin")
        elif (await leaver("GET", "/v1/auth/me")).status != OK:
            leaver = await signed_in(self.admin.front, f"fuzz-{operation.id.lower()}")
        self.leavers[operation.id] = leaver
        return await leaver.send(request)

    def said(self, words: str) -> str:
        """What a record says; a world may leave its mark there."""
        return words

    def unique(self, word: str) -> str:
        return f"{word}-{next(self.numbers)}"

    def database(self, service: str) -> Any:
        return next(each.database for each in self.system.services if each.name == service)

    async def request(self, operation: Operation) -> Ask:
        """A request that the operation should accept, on records of its own."""
        ids = await self.path(operation)
        request = assembled(operation, ids, await self.body(operation) if operation.media else None)
        if operation.id != "downloadAttachment":
            return request
        link = (await self.admin.made(f"/v1/attachments/{ids['attachment_id']}/link"))["url"]
        return replace(request, query=link.partition("?")[2].encode())

    async def path(self, operation: Operation) -> dict[str, str]:
        """Values for the parameters of the path."""
        found: dict[str, str] = {}
        for each in operation.parameters["path"]:
            found[each["name"]] = await self._value(operation, each["name"], found)
        if operation.path.startswith("/v1/tier-policies/{"):
            found["version"] = await self.tier_policy(operation)
        return found

    async def _value(self, operation: Operation, name: str, known: dict[str, str]) -> str:
        if name == "id":
            return await (self.operation() if "/operations/" in operation.path else self.letter(operation))
        if name == "customer_id" and operation.path.startswith("/v1/scores"):
            loss = "declare-lost" in operation.path
            return await self.feared_lost(operation) if loss else self.kept["scored"]
        if operation.id == "removeSurvey":
            return str((await self.admin.made("/v1/surveys", {"name": "gone soon"}))["id"])
        if name == "token":
            return await (self.form_token if operation.path.startswith("/c/") else self.token)()
        if name == "attachment_id" and known:
            return self.picture
        if operation.id in _POINTING:
            name = _POINTING[operation.id]
        within = await self._within(operation, name, known)
        fixed = {"channel": "wechat", "version": "1", "number": "1", "day": "2026-02-17", "code": "accept"}
        fixed["name"] = "complaint_open"
        return (
            within
            or fixed.get(name)
            or self.kept.get(name)
            or str(await getattr(self, _MAKERS.get(name, name.removesuffix("_id")))())
        )

    async def _within(self, operation: Operation, name: str, known: dict[str, str]) -> str | None:
        """What depends on the operation, or on what stands before it in the path."""
        if name in {"contact_id", "change_id"}:
            return await (self.contact if name == "contact_id" else self.change)(*known.values())
        if name == "field_id":
            return await self.custom_field(retired=operation.id == "deleteField")
        if name == "identity_id":
            await self.identity(known["customer_id"])
            return str(
                (await self._read(f"/v1/customers/{known['customer_id']}/identities"))["data"][0]["id"]
            )
        if name == "external_id":
            return await self.identity(await self.customer())
        if name in {"complaint_id", "record_id"}:
            make = self.complaint if name == "complaint_id" else self.service_record
            make = self.pictured if operation.id == "linkComplaintAttachment" else make
            return await make(*_COURSE.get(operation.id, ()))
        return None

    async def customer(self, **fields: Any) -> str:
        """One more, however many are like it."""
        body = {"name": "海纳百货", "kind": "organisation", **fields}
        answer = await self.admin("POST", "/v1/customers", body, allow_duplicates="true")
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    async def for_mergeDuplicate(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One of the pair that was made last."""
        return {"kept_id": self.pair}

    async def duplicate(self) -> str:
        """Two customers that a search of the archive takes for one."""
        phone = f"+86139{next(self.numbers):08}"
        pair = [UUID(await self.customer(phone=phone)) for _ in range(2)]
        self.pair = str(pair[0])
        async with self.database("customer-svc").begin() as tx:
            await keep_found(
                tx, [Found(*sorted(pair), persons=False, score=0.99, level="likely", features=())], tx.now
            )
            found = await tx.connection.fetchval(
                "SELECT id FROM duplicate_candidate WHERE first_id = $1", min(pair)
            )
        return str(found)

    async def merge(self) -> str:
        """One that can be undone."""
        kept, absorbed = await self.customer(), await self.customer()
        made = await self.admin.made(f"/v1/customers/{kept}/merge", {"absorbed_id": absorbed})
        return str(made["id"])

    async def contact(self, customer: str, **fields: Any) -> str:
        body = {"name": "韩梅梅", **fields}
        return str((await self.admin.made(f"/v1/customers/{customer}/contacts", body))["id"])

    async def change(self, customer: str, contact: str | None = None) -> str:
        """A change of the customer, or of its contact."""
        record = f"/v1/customers/{customer}" + (f"/contacts/{contact}" if contact else "")
        patch = Ask("PATCH", record.encode()).having(("if-match", "*"))
        await self.admin.send(patch.saying(json.dumps({"name": self.said(self.unique("海纳"))}).encode()))
        return str((await self._read(f"{record}/history"))["data"][0]["id"])

    async def identity(self, customer: str) -> str:
        """What the customer is called at WeChat."""
        body = {"channel": "wechat", "external_id": self.unique("ox"), "strength": "strong"}
        await self.admin.made(f"/v1/customers/{customer}/identities", body)
        return body["external_id"]

    async def order(self) -> str:
        return str((await self.admin.made("/v1/orders", await self.order_fields()))["id"])

    async def order_fields(self, customer: str | None = None) -> dict[str, Any]:
        return {
            "order_no": self.unique("SO"),
            "ordered_at": _now(days=-3),
            "amount": {"amount_minor": 12900, "currency": "CNY"},
            "channel": "online_shop",
            "customer_id": customer or await self.customer(),
        }

    async def distributor(self, **fields: Any) -> str:
        body = {"code": self.unique("D"), "name": "华东海纳", "status": "prospect", **fields}
        made = await self.admin.made("/v1/distributors", body)
        return str(made["id"])

    async def org_unit(self) -> str:
        body = {"code": self.unique("unit"), "name": "华东大区", "kind": "region"}
        return str((await self.admin.made("/v1/org-units", body))["id"])

    async def channel(self) -> str:
        body = {"code": self.unique("fair"), "name": "广交会", "kind": "exhibition"}
        return str((await self.admin.made("/v1/channels", body))["id"])

    async def calendar(self) -> str:
        return str((await self.admin.made("/v1/calendars", await self.for_createCalendar()))["id"])

    async def for_createCalendar(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One of an org unit that has none yet."""
        week = {"mon": ["09:00-18:00"]}
        return {"name": "客服", "timezone": "Asia/Shanghai", "week": week, "org_unit_id": str(uuid4())}

    async def policy(self) -> str:
        targets = {"high": {"resolution": 480}}
        made = await self.admin.made("/v1/sla-policies", {"name": "核心客户", "targets": targets})
        return str(made["id"])

    async def team(self) -> str:
        return str((await self.admin.made("/v1/teams", await self.for_createTeam()))["id"])

    async def for_createTeam(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One whose name and members nobody has."""
        return {"name": self.unique("客服组"), "members": [{"staff_id": str(uuid4())}]}

    async def form(self) -> str:
        title = {"zh": "投诉", "en": "Complain"}
        body = {"name": "投诉表", "title": title, "categories": [{"code": "delivery", "text": title}]}
        return str((await self.admin.made("/v1/complaint-forms", body))["id"])

    async def form_token(self) -> str:
        """The end of a link to a form."""
        path = f"/v1/complaint-forms/{await self.form()}/links"
        made = await self.admin.made(path, {"customer_id": await self.customer()})
        return str(made["url"]).rpartition("/")[2]

    async def macro(self) -> str:
        return str(
            (await self.admin.made("/v1/complaint-macros", await self.for_createComplaintMacro()))["id"]
        )

    async def for_createComplaintMacro(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": self.unique("快捷"), "actions": [{"verb": "answer", "text": "{number} 已受理"}]}

    async def for_changeComplaintMacro(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": self.unique("快捷")}

    async def for_applyComplaintMacro(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"macro_id": await self.macro()}

    async def for_handleComplaints(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"complaint_ids": [await self.complaint()], "macro_id": await self.macro()}

    async def for_mergeComplaint(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """Another one of the customer whose complaint was made last."""
        return {"into_id": await self.complaint(customer=self.complainant)}

    async def rule(self) -> str:
        return str(
            (await self.admin.made("/v1/assignment-rules", await self.for_createAssignmentRule()))["id"]
        )

    async def for_createAssignmentRule(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """For what nobody complains of."""
        conditions = {"categories": ["nothing"], "team_id": await self.team()}
        return {"name": "分派", "method": "round_robin", **conditions}

    async def for_changeTeam(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"members": [{"staff_id": str(uuid4())}]}

    async def custom_field(self, *, retired: bool = False) -> str:
        """A field that demands nothing of the customers of this world."""
        made = str((await self.admin.made("/v1/fields", await self.for_createField()))["id"])
        if retired:
            patch = Ask("PATCH", f"/v1/fields/{made}".encode())
            await self.admin.send(patch.saying(b'{"status": "retired"}'))
        return made

    async def for_createField(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        names = {"en": "Motto", "zh": "口号"}
        return {"entity": "customer", "key": self.unique("motto"), "names": names, "type": "text"}

    async def interaction(self, customer: str | None = None) -> str:
        body = {
            "customer_id": customer or await self.customer(),
            "channel": "call",
            "direction": "inbound",
            "occurred_at": _now(hours=-1),
            "summary": self.said("asked for prices"),
        }
        return str((await self.admin.made("/v1/interactions", body))["id"])

    async def attachment(self, customer: str | None = None) -> str:
        """A file that was sent; of a customer of its own unless it is said whose."""
        form = await self.for_createAttachment(customer)
        answer = await self.admin.send(Ask("POST", b"/v1/attachments").saying(*multipart(form)))
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    async def for_createAttachment(self, customer: str | None = None) -> dict[str, str]:  # noqa: N802 - the operation's name
        rows = f"{self.said('minutes')},2026-03-02\n"
        return {"customer_id": customer or await self.customer(), "file": rows}

    async def pictured(self, *_course: str) -> str:
        """A complaint with a file."""
        customer = await self.customer()
        self.picture = await self.attachment(customer)
        return await self.complaint(customer=customer, attachments=[{"attachment_id": self.picture}])

    async def complaint(self, *course: str, customer: str | None = None, **fields: Any) -> str:
        self.complainant = customer or await self.customer()
        body = {
            "customer_id": self.complainant,
            "channel": "call",
            "category": "delivery",
            "subject": self.said("late"),
            **fields,
        }
        made = str((await self.admin.made("/v1/complaints", body))["id"])
        for verb in course:
            said = await self.for_mergeComplaint() if verb == "merge" else self.steps[verb]
            await self.admin.made(f"/v1/complaints/{made}/{verb}", self.fitted(said, verb))
        return made

    async def survey(self) -> str:
        """A questionnaire that is published, and asked about in the path or by an invitation."""
        body = {"name": self.unique("survey"), "min_days_between": 0}
        made = str((await self.admin.made("/v1/surveys", body))["id"])
        await self.admin.made(f"/v1/surveys/{made}/versions", await self.for_createSurveyVersion())
        await self.admin.made(f"/v1/surveys/{made}/versions/1/publish", None)
        return made

    async def for_createSurveyVersion(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        words = {"zh": "满意吗？", "en": "Satisfied?"}
        asked = {"code": "rate", "type": "rating", "text": words, "required": True}
        return {"document": {"title": words, "sections": [{"title": words, "questions": [asked]}]}}

    async def for_replaceSurveyVersion(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return await self.for_createSurveyVersion()

    async def invited(self, customer: str | None = None) -> dict[str, Any]:
        """Somebody who is asked, with the link."""
        body = {"customer_id": customer or await self.customer()}
        made: dict[str, Any] = await self.admin.made(f"/v1/surveys/{await self.survey()}/invitations", body)
        return made

    async def invitation(self) -> str:
        return str((await self.invited())["id"])

    async def token(self, customer: str | None = None) -> str:
        """The end of a link to a survey."""
        return str((await self.invited(customer))["token"])

    async def response(self, customer: str | None = None) -> str:
        """What a customer answered."""
        token = await self.token(customer)
        page = f"/s/{token}"
        place = (await self.admin("GET", page)).body.decode().partition('name="place" value="')[2]
        form = urlencode({"place": place.partition('"')[0], "q_rate": "4", "do": "next"}).encode()
        await self.admin.send(Ask("POST", page.encode()).saying(form, "application/x-www-form-urlencoded"))
        return str((await self._read("/v1/survey-responses"))["data"][0]["id"])

    async def promise(self, customer: str | None = None) -> str:
        whose = customer or await self.customer()
        body = {"customer_id": whose, "content": self.said("call them"), "due_at": _now(days=2)}
        return str((await self.admin.made("/v1/promises", body))["id"])

    async def visit(self, customer: str | None = None) -> str:
        return str((await self.admin.made("/v1/visits", await self.for_createVisit(customer)))["id"])

    async def for_createVisit(self, customer: str | None = None) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One that is soon enough to check in at."""
        times = {"starts_at": _now(hours=1), "ends_at": _now(hours=2)}
        plan = {**times, "timezone": "Asia/Shanghai", "purpose": self.said("prices")}
        return {"customer_id": customer or await self.customer(), **plan}

    async def for_updateVisit(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"purpose": self.said("offer"), "starts_at": _now(hours=3), "ends_at": _now(hours=4)}

    async def series(self, customer: str | None = None) -> str:
        body = await self.for_createVisitSeries(customer)
        return str((await self.admin.made("/v1/visit-series", body))["id"])

    async def for_createVisitSeries(  # noqa: N802 - the operation's name
        self, customer: str | None = None
    ) -> dict[str, Any]:
        when = {"rrule": "FREQ=MONTHLY;COUNT=3", "starts_on_local": _now(days=1)[:16], "duration_minutes": 60}
        plan = {**when, "timezone": "Asia/Shanghai", "purpose": self.said("prices")}
        return {"customer_id": customer or await self.customer(), **plan}

    async def for_updateVisitSeries(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"purpose": self.said("offer"), "rrule": "FREQ=MONTHLY;COUNT=2"}

    async def for_endVisitSeries(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"from": _now(days=1)}

    async def for_setVisitRule(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One of a tier that no customer has."""
        return {"tiers": ["nobodys"], "senior_roles": ["manager"], "every_days": 90}

    async def process(self) -> str:
        """A template of one step, for the administrator."""
        step = {"code": "accept", "name": "受理", "role": "admin", "expected_minutes": 60}
        body = {"name": "维修", "phase": "after_sale", "steps": [step]}
        return str((await self.admin.made("/v1/service-processes", body))["id"])

    async def service_record(self, *course: str, customer: str | None = None) -> str:
        """A service that runs, with these verbs done to its only step."""
        whose = {"customer_id": customer or await self.customer(), "content": self.said("it leaks")}
        body = {**whose, "process_id": await self.process()}
        made = str((await self.admin.made("/v1/service-records", body))["id"])
        for verb in course:
            await self.admin.made(f"/v1/service-records/{made}/steps/accept/{verb}", {})
        return made

    async def for_createServiceRecord(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One that took place an hour ago."""
        told = {"phase": "in_sale", "content": self.said("delivered"), "occurred_at": _now(hours=-1)}
        return {"customer_id": await self.customer(), **told}

    async def for_completeServiceStep(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"form": {}}

    async def reminder(self, **fields: Any) -> str:
        body = {"subject": self.said("call them"), "due_at": _now(days=2), **fields}
        return str((await self.admin.made("/v1/reminders", body))["id"])

    async def import_(self, form: dict[str, str] | None = None) -> str:
        """An import that is over, of this form or of the example's."""
        started = await self.admin.send(await self._import_request(form))
        found = started.json()["id"]
        async with asyncio.timeout(30):
            while (await self._read(f"/v1/imports/{found}"))["status"] in {"queued", "running"}:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        return str(found)

    async def for_checkDuplicates(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """Somebody who is like nobody."""
        return {"name": "独一无二", "kind": "organisation", "phone": "+8613700000000"}

    async def import_template(self) -> str:
        """A template that whoever asks may have."""
        body = {"name": self.said(self.unique("template")), "entity": "customers"}
        return str((await self.admin.made("/v1/import-templates", body))["id"])

    async def export(self) -> str:
        """An export whose file is there."""
        body = {"entity": "customers", "filters": {"q": "海纳"}}
        found = (await self.admin.made("/v1/exports", body))["id"]
        async with asyncio.timeout(30):
            while (await self._read(f"/v1/exports/{found}"))["status"] in {"queued", "running"}:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        return str(found)

    async def for_createImportTemplate(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": self.unique("template"), "entity": "customers", "mapping": {"name": "客户名称"}}

    async def for_changeImportTemplate(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"name": self.unique("template")}

    async def _import_request(self, form: dict[str, str] | None) -> Ask:
        return Ask("POST", b"/v1/imports").saying(*multipart(form or await self.for_startImport()))

    async def for_startImport(self) -> dict[str, str]:  # noqa: N802 - the operation's name
        rows = f"name,kind,phone\n{self.unique('海纳')},organisation,021-62881234\nLi,person,not a phone\n"
        return {"entity": "customers", "file": rows}

    async def item(self) -> str:
        """Something in the administrator's inbox: a reminder that is due, once it has fired."""
        page: dict[str, Any] = {"data": []}
        await self.admin.made("/v1/reminders", {"subject": "now", "due_at": _now(seconds=-1)})
        async with asyncio.timeout(20):
            while not page["data"]:
                await asyncio.sleep(0.1)
                page = (await self.admin("GET", "/v1/inbox")).json()
        self.kept["item_id"] = str(page["data"][0]["id"])
        return self.kept["item_id"]

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

    async def view(self) -> str:
        return str((await self.admin.made("/v1/views", await self.for_createView()))["id"])

    async def for_createView(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"entity": "customers", "name": self.unique("view"), "query": {"status": "active"}}

    async def plan(self) -> str:
        return str((await self.admin.made("/v1/plans", await self.for_createPlan()))["id"])

    async def session(self) -> str:
        """A sign-in of the administrator beside the one that asks."""
        await signed_in(self.admin.front)
        return str((await self._read("/v1/auth/sessions"))["data"][0]["id"])

    async def operation(self) -> str:
        answer = await self.admin("POST", "/v1/scoring-runs", {})
        return str(answer.headers["location"].rpartition("/")[2])

    async def warning(self, customer: str | None = None, **whose: UUID) -> str:
        """Of a customer that the models fear for; `whose` are its distributor and its owner."""
        async with self.database("scoring-svc").begin() as tx:
            found = await warn(
                tx,
                Finding(
                    customer_id=uuid4() if customer is None else UUID(customer),
                    distributor_id=whose.get("distributor_id"),
                    owner_id=whose.get("owner_id"),
                    level="high",
                    probability=0.9,
                    expected_value_minor=1000,
                    contributed_52_minor=2000,
                    currency="CNY",
                    reasons=[{"code": "own_rhythm_broken", "category": "purchase", "weight": 1.0, **_SAID}],
                    recommended_action={"code": "call_customer", **_SAID},
                ),
            )
        return str(found)

    async def tier_policy(self, operation: Operation) -> str:
        """A draft; one that was simulated to be published, and one of before to go back to."""
        await self.published()
        if operation.id != "rollBackTierPolicy":
            return await self.tier_draft(simulated=operation.id == "publishTierPolicy")
        for _ in range(2):
            listed = await self.admin("GET", "/v1/tier-policies", status="retired")
            before = listed.json()["data"]
            if before:
                break
            version = await self.tier_draft(simulated=True)
            await self.admin.made(f"/v1/tier-policies/{version}/publish", self.simulated)
            await self.published()
        return str(before[0]["version"])

    async def tier_draft(self, *, simulated: bool = False) -> str:
        version = str((await self.admin.made("/v1/tier-policies", {"document": {}}))["version"])
        if simulated:
            await self.simulation(version)
        return version

    async def simulation(self, version: str | None = None) -> str:
        """A draft's, when it has ended."""
        version = version or await self.tier_draft()
        begun = await self.admin.made(f"/v1/tier-policies/{version}/simulate")
        await self.ended(begun["id"])
        self.simulated = {"simulation_id": begun["simulation_id"], "tolerance": 1}
        return str(begun["simulation_id"])

    async def for_publishTierPolicy(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """By the simulation that was made last."""
        return self.simulated

    async def ended(self, operation: str) -> None:
        async with asyncio.timeout(60):
            while (await self._read(f"/v1/operations/{operation}"))["finished_at"] is None:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)

    async def published(self) -> None:
        """Wait until no policy is about to take another one's place."""
        async with asyncio.timeout(60):
            while True:
                async with self.database("scoring-svc").begin() as tx:
                    going = await tx.connection.fetchval(
                        "SELECT count(*) FROM operation WHERE kind LIKE 'tier-%' AND finished_at IS NULL"
                    )
                if not going:
                    return
                await asyncio.sleep(0.05)

    async def override(self) -> str:
        body = await self.for_createTierOverride()
        return str((await self.admin.made("/v1/tier-overrides", body))["id"])

    async def for_createTierOverride(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """Of a customer that scoring-svc has heard of."""
        customer = await self.customer()
        async with asyncio.timeout(20):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status == NOT_FOUND:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        reason = self.said("明年春季新开三店")
        return {"customer_id": customer, "tier": "core", "reason": reason, "expires_at": _now(days=30)}

    async def decision(self) -> str:
        """That a customer is core, by the model and the policy that there are."""
        about = UUID(await self.customer_to_score())
        async with self.database("scoring-svc").begin() as tx:
            row = await tx.connection.fetchrow(
                "SELECT s.*, p.digest FROM score s, tier_policy p WHERE s.customer_id = $1 AND p.version = 1",
                UUID(self.kept["scored"]),
            )
            await record(
                tx,
                [
                    Decision(
                        customer_id=about,
                        kind="tier",
                        decided={"tier": "core", "from_tier": None},
                        inputs=Inputs(
                            as_of=row["scored_at"].replace(tzinfo=None).isoformat(),
                            features=row["features"],
                            held=None,
                            figures={"tier": "core"},
                            thresholds={},
                        ),
                        policy_version=1,
                        policy_digest=row["digest"],
                        model_id=row["model_id"],
                    )
                ],
            )
            found = await tx.connection.fetchval("SELECT id FROM decision WHERE customer_id = $1", about)
        return str(found)

    async def objection(self) -> str:
        return str((await self.admin.made("/v1/objections", await self.for_createObjection()))["id"])

    async def for_createObjection(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"customer_id": await self.customer_to_score(), "reason": self.said("人来决定")}

    async def customer_to_score(self) -> str:
        """One that scoring-svc has heard of."""
        customer = await self.customer()
        async with asyncio.timeout(20):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status == NOT_FOUND:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        return customer

    async def alarm(self) -> str:
        """Of the model that speaks."""
        async with self.database("scoring-svc").begin() as tx:
            found = await tx.connection.fetchval(
                "INSERT INTO model_alarm (id, model_id, measure, level, figure, bound, state, opened_at,"
                " seen_at, version)"
                " VALUES ($1, $2, $3, 'warn', 0.2, 0.1, 'open', now(), now(), 1) RETURNING id",
                uuid4(),
                UUID(self.kept["model_id"]),
                self.unique("psi"),
            )
        return str(found)

    async def shadow(self) -> str:
        """A model that does not speak, as the speaking one was."""
        async with self.database("scoring-svc").begin() as tx:
            found = await tx.connection.fetchval(
                "INSERT INTO model SELECT (jsonb_populate_record(m, jsonb_build_object('id', $1::text,"
                " 'status', 'shadow'))).* FROM model m WHERE status = 'champion' RETURNING id",
                str(uuid4()),
            )
        return str(found)

    async def champion(self) -> str:
        """The model that speaks, after one that did before."""
        shadow = await self.shadow()
        await self.admin.made(f"/v1/models/{shadow}/promote")
        return shadow

    async def feared_lost(self, operation: Operation) -> str:
        """A customer that scoring-svc has heard of, declared lost unless that is what comes."""
        customer = await self.customer()
        path = f"/v1/scores/{customer}"
        async with asyncio.timeout(30):
            while (await self.admin("GET", f"{path}/stages")).status != 200:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        if operation.id != "declareLost":
            await self.admin.made(f"{path}/declare-lost", {"reason": "other"})
        return customer

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

    async def _read(self, path: str) -> Any:
        return (await self.admin("GET", path)).json()

    async def scored(self) -> None:
        """A customer with orders and a score, a model, a finished run."""
        customer = await self.customer()
        for _ in range(4):
            await self.admin.made("/v1/orders", await self.order_fields(customer))
        async with asyncio.timeout(60):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status != 200:
                operation = await self.operation()
                while (await self._read(f"/v1/operations/{operation}"))["finished_at"] is None:  # noqa: ASYNC110 - only asking tells
                    await asyncio.sleep(0.05)
        self.kept["scored"] = customer
        self.kept["model_id"] = (await self.admin("GET", "/v1/models")).json()["data"][0]["id"]

    async def body(self, operation: Operation) -> Any:
        """A body that fits."""
        own = getattr(self, f"for_{operation.id}", None)
        if own is not None:
            return await own()
        if operation.id in _FIXED:
            return _FIXED[operation.id]
        body = self.fitted(sample(operation, operation.body), operation.id)
        return await self._with_records(body)

    async def _with_records(self, body: Any) -> Any:
        if isinstance(body, list):
            return [await self._with_records(each) for each in body]
        if not isinstance(body, dict):
            return body
        if "identity" in body and "order_no" in body:
            del body["identity"]
            body["customer_id"] = ""
        for name in ("customer_id", "absorbed_id"):
            if name in body:
                body[name] = await self.customer()
        return {key: await self._with_records(value) for key, value in body.items()}

    def fitted(self, body: Any, key: str) -> Any:
        """The example with references that exist, and codes that nobody has yet."""
        if isinstance(body, dict):
            return {name: self.fitted(value, name) for name, value in body.items()}
        if isinstance(body, list):
            return [self.fitted(each, key) for each in body]
        if key == "due_at":
            return _now(days=2)
        if key in {"owner_id", "assignee_id"}:
            return self.admin_id
        if key in {"code", "order_no", "external_id", "username"} and body is not None:
            return self.unique("fuzz")
        nobodys = {"distributor_id", "parent_id", "contact_id", "org_unit_id", "tax_number"}
        return None if key in nobodys else body
