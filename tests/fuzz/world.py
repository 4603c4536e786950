"""Records for operations to be called with, and requests that each operation should accept."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from tests.composed import Answer, Ask, hired, signed_in
from tests.fuzz.complaints import ComplaintRules
from tests.fuzz.customers import Customers
from tests.fuzz.interactions import Interactions
from tests.fuzz.maker import OK, now
from tests.fuzz.operations import JSON, Operation
from tests.fuzz.people import People
from tests.fuzz.samples import MULTIPART, multipart, sample
from tests.fuzz.scores import ScoringRecords

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
_POINTING = {
    "retryMessage": "failed_message",
    "testSender": "mail_sender",
    "terminateContract": "contract_in_force",
    "promoteModel": "shadow_id",
    "rollBackModel": "champion_id",
}

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
    words = body if isinstance(body, str) else urlencode(body)
    return request.saying(words.encode(), operation.media)


class World(Customers, ComplaintRules, Interactions, People, ScoringRecords):
    """Makes what operations need, through the front door wherever there is one for it."""

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
        if operation.id == "resumePlaybookRun":
            await self.admin("POST", f"/v1/playbook-runs/{found['playbook_run_id']}/pause")
        return found

    async def playbook_run(self) -> str:
        """A run of a customer of its own that goes on for long."""
        return await self.run_for(await self.customer())

    async def _value(self, operation: Operation, name: str, known: dict[str, str]) -> str:
        if name == "id":
            return await (self.operation() if "/operations/" in operation.path else self.letter(operation))
        if name == "customer_id" and operation.path.startswith("/v1/scores"):
            loss = "declare-lost" in operation.path
            return await self.feared_lost(operation) if loss else self.kept["scored"]
        if operation.id == "removeSurvey":
            return str((await self.admin.made("/v1/surveys", {"name": "gone soon"}))["id"])
        if name == "token":
            made = {"/c/": self.form_token, "/v1": self.unsubscribe_token}
            return await made.get(operation.path[:3], self.token)()
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
        if name in {"delivery_id", "field_id"}:
            reads, retired = operation.method == "GET", operation.id == "deleteField"
            return await (
                self.delivery(still=reads) if name == "delivery_id" else self.custom_field(retired=retired)
            )
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
            return now(days=2)
        if key in {"owner_id", "assignee_id"}:
            return self.admin_id
        named = {"code", "order_no", "external_id", "username"}
        if (key in named and body is not None) or (key == "number" and isinstance(body, str)):
            return self.unique("fuzz")
        nobodys = {"renewal_of", "distributor_id", "parent_id", "contact_id", "org_unit_id", "tax_number"}
        return None if key in nobodys else body
