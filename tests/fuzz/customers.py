"""Records of customer-svc for operations to be called with."""

import asyncio
import json
from typing import Any
from uuid import UUID

from tests.composed import Ask
from tests.fuzz.maker import Maker, now
from tests.fuzz.samples import multipart

from customer_svc.duplicates.commands import Found, keep_found


class Customers(Maker):
    """Customers and whatever belongs to them."""

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

    async def contract(self, customer: str | None = None) -> str:
        """A draft."""
        body = {"kind": "sales", "number": self.unique("HT"), "title": self.said("合同")}
        place = f"/v1/customers/{customer or await self.customer()}/contracts"
        return str((await self.admin.made(place, {**body, "starts_on": "2026-01-01"}))["id"])

    async def contract_in_force(self) -> str:
        found = await self.contract()
        await self.admin.made(f"/v1/contracts/{found}/activate")
        return found

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
            "ordered_at": now(days=-3),
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

    async def view(self) -> str:
        return str((await self.admin.made("/v1/views", await self.for_createView()))["id"])

    async def for_createView(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"entity": "customers", "name": self.unique("view"), "query": {"status": "active"}}
