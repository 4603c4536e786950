"""What people told us about people stays in its tables: a story with unmistakable values leaves no trace."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import structlog
from prometheus_client import generate_latest
from tests.composed import Answer, Ask, Person, ask, composed, rows_of, signed_in

from shared.telemetry import logs, metrics
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

NAME = "Zqname 朱丽叶"
PHONE = "13912345678"
MAIL = "zqmail@zqdomain.example"
TEXT = "Zqtext she was very upset"
PASSWORD = "Zqpassword of somebody"
MARKS = ("zqname", "朱丽叶", "13912345678", "139 1234 5678", "zqmail", "zqdomain", "zqtext", "zqpassword")
KEPT_FOR_OTHERS = (
    "outbox",
    "inbox",
    "inbox_retry",
    "dead_letter",
    "idempotency",
    "job",
    "operation",
    "audit_entry",
    "audit_block",
    "audit_anchor",
)
"""Tables that leave the service, or outlive the record."""


def marks_in(text: str) -> list[str]:
    """Which marks stand in a text, however JSON or a URL writes them."""
    lowered = text.lower()
    spelled = {mark: (mark, json.dumps(mark)[1:-1].lower(), mark.encode().hex()) for mark in MARKS}
    return [mark for mark, ways in spelled.items() if any(way in lowered for way in ways)]


@pytest.fixture
async def system(
    postgres_server: EmbeddedPostgres, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> AsyncIterator[System]:
    """The system, logging as it does in operation, into what the test captures."""
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    logs.configure("DEBUG")
    structlog.configure(
        logger_factory=lambda *_: structlog.PrintLogger(sys.__stderr__), cache_logger_on_first_use=False
    )
    async with composed(postgres_server, "private", tmp_path) as system:
        yield system
    structlog.configure(**before)
    logging.root.handlers[:] = handlers


class Story:
    """Asks as people do, well and badly; keeps the answers that may not tell anything."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.refusals: list[Answer] = []
        self.addresses: list[str] = []
        self.token = ""

    async def ask(self, method: str, path: str, body: Any = None, *, status: int, **headers: str) -> Answer:
        where, _, query = path.partition("?")
        request = Ask(method, where.encode(), query.encode())
        if body is not None:
            request = request.saying(json.dumps(body).encode())
        answer = await self.person.send(request.having(*headers.items()))
        assert answer.status == status, (method, path, answer.status, answer.body)
        if answer.status >= 400:
            self.refusals.append(answer)
        self.addresses.append(answer.headers.get("location", ""))
        return answer

    async def customer(self) -> str:
        body = {
            "name": NAME,
            "kind": "person",
            "phone": PHONE,
            "email": MAIL,
            "code": "C-1",
            "tags": [TEXT],
            "industry": MAIL,
            "size": f"call {PHONE}",
            "region": TEXT,
            "attributes": {"note": TEXT},
        }
        made = await self.ask("POST", "/v1/customers", body, status=201, **{"idempotency-key": "once"})
        await self.ask("POST", "/v1/customers", body, status=201, **{"idempotency-key": "once"})
        await self.ask(
            "POST", "/v1/customers", {**body, "name": NAME * 2}, status=422, **{"idempotency-key": "once"}
        )
        await self.ask("POST", "/v1/customers", body, status=409)
        await self.ask(
            "POST", "/v1/customers", {**body, "email": f"{MAIL} {TEXT}", "phone": TEXT}, status=422
        )
        await self.ask("POST", "/v1/customers", [NAME, {PHONE: MAIL}], status=422)
        await self.ask("POST", "/v1/customers", {**body, "kind": NAME, "tags": {"a": TEXT}}, status=422)
        found = str(made.json()["id"])
        contact = {"name": NAME, "phone": PHONE, "email": MAIL}
        await self.ask("POST", f"/v1/customers/{found}/contacts", contact, status=201)
        patch = {"name": NAME + "!", "phone": PHONE}
        await self.ask("PATCH", f"/v1/customers/{found}", patch, status=200, **{"if-match": "*"})
        await self.ask("PATCH", f"/v1/customers/{found}", patch, status=412, **{"if-match": '"v999"'})
        await self.ask("GET", f"/v1/customers?limit={PHONE}", status=422)
        return found

    async def life(self, customer: str) -> None:
        order = {
            "customer_id": customer,
            "order_no": "SO-1",
            "ordered_at": "2026-03-01T09:30:00Z",
            "amount": {"amount_minor": 100, "currency": "CNY"},
            "channel": "online_shop",
            "lines": [
                {
                    "sku": MAIL,
                    "name": TEXT,
                    "category": PHONE,
                    "quantity": 1,
                    "amount": {"amount_minor": 100, "currency": "CNY"},
                }
            ],
        }
        await self.ask("POST", "/v1/orders", order, status=201)
        await self.ask(
            "POST", "/v1/orders", {**order, "amount": {"amount_minor": 5, "currency": "CNY"}}, status=409
        )
        talk = {
            "customer_id": customer,
            "channel": "call",
            "direction": "inbound",
            "occurred_at": "2026-03-01T09:30:00Z",
            "summary": TEXT,
            "agreement": TEXT,
            "participants": [{"kind": "contact", "name": NAME}],
        }
        await self.ask("POST", "/v1/interactions", talk, status=201)
        await self.ask("POST", "/v1/interactions", {**talk, "direction": TEXT}, status=422)
        case = {
            "customer_id": customer,
            "channel": "call",
            "category": "delivery",
            "subject": TEXT,
            "description": TEXT,
        }
        found = (await self.ask("POST", "/v1/complaints", case, status=201)).json()["id"]
        await self.ask("POST", f"/v1/complaints/{found}/inform", {"text": TEXT}, status=409)
        me = (await self.ask("GET", "/v1/auth/me", status=200)).json()["id"]
        await self.ask("POST", f"/v1/complaints/{found}/assign", {"owner_id": me, "note": TEXT}, status=200)
        await self.ask("POST", f"/v1/complaints/{found}/escalate", {"reason": TEXT}, status=200)
        await self.ask("POST", f"/v1/complaints/{found}/resolve", {"result": TEXT}, status=200)
        await self.ask("POST", f"/v1/complaints/{found}/inform", {"text": TEXT}, status=200)
        await self.ask("POST", f"/v1/complaints/{found}/mediate", {"reason": TEXT}, status=200)
        later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
        promise = {"customer_id": customer, "complaint_id": found, "content": TEXT, "due_at": later}
        made = (await self.ask("POST", "/v1/promises", promise, status=201)).json()["id"]
        moved = {"due_at": later, "reason": TEXT}
        await self.ask("POST", f"/v1/promises/{made}/move", moved, status=200)
        await self.ask("POST", f"/v1/promises/{made}/keep", {"note": TEXT}, status=200)
        await self.visits(customer)
        await self.services(customer)
        due = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        reminder = {"subject": TEXT, "note": TEXT, "due_at": due, "customer_id": customer}
        await self.ask("POST", "/v1/reminders", reminder, status=201)
        account = {
            "username": "zq-user",
            "display_name": NAME,
            "password": PASSWORD,
            "email": MAIL,
            "roles": ["sales"],
        }
        await self.ask("POST", "/v1/staff", account, status=201)
        await self.ask("POST", "/v1/staff", account, status=409)
        await self.ask("POST", "/v1/staff", {**account, "roles": [NAME]}, status=422)

    async def visits(self, customer: str) -> None:
        """One that takes place, one that does not, and the calendar of both."""
        start = datetime.now(UTC) + timedelta(hours=1)
        visit = {
            "customer_id": customer,
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=1)).isoformat(),
            "timezone": "Asia/Shanghai",
            "purpose": TEXT,
            "content": TEXT,
            "place": {"text": TEXT, "latitude": 31.3, "longitude": 121.2},
            "participants": [{"kind": "contact", "name": NAME}],
        }
        for verb, body in (("report", {"summary": TEXT, "agreement": TEXT}), ("cancel", {"reason": TEXT})):
            made = (await self.ask("POST", "/v1/visits", visit, status=201)).json()["id"]
            await self.ask("POST", f"/v1/visits/{made}/{verb}", body, status=200)
            await self.ask("POST", f"/v1/visits/{made}/{verb}", body, status=409)
        await self.ask("POST", "/v1/visits", {**visit, "timezone": TEXT}, status=422)
        series = {name: visit[name] for name in ("customer_id", "timezone", "purpose", "content", "place")}
        when = {"rrule": "FREQ=DAILY", "starts_on_local": "2000-01-01T09:00", "duration_minutes": 30}
        await self.ask("POST", "/v1/visit-series", {**series, **when}, status=422)
        await self.ask("POST", "/v1/visit-series", {**series, **when, "rrule": TEXT}, status=422)
        url = (await self.person("POST", "/v1/visits/feed")).json()["url"]
        self.token, program = url.partition("token=")[2], Person(self.person.front)
        async with asyncio.timeout(20):
            while (await program("GET", "/v1/visits.ics", token=self.token)).status != 200:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        await self.ask("GET", f"/v1/visits.ics?token={self.token}x", status=404)

    async def surveyed(self, customer: str) -> str:
        """A customer answers badly, in words of their own; the secret end of their link."""
        words = {"zh": TEXT, "en": TEXT}
        rate = {"code": "rate", "type": "rating", "text": words, "required": True}
        say = {"code": "say", "type": "text", "text": words}
        document = {"title": words, "sections": [{"title": words, "questions": [rate, say]}]}
        rule = {"on": True, "rating_at_most": 2, "category": "service"}
        body = {"name": NAME, "open_complaint": rule}
        path = (await self.ask("POST", "/v1/surveys", body, status=201)).headers["location"]
        await self.ask("POST", f"{path}/versions", {"document": document}, status=201)
        await self.ask("POST", f"{path}/versions/1/publish", status=200)
        asked = {"customer_id": customer}
        made = (await self.ask("POST", f"{path}/invitations", asked, status=201)).json()
        page = f"/s/{made['token']}"
        place = (await self.ask("GET", page, status=200)).body.decode().partition('name="place" value="')[2]
        said = {"place": place.partition('"')[0], "q_say": TEXT + PHONE}
        await self.sent(page, {**said, "q_rate": "7"}, {**said, "q_rate": "1"})
        await self.ask("GET", "/v1/survey-responses", status=200)
        return str(made["token"])

    async def complained(self, customer: str) -> str:
        """A customer complains on a page of their own; the secret end of their link."""
        words = {"zh": TEXT, "en": TEXT}
        form = {"name": NAME, "title": words, "categories": [{"code": "delivery", "text": words}]}
        path = (await self.ask("POST", "/v1/complaint-forms", form, status=201)).headers["location"]
        made = await self.ask("POST", f"{path}/links", {"customer_id": customer}, status=201)
        token = str(made.json()["url"]).rpartition("/")[2]
        await self.ask("GET", f"/c/{token}", status=200)
        said = {"do": "send", "subject": TEXT, "description": TEXT + PHONE}
        await self.sent(f"/c/{token}", {**said, "category": TEXT}, {**said, "category": "delivery"})
        return token

    async def sent(self, page: str, wrong: dict[str, str], right: dict[str, str]) -> None:
        """A form of a page: refused, then taken; and a page that is nobody's."""
        for fields, status in ((wrong, 422), (right, 303)):
            said = urlencode(fields).encode()
            request = Ask("POST", page.encode()).saying(said, "application/x-www-form-urlencoded")
            answer = await ask(self.person.front, request)
            assert answer.status == status, answer.body
            self.refusals += [answer] if status >= 400 else []
        self.refusals.append(await ask(self.person.front, Ask("GET", f"{page}x".encode())))

    async def services(self, customer: str) -> None:
        """One that is done and rated, one whose step is skipped, one that is cancelled, one of the past."""
        field = {"code": "what", "label": "内容", "type": "text", "required": True}
        step = {"code": "a", "name": "受理", "role": "admin", "expected_minutes": 9, "form": [field]}
        template = {"name": "维修", "phase": "after_sale", "steps": [step]}
        process = (await self.ask("POST", "/v1/service-processes", template, status=201)).json()["id"]
        body = {"customer_id": customer, "process_id": process, "content": TEXT}
        made = [await self.ask("POST", "/v1/service-records", body, status=201) for _ in range(3)]
        paths = [f"/v1/service-records/{answer.json()['id']}" for answer in made]
        await self.ask("POST", f"{paths[0]}/steps/a/start", {}, status=200)
        for form, status in (({"what": [TEXT]}, 422), ({TEXT: TEXT}, 422), ({"what": TEXT}, 200)):
            await self.ask("POST", f"{paths[0]}/steps/a/complete", {"form": form}, status=status)
        for status in (200, 409):
            rating = {"rating": 4, "comment": TEXT}
            await self.ask("POST", f"{paths[0]}/rate", rating, status=status)
            await self.ask("POST", f"{paths[1]}/steps/a/skip", {"reason": TEXT}, status=status)
            await self.ask("POST", f"{paths[2]}/cancel", {"reason": TEXT}, status=status)
        past = {"customer_id": customer, "phase": "in_sale", "content": TEXT, "staff_id": TEXT}
        await self.ask("POST", "/v1/service-records", past, status=422)

    async def lists(self) -> None:
        """Cursors and further addresses say nothing of what they stand for."""
        for number in range(3):
            body = {"name": f"{NAME} {number}", "kind": "person", "phone": f"1391234567{number}"}
            await self.ask("POST", "/v1/customers", body, status=201)
        for path in ("/v1/customers?limit=1&sort=name", "/v1/customers?limit=1", "/v1/interactions?limit=1"):
            page = (await self.ask("GET", path, status=200)).json()["page"]
            self.addresses.append(page["next_cursor"] or "")

    async def told_to_the_audit(self, customer: str) -> None:
        """Personal data in addresses, in filters and in the name of somebody who signs in."""
        await self.ask("GET", f"/v1/customers?q={quote(NAME)}", status=200)
        identity = {"channel": "wechat", "external_id": PHONE}
        await self.person.made(f"/v1/customers/{customer}/identities", identity)
        await self.ask("GET", f"/v1/customers/by-identity/wechat/{PHONE}", status=200)
        await self.ask("GET", f"/v1/customers/by-identity/wechat/{MAIL}", status=404)
        form = urlencode({"username": MAIL, "password": PASSWORD}).encode()
        request = Ask("POST", b"/v1/auth/token").saying(form, "application/x-www-form-urlencoded")
        self.refusals.append(await ask(self.person.front, request))

    async def imported(self) -> None:
        """A file with wrong rows: what is reported of them names places, not values."""
        rows = (
            f"name,kind,phone,email\n{NAME} A,person,{TEXT},{MAIL}\n{NAME} B,{TEXT},{PHONE},no mail {TEXT}\n"
        )
        boundary = "b0undary"
        parts = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
            for name, more, value in (("entity", "", "customers"), ("file", f'; filename="{NAME}.csv"', rows))
        )
        whole = f"{parts}--{boundary}--\r\n".encode()
        request = Ask("POST", b"/v1/imports").saying(whole, f"multipart/form-data; boundary={boundary}")
        found = (await self.person.send(request)).json()["id"]
        state = "queued"
        async with asyncio.timeout(30):
            while state in {"queued", "running"}:
                await asyncio.sleep(0.05)
                state = (await self.person("GET", f"/v1/imports/{found}")).json()["status"]
        for path in (
            f"/v1/imports/{found}/errors",
            f"/v1/imports/{found}/errors.csv",
            f"/v1/operations/{found}",
        ):
            answer = await self.person("GET", path)
            assert answer.status == 200
            self.refusals.append(answer)


