"""`python -m tools.score_eval [FOLDER]`: the acceptance table; exit code 1 when a line fails."""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.score_eval import cases
from tools.score_eval.cases import Case
from tools.score_eval.causes import Verdicts, steadiness, verdicts
from tools.score_eval.figures import figures
from tools.score_eval.lines import Line
from tools.score_eval.proofs import published, sameness
from tools.score_eval.rivals import rivals
from tools.score_eval.simulate import MARKETS, simulate

from scoring_svc.modelling.forecast import Forecast, foresee
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy

SEEDS = (20_261, 20_262)
ALL_INVENTED = "simulated markets"


def main() -> None:
    """Print every line as soon as it is known, and at the end how many hold."""
    parser = argparse.ArgumentParser(prog="score-eval", description="Judge the scoring model.")
    parser.add_argument("folder", type=Path, nargs="?", help="a log with its truth, as docs/scoring.md says")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS, help="of the simulated markets")
    told = parser.parse_args()
    began, verdicts_found = time.process_time(), list[str]()
    for line in _lines(told.folder, told.seeds):
        print(line, flush=True)
        verdicts_found.append(line.verdict)
    failed, held = verdicts_found.count("FAILS"), verdicts_found.count("holds")
    missing = verdicts_found.count("not given")
    spent = time.process_time() - began
    print(f"\n{held} lines hold, {failed} fail, {missing} not given; {spent:.0f} CPU s")
    sys.exit(1 if failed else 0)


def _lines(folder: Path | None, seeds: tuple[int, ...]) -> Iterator[Line]:
    first = cases.cdnow()
    yield from published(first)
    for case in (first, cases.retail()):
        model, said = _judged(case)
        yield from figures(case, said, rivals(case, model))
        yield from sameness(case, model, said)
    yield from _given(folder)
    yield from _invented(seeds)


def _judged(case: Case) -> tuple[ScoringModel, Forecast]:
    model = learn(case.facts, case.as_of, horizon_weeks=case.horizon)
    return model, foresee(case.origin.known, model, Policy())


def _given(folder: Path | None) -> Iterator[Line]:
    if folder is None:
        yield Line("channel_sim_dev", "reasons and figures (DATA=folder)", None)
        return
    case = cases.folder(folder)
    model, said = _judged(case)
    yield from figures(case, said, rivals(case, model))
    yield from verdicts(case, said).lines(case.name)
    yield from steadiness(case, said)
    yield from sameness(case, model, said)


def _invented(seeds: tuple[int, ...]) -> Iterator[Line]:
    total = Verdicts()
    for market in MARKETS:
        for seed in seeds:
            case = cases.invented(simulate(market, seed), seed)
            model, said = _judged(case)
            yield from figures(case, said, rivals(case, model))
            yield from steadiness(case, said)
            found = verdicts(case, said)
            beside = {"among three": found.among_three / found.at_risk, "at risk": float(found.at_risk)}
            yield Line(
                case.name, "true driver first among drivers", found.first / found.at_risk, beside=beside
            )
            total += found
    if seeds:
        yield from total.lines(ALL_INVENTED)


if __name__ == "__main__":
    main()
