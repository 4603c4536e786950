"""Records of interaction-svc for operations to be called with."""

from typing import Any
from urllib.parse import urlencode

from tests.composed import Ask
from tests.fuzz.maker import Maker, now
from tests.fuzz.samples import multipart


class Interactions(Maker):
    """What people do with customers."""

    async def interaction(self, customer: str | None = None) -> str:
        body = {
            "customer_id": customer or await self.customer(),
            "channel": "call",
            "direction": "inbound",
            "occurred_at": now(hours=-1),
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
        body = {"customer_id": whose, "content": self.said("call them"), "due_at": now(days=2)}
        return str((await self.admin.made("/v1/promises", body))["id"])

    async def visit(self, customer: str | None = None) -> str:
        return str((await self.admin.made("/v1/visits", await self.for_createVisit(customer)))["id"])

    async def for_createVisit(self, customer: str | None = None) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """One that is soon enough to check in at."""
        times = {"starts_at": now(hours=1), "ends_at": now(hours=2)}
        plan = {**times, "timezone": "Asia/Shanghai", "purpose": self.said("prices")}
        return {"customer_id": customer or await self.customer(), **plan}

    async def for_updateVisit(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"purpose": self.said("offer"), "starts_at": now(hours=3), "ends_at": now(hours=4)}

    async def series(self, customer: str | None = None) -> str:
        body = await self.for_createVisitSeries(customer)
        return str((await self.admin.made("/v1/visit-series", body))["id"])

    async def for_createVisitSeries(  # noqa: N802 - the operation's name
        self, customer: str | None = None
    ) -> dict[str, Any]:
        when = {"rrule": "FREQ=MONTHLY;COUNT=3", "starts_on_local": now(days=1)[:16], "duration_minutes": 60}
        plan = {**when, "timezone": "Asia/Shanghai", "purpose": self.said("prices")}
        return {"customer_id": customer or await self.customer(), **plan}

    async def for_updateVisitSeries(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"purpose": self.said("offer"), "rrule": "FREQ=MONTHLY;COUNT=2"}

    async def for_endVisitSeries(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"from": now(days=1)}

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
        told = {"phase": "in_sale", "content": self.said("delivered"), "occurred_at": now(hours=-1)}
        return {"customer_id": await self.customer(), **told}

    async def for_completeServiceStep(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"form": {}}