@pytest.mark.slow
async def test_nothing_personal_leaves_its_tables(
    system: System, postgres_server: EmbeddedPostgres, capfd: pytest.CaptureFixture[str]
) -> None:
    metrics.install()
    story = Story(await signed_in(system.front))
    customer = await story.customer()
    await story.life(customer)
    tokens = (await story.surveyed(customer), await story.complained(customer), story.token)
    await story.lists()
    await story.told_to_the_audit(customer)
    await story.imported()
    await _break(postgres_server)
    await story.ask(
        "POST", "/v1/customers", {"name": NAME, "kind": "person", "phone": "13912345999"}, status=500
    )
    await _settled(system)
    kinds = set()
    for service in system.services:
        await service.journal.flush()
        async with service.database.read() as db:
            kinds |= {row["kind"] for row in await db.connection.fetch("SELECT kind FROM audit_entry")}
    assert kinds == {"change", "read", "refusal"}

    for answer in story.refusals:
        assert not marks_in(answer.body.decode() + str(answer.headers)), answer.body
    assert not marks_in(" ".join(story.addresses))
    for service in system.services:
        for table in KEPT_FOR_OTHERS:
            async with service.database.read() as db:
                rows = rows_of(await db.connection.fetch(f"SELECT * FROM {table}"))
            assert not marks_in(str(rows)), (service.name, table)
            assert not [each for each in tokens if each in str(rows)], (service.name, table)
    shown = generate_latest(metrics._registry).decode()
    assert "http_" in shown
    assert not marks_in(shown)
    assert not [each for each in tokens if each in shown]
    logged = "".join(capfd.readouterr())
    assert '"/s/{token}"' in logged
    assert '"/c/{token}"' in logged
    assert not [each for each in tokens if each in logged]
    assert logged.count('"event"') > 30
    assert '"failed"' in logged
    assert not marks_in(logged), [line for line in logged.splitlines() if marks_in(line)][:5]


async def _break(server: EmbeddedPostgres) -> None:
    """Have PostgreSQL fail with the values in its message."""
    import asyncpg  # noqa: PLC0415

    owner = await asyncpg.connect(server.ensure_service("private_customer").owner_url)
    try:
        await owner.execute(
            """
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'cannot take % %', NEW.name, NEW.phone; END $$;
            CREATE TRIGGER shout BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION shout();
            """
        )
    finally:
        await owner.close()


async def _settled(system: System) -> None:
    """Until every event is told, so that consumers have logged what they log."""
    async with asyncio.timeout(30):
        for service in system.services:
            while await _waiting(service.database):  # noqa: ASYNC110 - only asking can tell
                await asyncio.sleep(0.05)


async def _waiting(database: Any) -> int:
    async with database.read() as db:
        return int(await db.connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
