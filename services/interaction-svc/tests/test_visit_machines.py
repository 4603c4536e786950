"""Random courses of visits: a model, the answers and the database agree after every step."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interaction_svc.visits.commands import MISSING

VERBS = ("change", "move", "check-in", "report", "cancel", "pass")
LEADS = {
    **{("planned", verb): "planned" for verb in ("change", "move", "check-in")},
    ("planned", "report"): "done",
    ("planned", "cancel"): "cancelled",
    ("planned", "pass"): "missed",
    ("missed", "report"): "done",
}
"""Written down a second time, not taken from the table."""
STORED = {"check-in": "check_in", "pass": "miss"}
TOLD = {"done": "visit.done.v1", "cancelled": "visit.cancelled.v1", "missed": "visit.missed.v1"}


async def _asked(world: Any, path: str, verb: str, number: int) -> Any:
    if verb == "change":
        return await world.patch(path, {"purpose": f"回访 {number}"})
    if verb == "move":
        times = {"starts_at": world.when(minutes=-60 - number), "ends_at": world.when(minutes=-120 - number)}
        return await world.patch(path, times)
    bodies: dict[str, Any] = {
        "check-in": {"latitude": 1, "longitude": 2},
        "report": {"summary": "x"},
        "cancel": {"reason": "x"},
    }
    return await world.post(f"{path}/{verb}", bodies[verb])


async def _passed(world: Any, visit_id: UUID) -> None:
    await world.sql(
        "UPDATE visit SET starts_at = now() - interval '26 hours', ends_at = now() - interval '25 hours' "
        "WHERE id = $1 AND status = 'planned'",
        visit_id,
    )
    await world.swept(MISSING)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(VERBS), max_size=8))
async def test_visits_do_what_the_model_does(world: Any, steps: list[str]) -> None:
    made = await world.visit(await world.customer())
    path, visit_id = f"/v1/visits/{made['id']}", UUID(made["id"])
    status, done, told = "planned", ["plan"], ["visit.planned.v1"]
    for number, verb in enumerate(steps):
        there = LEADS.get((status, verb))
        if verb == "check-in" and "check_in" in done:
            there = None
        if verb == "pass":
            await _passed(world, visit_id)
        else:
            answer = await _asked(world, path, verb, number)
            assert answer.status_code == (409 if there is None else 200), (status, verb, answer.text)
        if there is not None:
            told += ["visit.planned.v1"] if verb == "move" else [TOLD[there]] if there != status else []
            status = there
            done.append(STORED.get(verb, verb))
        (row,) = await world.sql("SELECT * FROM visit WHERE id = $1", visit_id)
        kept = await world.sql("SELECT * FROM visit_step WHERE visit_id = $1 ORDER BY version", visit_id)
        assert (row["status"], row["version"]) == (status, len(done))
        assert [step["verb"] for step in kept] == done
        assert kept[-1]["status"] == status
        assert (row["missed_at"] is not None) == ("miss" in done)
        assert (row["interaction_id"] is not None) == ("report" in done)
        assert (row["checked_in_at"] is not None) == ("check_in" in done)
    events = [event["type"] for event in await world.events() if event["subject"] == made["id"]]
    assert events == told
