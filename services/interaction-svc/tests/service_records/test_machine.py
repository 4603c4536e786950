"""Random courses of services: a model, the answers and the database agree after every step."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .steps import do, process, run, step

COURSE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CODES = ("a", "b", "c")


ALL = ("start", "complete", "skip")
REFUSED: dict[str, dict[str, str]] = {
    "pending": dict.fromkeys(ALL, "step_out_of_order"),
    "ready": {"complete": "step_not_started"},
    "started": {"start": "step_started"},
    **dict.fromkeys(("done", "skipped"), dict.fromkeys(ALL, "step_over")),
}


@dataclass
class Service:
    """What a service should be; written down a second time, not taken from the rules."""

    steps: list[str] = field(default_factory=lambda: ["ready", "pending", "pending"])
    status: str = "running"
    rating: int | None = None
    verbs: list[str] = field(default_factory=lambda: ["begin"])

    def refusal(self, verb: str, place: int) -> str | None:
        """Why the verb is refused, or None if it is not."""
        if verb == "rate":
            rated = None if self.rating is None else "service_rated"
            return rated if self.status == "done" else "service_not_done"
        if self.status != "running":
            return "service_over"
        return None if verb == "cancel" else REFUSED[self.steps[place]].get(verb)

    def do(self, verb: str, place: int) -> None:
        self.verbs.append(verb)
        if verb == "rate":
            self.rating = 3
        elif verb == "cancel":
            self.status = "cancelled"
        elif verb == "start":
            self.steps[place] = "started"
        else:
            self.steps[place] = "done" if verb == "complete" else "skipped"
            if place + 1 < len(CODES):
                self.steps[place + 1] = "ready"
            else:
                self.status = "done"


BODIES: dict[str, dict[str, Any]] = {
    "skip": {"reason": "无需"},
    "cancel": {"reason": "客户取消"},
    "rate": {"rating": 3},
}
moves = st.tuples(st.sampled_from(("start", "complete", "skip", "cancel", "rate")), st.integers(0, 2))
# Most random courses never come to an end, so some begin further on.
beginnings = st.sampled_from(
    [
        [],
        [("start", 0)],
        [("start", 0), ("complete", 0), ("skip", 1)],
        [("start", 0), ("complete", 0), ("skip", 1), ("start", 2), ("complete", 2)],
    ]
)


@COURSE
@given(begin=beginnings, course=st.lists(moves, max_size=10))
async def test_services_do_what_the_model_does(world: Any, begin: Any, course: Any) -> None:
    made = await run(world, await process(world, *(step(code) for code in CODES)))
    model = Service()
    for verb, place in [*begin, *course]:
        refusal = model.refusal(verb, place)
        code = "" if verb in {"cancel", "rate"} else CODES[place]
        answer = await do(world, made, verb, code, **BODIES.get(verb, {}))
        if refusal is None:
            assert answer.status_code == 200, (model, verb, place, answer.text)
            model.do(verb, place)
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, refusal), (model, verb, place)
        await _agree(world, UUID(made["id"]), model)
    events = [event["type"] for event in await world.events() if event["subject"] == made["id"]]
    assert events == ["service.recorded.v1"] * (model.status == "done") + ["service.rated.v1"] * (
        model.rating is not None
    )


async def _agree(world: Any, record_id: UUID, model: Service) -> None:
    (row,) = await world.sql("SELECT * FROM service_record WHERE id = $1", record_id)
    steps = await world.sql("SELECT * FROM service_step WHERE record_id = $1 ORDER BY position", record_id)
    lines = await world.sql("SELECT * FROM service_move WHERE record_id = $1 ORDER BY version", record_id)
    assert [each["status"] for each in steps] == model.steps
    assert (row["status"], row["rating"]) == (model.status, model.rating)
    assert [line["verb"] for line in lines] == model.verbs
    assert [line["version"] for line in lines] == list(range(1, row["version"] + 1))
    assert lines[-1]["status"] == row["status"]
    turn = [each for each in steps if each["status"] in {"ready", "started"}]
    assert len(turn) == (model.status != "done")
    if model.status == "running":
        assert (row["step_code"], row["due_at"]) == (turn[0]["code"], turn[0]["due_at"])
        assert (row["handler_id"] is not None) == (turn[0]["status"] == "started")
    else:
        assert (row["step_code"], row["due_at"], row["handler_id"]) == (None, None, None)
    for before, after in pairwise(steps):
        assert after["ready_at"] == before["finished_at"]
    for each in steps:
        assert (each["waiting_seconds"] is not None) == (each["started_at"] is not None)
        assert (each["handling_seconds"] is not None) == (each["status"] == "done")
