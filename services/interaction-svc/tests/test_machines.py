"""Random courses of complaints and promises: a model, the answers and the database agree after every step."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNRESOLVED = {"received", "classified", "investigating", "waiting_customer", "resolving", "mediation"}
OVER = {"resolved", "informed", "closed"}
LEADS: dict[str, dict[str, str]] = {
    "classify": {each: each for each in UNRESOLVED - {"mediation"}} | {"received": "classified"},
    "assign": {each: each for each in UNRESOLVED | OVER - {"closed"}},
    "answer": {each: each for each in UNRESOLVED | OVER - {"closed"}},
    "hear": {each: each for each in UNRESOLVED | OVER - {"closed"}} | {"waiting_customer": "investigating"},
    "escalate": {each: each for each in UNRESOLVED},
    "start": {"classified": "investigating", "investigating": "resolving"},
    "wait": {"investigating": "waiting_customer"},
    "resume": {"waiting_customer": "investigating"},
    "resolve": dict.fromkeys(UNRESOLVED, "resolved"),
    "inform": dict.fromkeys(("resolved", "informed"), "informed"),
    "close": dict.fromkeys(("resolved", "informed"), "closed"),
    "mediate": dict.fromkeys(("informed", "closed"), "mediation"),
    "reopen": dict.fromkeys(OVER, "investigating"),
    "merge": dict.fromkeys(UNRESOLVED, "merged"),
    "unmerge": {"merged": "merged_from"},
}
COURSE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Case:
    """What a complaint should be; written down a second time, not taken from the table."""

    status: str = "received"
    owned: bool = False
    resolved: bool = False
    told: bool = False
    level: int = 0
    reopened: int = 0
    answered: bool = False
    awaited: bool = False
    before_merging: str = ""
    steps: list[str] = field(default_factory=lambda: ["open"])

    def after(self, verb: str, *, explained: bool) -> str | None:
        """The state that the verb leads to, or None if it is refused."""
        refused = {
            **dict.fromkeys(("start", "wait", "resolve"), not self.owned),
            "escalate": self.level == 3,
            "close": self.status == "resolved" and not explained,
        }
        there = None if refused.get(verb) else LEADS[verb].get(self.status)
        return self.before_merging if there == "merged_from" else there

    def do(self, verb: str, there: str) -> None:
        if verb == "merge":
            self.before_merging = self.status
        self.status = there
        self.steps.append(verb)
        self.owned |= verb == "assign"
        self.level += verb == "escalate"
        again = verb in {"reopen", "mediate"}
        heard = verb in {"answer", "wait", "inform"}
        self.answered |= heard
        self.awaited = (self.awaited or verb == "hear" or again) and not heard and verb != "close"
        self.reopened += again
        self.resolved = (self.resolved or verb == "resolve") and not again
        self.told = (self.told or verb == "inform") and not again


complaint_steps = st.lists(st.tuples(st.sampled_from(tuple(LEADS)), st.booleans()), max_size=14)
# Most random courses never leave the first states, so some begin further on.
beginnings = st.sampled_from(
    [
        (),
        ("assign", "classify", "start"),
        ("assign", "resolve"),
        ("assign", "resolve", "inform"),
        ("assign", "classify", "start", "wait"),
    ]
)


def _body(verb: str, *, explained: bool) -> dict[str, Any]:
    if verb == "assign":
        return {"owner_id": str(uuid4())}
    if verb == "resolve":
        return {"result": "换货"}
    if verb in {"answer", "hear"}:
        return {"text": "照片已收到"}
    if verb == "close":
        return {"reason": "客户已停业"} if explained else {}
    return {"reason": "不满意"} if verb in {"reopen", "mediate", "escalate", "unmerge"} else {}


@COURSE
@given(begin=beginnings, steps=complaint_steps)
async def test_complaints_do_what_the_model_does(world: Any, begin: Any, steps: Any) -> None:
    customer = await world.customer()
    complaint, other = await world.complaint(customer), await world.complaint(customer)
    model = Case()
    for verb, explained in [*((verb, True) for verb in begin), *steps]:
        there = model.after(verb, explained=explained)
        body = {"into_id": other["id"]} if verb == "merge" else _body(verb, explained=explained)
        answer = await world.do(complaint, verb, **body)
        assert answer.status_code == (409 if there is None else 200), (model, verb, answer.text)
        if there is None:
            assert answer.json()["complaint_status"] == model.status
        else:
            model.do(verb, there)
            assert answer.json()["status"] == there
        await _agree(world, UUID(complaint["id"]), model)


async def _agree(world: Any, complaint_id: UUID, model: Case) -> None:
    (row,) = await world.sql("SELECT * FROM complaint WHERE id = $1", complaint_id)
    steps = await world.sql(
        "SELECT verb, to_status, version FROM complaint_step WHERE complaint_id = $1 ORDER BY version",
        complaint_id,
    )
    assert (row["status"], row["escalation_level"], row["reopened_count"]) == (
        model.status,
        model.level,
        model.reopened,
    )
    assert (row["owner_id"] is not None, row["resolved_at"] is not None) == (model.owned, model.resolved)
    assert (row["informed_at"] is not None) == model.told
    assert (row["first_answered_at"] is not None, row["awaiting_since"] is not None) == (
        model.answered,
        model.awaited,
    )
    assert (row["sla_paused_at"] is not None) == (model.status in {"waiting_customer", "merged"})
    assert (row["step_due_at"] is None) == (model.status in {"closed", "merged"})
    assert (row["closed_at"] is not None) == (model.status == "closed")
    assert [step["verb"] for step in steps] == model.steps
    assert [step["version"] for step in steps] == list(range(1, row["version"] + 1))
    assert steps[-1]["to_status"] == row["status"]


@COURSE
@given(steps=st.lists(st.sampled_from(("move", "change", "keep", "withdraw", "pass")), max_size=8))
async def test_promises_do_what_the_model_does(world: Any, steps: list[str]) -> None:
    body = {"customer_id": await world.customer(), "content": "样品", "due_at": world.when(days=-3)}
    made = (await world.post("/v1/promises", body)).json()
    path, status, done = f"/v1/promises/{made['id']}", "open", ["make"]
    bodies = {"move": {"due_at": world.when(days=-9), "reason": "延期"}}
    for number, verb in enumerate(steps):
        if verb == "pass":
            await world.passed(UUID(made["id"]))
            there = "broken" if status == "open" else None
        elif verb == "change":
            answer = await world.patch(path, {"content": f"样品 {number}"})
            there = "open" if status == "open" else None
        else:
            answer = await world.post(f"{path}/{verb}", bodies.get(verb, {}))
            there = {
                ("open", "move"): "open",
                **{(before, "keep"): "kept" for before in ("open", "broken")},
                **{(before, "withdraw"): "withdrawn" for before in ("open", "broken")},
            }.get((status, verb))
        if verb != "pass":
            assert answer.status_code == (409 if there is None else 200), (status, verb, answer.text)
        if there is not None:
            status = there
            done.append("break" if verb == "pass" else verb)
        (row,) = await world.sql("SELECT * FROM promise WHERE id = $1", UUID(made["id"]))
        kept = await world.sql(
            "SELECT verb, status FROM promise_step WHERE promise_id = $1 ORDER BY version", row["id"]
        )
        assert (row["status"], row["version"]) == (status, len(done))
        assert [step["verb"] for step in kept] == done
        assert kept[-1]["status"] == status
        assert (row["broken_at"] is not None) == ("break" in done)
        assert (row["settled_at"] is not None) == (status in {"kept", "withdrawn"})
    told = [event["type"] for event in await world.events() if event["subject"] == made["id"]]
    assert told.count("promise.broken.v1") == done.count("break")
    assert told.count("promise.moved.v1") == done.count("move")
    assert told.count("promise.withdrawn.v1") == done.count("withdraw")
