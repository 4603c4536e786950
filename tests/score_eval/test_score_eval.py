"""The judge of the scoring model judges rightly: its limits bite, its worlds hold what they plant."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tools.score_eval.cases import Case, folder, invented
from tools.score_eval.causes import resampled, verdicts
from tools.score_eval.lines import Line
from tools.score_eval.proofs import sameness
from tools.score_eval.rivals import hindsight
from tools.score_eval.simulate import MARKETS, simulate

from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import Forecast, foresee

Judged = tuple[Case, ScoringModel, Forecast]


@pytest.fixture(scope="module")
def judged() -> Judged:
    case = invented(simulate(replace(MARKETS[1], customers=700), 3), 3)
    model = learn(case.facts, case.as_of, horizon_weeks=case.horizon)
    return case, model, foresee(case.origin.known, model, Policy())


def test_a_line_holds_on_its_side_of_the_limit_only() -> None:
    assert Line("a", "b", 0.8, 0.7).verdict == "holds"
    assert Line("a", "b", 0.6, 0.7).verdict == "FAILS"
    assert Line("a", "b", 0.6, 0.7, "at most").verdict == "holds"
    assert Line("a", "b", float("nan"), 0.7, "at most").verdict == "FAILS"
    assert Line("a", "b", None, 0.7).verdict == "not given"
    assert Line("a", "b", 0.6).verdict == ""


def test_the_same_seed_makes_the_same_world_and_nobody_is_met_after_leaving(judged: Judged) -> None:
    world, again = (simulate(replace(MARKETS[1], customers=300), 5) for _ in range(2))
    assert np.array_equal(world.facts.orders.ts, again.facts.orders.ts)
    assert np.array_equal(world.hazards, again.hazards)
    last = np.full(300, np.datetime64("2020-01-01", "us"))
    last[world.facts.contacts.customer] = world.facts.contacts.ts
    quiet = world.as_of - np.timedelta64(14, "D")
    assert last[world.left].max() <= world.as_of
    assert np.mean(last[~world.left] > quiet) > 2 * np.mean(last[world.left] > quiet)


def test_naming_the_wrong_driver_or_one_without_a_fact_is_noticed(judged: Judged) -> None:
    case, _, said = judged
    right = verdicts(case, said)
    assert right.contradicted == 0
    assert right.first <= right.among_three <= right.at_risk
    topics = said.reasons.weight.copy()
    topics[:, 4:7] = topics[:, [5, 6, 4]]  # complaint, satisfaction and contact change places
    wrong = verdicts(case, replace(said, reasons=replace(said.reasons, weight=topics)))
    assert wrong.first < right.first
    assert wrong.contradicted > 0


def test_the_proofs_would_notice_a_model_that_looks_ahead(judged: Judged) -> None:
    case, model, said = judged
    assert all(line.verdict == "holds" for line in sameness(case, model, said))
    for name in ("expected_orders", "expected_value"):
        other = replace(said, **{name: getattr(said, name) * (1 + 1e-6)})
        assert all(line.verdict == "FAILS" for line in sameness(case, model, other))


def test_a_bootstrap_keeps_whole_customers_as_often_as_they_were_drawn(judged: Judged) -> None:
    facts = judged[0].facts
    drawn = resampled(facts, np.array([4, 4, 9]))
    assert len(drawn) == 3
    counts = np.bincount(facts.orders.customer, minlength=len(facts))
    assert sorted(np.bincount(drawn.orders.customer)) == sorted([counts[4], counts[4], counts[9]])


def test_hindsight_finds_the_best_silence() -> None:
    silence, left = np.array([1.0, 2.0, 30.0, 40.0]), np.array([False, False, True, True])
    assert 2.0 <= hindsight(silence, left) < 30.0


def _written(path: Path, header: str, *rows: str) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.write("\n".join([header, *rows, ""]))


def test_a_folder_of_ones_own_is_read_with_its_truth(tmp_path: Path) -> None:
    _written(tmp_path / "orders.csv.gz", "customer_id,ts,amount", "a,2026-01-05,10", "b,2026-03-01,20")
    _written(tmp_path / "complaints.csv.gz", "customer_id,ts,severity,resolved_at", "b,2026-03-02,2,")
    _written(tmp_path / "contacts.csv.gz", "customer_id,ts", "a,2026-02-01")
    _written(tmp_path / "surveys.csv.gz", "customer_id,ts,score", "a,2026-02-02,4")
    causes = "h_complaint,h_satisfaction,h_contact,orders13,spend13"
    _written(
        tmp_path / "truth.csv.gz", f"customer_id,{causes}", "a,0,0,0.1,0,0", "b,0.2,0,0,3,70", "c,0,0,0,0,0"
    )
    case = folder(tmp_path)
    assert str(case.as_of) == "2026-03-02T00:00:00.000000"
    assert case.horizon == 13
    assert case.origin.who.tolist() == [0, 1], "who never bought is not judged"
    assert case.origin.bought.tolist() == [False, True]
    assert case.origin.net.tolist() == [0.0, 70.0]
    assert case.hazards is not None
    assert case.hazards.tolist() == [[0, 0, 0.1], [0.2, 0, 0]]
