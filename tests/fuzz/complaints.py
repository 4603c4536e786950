"""What a company settles for its complaints, for operations to be called with."""

from typing import Any
from uuid import uuid4

from tests.fuzz.maker import Maker


class ComplaintRules(Maker):
    """Calendars, policies, teams, forms, macros and rules."""

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
