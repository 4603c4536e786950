"""What tests of playbooks share: a playbook of one's own, what is told of customers, and stand-ins."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from notify_svc.playbook_runs.clients import Answered, Asked, WantedMessage
from notify_svc.playbook_runs.clock import ask_services, run_until_quiet
from notify_svc.playbook_runs.consumers import TRIGGER_EVENTS
from notify_svc.standing.consumers import STANDING_EVENTS
from shared.clock import new_id
from shared.db import Tx
from shared.events.customer import OrderRecorded
from shared.events.scoring import ObjectionMade, ScoreChanged, StageChanged, TierChanged
from shared.messaging.consumers import Consumers
from shared.references import CUSTOMER_EVENTS

HEARD = Consumers(CUSTOMER_EVENTS).also(STANDING_EVENTS).also(TRIGGER_EVENTS)

REMIND = {"kind": "reminder", "subject_zh": "请致电", "subject_en": "Call", "due_days": 2}
WAIT = {"kind": "wait", "days": 3}
WRITE = {"kind": "message", "template": "winback.lost", "channels": ["email", "sms"], "purpose": "care"}
COMPLAIN = {"kind": "open_complaint", "category": "service", "severity": "high", "subject": "Follow up"}
TAG = {"kind": "set_tag", "tag": "win-back"}
LOST = {"on": "stage", "entered": ["lost"]}


def only_if(field: str, *, otherwise: Any = "end", **bounds: Any) -> dict[str, Any]:
    return {"kind": "condition", "condition": {"all": [{"field": field, **bounds}]}, "else_go_to": otherwise}


def definition(*steps: Any, **given: Any) -> dict[str, Any]:
    return {"trigger": LOST, "entry": {"mode": "always"}, "steps": list(steps), **given}


class Post:
    """Takes messages as the room of messages does, in the caller's transaction, or fails as told."""

    def __init__(self) -> None:
        self.wanted: list[WantedMessage] = []
        self.failing: set[UUID] = set()

    async def __call__(self, tx: Tx, wanted: Sequence[WantedMessage]) -> list[UUID]:
        if any(each.customer_id in self.failing for each in wanted):
            raise LookupError("no such template")
        tx.after_commit(lambda: self.wanted.extend(wanted))
        return [new_id() for _ in wanted]


class Others:
    """Other services: what they were asked by each key, and what they answer next."""

    def __init__(self, *answers: Answered) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        return self.answers.pop(0) if self.answers else Answered("done", None, new_id())


async def hear(world: Any, *events: Any) -> None:
    async with world.database.begin() as tx:
        for event in events:
            for handler in HEARD.handlers(type(event)):
                await handler(tx, event)


async def playbook(world: Any, *steps: Any, publish: bool = True, **given: Any) -> str:
    """A playbook made and published through the API; its id."""
    body = {"code": f"p.{new_id().hex[-12:]}", "title_zh": "测试", "title_en": "Test"}
    made = await world.post(
        world.manager, "/v1/playbooks", {**body, "definition": definition(*steps, **given)}
    )
    assert made.status_code == 201, made.text
    if publish:
        published = await world.post(world.manager, f"/v1/playbooks/{made.json()['id']}/publish")
        assert published.status_code == 200, published.text
    found: str = made.json()["id"]
    return found


def lost(customer: UUID, version: int = 1, **given: Any) -> StageChanged:
    said = {"distributor_id": None, "from_stage": "active", "to_stage": "lost", **given}
    return StageChanged(subject=customer, version=version, **said)


def tier(customer: UUID, before: str | None, to: str, version: int = 1) -> TierChanged:
    return TierChanged(subject=customer, version=version, distributor_id=None, from_tier=before, to_tier=to)


def score(customer: UUID, version: int, level: str, at: Any, to: str = "core") -> ScoreChanged:
    return ScoreChanged(
        subject=customer, version=version, distributor_id=None, tier=to, stage="active", level=level,
        probability=None, p_alive=None, expected_value_minor=None, currency=None, scored_at=at,
    )  # fmt: skip


def order(world: Any, customer: UUID, days_ago: float = 0) -> OrderRecorded:
    named = new_id()
    return OrderRecorded(
        subject=named, version=1, distributor_id=None, customer_id=customer, order_id=named,
        ordered_at=world.database.now() - timedelta(days=days_ago), amount_minor=100, currency="CNY",
        channel=None, kind="sale",
    )  # fmt: skip


def objection(customer: UUID) -> ObjectionMade:
    return ObjectionMade(subject=new_id(), version=1, distributor_id=None, customer_id=customer)


async def run(world: Any, post: Any = None, others: Any = None) -> None:
    """Everything that is due now, other services' answers included."""
    for _ in range(4):
        await run_until_quiet(world.database, post or Post())
        if others is not None:
            await world.sql("UPDATE playbook_intent SET due_at = now() WHERE state = 'pending'")
            await ask_services(world.database, others)


async def later(world: Any, days: float) -> None:
    """Let time pass for runs: what is due in so many days is due that much earlier."""
    await world.sql(
        "UPDATE playbook_run SET wake_at = wake_at - make_interval(secs => $1 * 86400)"
        " WHERE wake_at IS NOT NULL",
        days,
    )


async def runs(world: Any, **filters: Any) -> list[Any]:
    asked = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = await world.get(world.manager, f"/v1/playbook-runs?limit=200&{asked}")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["data"]
    return found


async def detail(world: Any, run_id: str) -> Any:
    return (await world.get(world.manager, f"/v1/playbook-runs/{run_id}")).json()


def taken(run: Any) -> list[tuple[int, str, str, str | None]]:
    return [(step["step"], step["kind"], step["state"], step["code"]) for step in run["steps"]]


async def told(world: Any, kind: str) -> list[Any]:
    rows = await world.sql("SELECT payload FROM outbox WHERE type = $1 ORDER BY seq", kind)
    return [row["payload"]["data"] for row in rows]
