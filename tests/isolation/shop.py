"""A world of one owner: every record stands behind its distributor and its holder, and carries its mark."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from tests.composed import Person
from tests.fuzz.maker import NOT_FOUND
from tests.fuzz.operations import Operation
from tests.fuzz.world import World
from tests.isolation.likeness import UUID as ID
from tests.isolation.likeness import Secrets
from tests.isolation.people import OF_EVERYBODY, OF_THE_COMPANY, Asker
from tests.isolation.probes import Case

NEW_CUSTOMERS = {
    "/v1/customers",
    "/v1/customers/batch",
    "/v1/customers/by-identity/{channel}/{external_id}",
    "/v1/duplicates/check",
}


@dataclass(kw_only=True)
class Shop(World):
    """Records of customers at `home` (their distributor, owner, unit); `beginner` begins imports."""

    secrets: Secrets
    home: Mapping[str, str]
    beginner: Person
    known: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        return self.secrets.mark

    def said(self, words: str) -> str:
        return f"{self.mark} {words}"

    async def path(self, operation: Operation) -> dict[str, str]:
        found = await super().path(operation)
        self._hide(found)
        return found

    def _hide(self, records: Mapping[str, str]) -> None:
        for name, value in records.items():
            if ID.fullmatch(value) and name not in OF_EVERYBODY:
                (self.secrets.inner if name in OF_THE_COMPANY else self.secrets.ids).add(value)

    async def customer(self, **fields: Any) -> str:
        body = {"name": self.said("海纳百货"), "address": self.said("road"), **self.home, **fields}
        found = await super().customer(email=f"{self.mark}@example.com", **body)
        self._hide({"customer_id": found})
        return found

    async def contact(self, customer: str, **fields: Any) -> str:
        email = f"{self.mark}@example.com"
        return await super().contact(customer, name=self.said("韩梅梅"), email=email, **fields)

    async def order_fields(self, customer: str | None = None) -> dict[str, Any]:
        fields = await super().order_fields(customer)
        return {**fields, "order_no": f"{self.mark}-{fields['order_no']}"}

    async def distributor(self, **fields: Any) -> str:
        """One below the owner's, or one of nobody's."""
        above = self.home.get("distributor_id")
        return await super().distributor(**({} if above is None else {"parent_id": above}), **fields)

    async def noticed(self, distributor: str) -> None:
        """Wait until the owner's key sees a new distributor below its own."""
        async with asyncio.timeout(20):
            while (await self.beginner("GET", f"/v1/distributors/{distributor}")).status == NOT_FOUND:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)

    async def body(self, operation: Operation) -> Any:
        """A body that fits, and says of a new customer behind which of the owner's distributors it stands."""
        body = await super().body(operation)
        if "distributor_id" in self.home and operation.path in NEW_CUSTOMERS:
            for each in body.get("items", [body]):
                each["distributor_id"] = self.home["distributor_id"]
        return body

    async def case(self, operation: Operation) -> Case:
        """What the owner would send, on records of its own."""
        ids = await self.path(operation)
        return Case(operation, ids, await self.body(operation) if operation.media else None)

    async def named(self, record: str) -> str:
        """The name of a record of this kind; a fresh one if who uses it has it from then on."""
        if record == "customer_code":
            code = self.said(self.unique("C")).replace(" ", "-")
            await self.customer(code=code)
            return code
        if record == "external_id":
            return await self.identity(await self.customer())
        if record == "order_no":
            return str((await self.admin.made("/v1/orders", await self.order_fields()))["order_no"])
        return self.known[record]

    async def reminder(self, **fields: Any) -> str:
        own = {"customer_id": await self.customer(), "assignee_id": self.admin_id}
        return await super().reminder(**{**own, **fields})

    async def reminder_series(self, **fields: Any) -> str:
        own = {"customer_id": await self.customer(), "assignee_id": self.admin_id}
        return await super().reminder_series(**{**own, **fields})

    async def warning(self, customer: str | None = None, **whose: UUID) -> str:
        """Of a customer that no score is made of, for the next one might end the warning."""
        held = {name: UUID(self.home[name]) for name in ("distributor_id", "owner_id") if name in self.home}
        return await super().warning(customer, **{**held, **whose})

    async def scored(self) -> None:
        await super().scored()
        self.known["model_id"] = self.kept["model_id"]

    async def for_startImport(self) -> dict[str, str]:  # noqa: N802 - the operation's name
        name = self.said(self.unique("海纳"))
        rows = f"name,kind,phone\n{name},organisation,021-62881234\n{name},person,{self.mark}\n"
        return {"entity": "customers", "file": rows}

    async def import_(self, form: dict[str, str] | None = None) -> str:
        """An import that the beginner began."""
        if self.beginner is self.admin:
            return await super().import_(form)
        return await replace(self, admin=self.beginner).import_(form)

    async def import_template(self) -> str:
        """A template that the beginner made."""
        if self.beginner is self.admin:
            return await super().import_template()
        return await replace(self, admin=self.beginner).import_template()

    async def webhook(self) -> str:
        """A webhook that the beginner made."""
        if self.beginner is self.admin:
            return await super().webhook()
        return await replace(self, admin=self.beginner).webhook()

    async def delivery(self, *, still: bool = False) -> str:
        """Of a webhook that the beginner made."""
        if self.beginner is self.admin:
            return await super().delivery(still=still)
        return await replace(self, admin=self.beginner).delivery(still=still)

    async def export(self) -> str:
        """An export that the beginner began."""
        if self.beginner is self.admin:
            return await super().export()
        return await replace(self, admin=self.beginner).export()

    async def operation(self) -> str:
        """The work of an import; its id names both."""
        return await self.import_()

    async def settle(self) -> None:
        """One record of each kind, all of one customer, by the names under which others may ask for them."""
        customer = await self.customer(code=f"{self.mark}-C")
        fields = await self.order_fields(customer)
        order = await self.admin.made("/v1/orders", fields)
        self.known = {
            "customer_id": customer,
            "customer_code": f"{self.mark}-C",
            "name": self.mark,
            "contact_id": await self.contact(customer),
            "contract_id": await self.contract(customer),
            "message_id": await self.message(customer),
            "sender_id": await self.sender(),
            "external_id": await self.identity(customer),
            "order_id": str(order["id"]),
            "order_no": fields["order_no"],
            "interaction_id": await self.interaction(customer),
            "complaint_id": await self.complaint(customer=customer),
            "promise_id": await self.promise(customer),
            "attachment_id": await self.attachment(customer),
            "visit_id": await self.visit(customer),
            "series_id": await self.series(customer),
            "survey_id": await self.survey(),
            "process_id": await self.process(),
            "record_id": await self.service_record(customer=customer),
            "reminder_id": await self.reminder(customer_id=customer),
            "reminder_rule_id": await self.reminder_rule(),
            "item_id": await self.item(),
            "import_id": await self.import_(),
            "webhook_id": await self.webhook(),
            "playbook_id": await self.playbook(),
            "owner_id": self.admin_id,
            "distributor_code": (await self._read(f"/v1/distributors/{self.home['distributor_id']}"))["code"],
            **self.home,
        }
        self.webhooks.clear()  # the one that is asked for stays
        self._hide(self.known)


def shop_of(world: World, owner: Asker, mark: str, home: Mapping[str, str], holder: str) -> Shop:
    """A world beside `world` for this owner; `holder` is who looks after its customers."""
    return Shop(
        world.system,
        world.admin,
        holder,
        numbers=world.numbers,
        steps=world.steps,
        secrets=Secrets(mark),
        home=home,
        beginner=owner.person,
    )
