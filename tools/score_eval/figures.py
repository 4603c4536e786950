"""Ranking, calibration, orders and spend of a case, beside its rivals and its limits."""

from collections.abc import Iterator, Mapping

import numpy as np
from tools.score_eval.cases import Case
from tools.score_eval.lines import Line
from tools.score_eval.rivals import Rivals, hindsight

from scoring_svc.modelling import metrics
from scoring_svc.modelling.forecast import Forecast

Limits = Mapping[str, float]
PUBLIC: Mapping[str, Limits] = {
    "cdnow_sample": {
        "AUC all": 0.785, "AUC early": 0.715, "Brier": 0.113, "ECE": 0.045, "orders MAE": 0.352,
        "orders bias": 0.18, "spend Gini": 0.64, "spend top-10 % hit": 0.46,
    },
    "online_retail": {
        "AUC all": 0.738, "AUC early": 0.745, "Brier": 0.217, "ECE": 0.11, "orders MAE": 0.94,
        "orders bias": 0.32, "spend Gini": 0.68, "spend top-10 % hit": 0.55,
    },
}  # fmt: skip
_ALMOST = 0.005  # how far noise may carry the model below a rival on a log without a limit of its own
_CALIBRATED = 0.11  # the wider of the two public limits
_EVEN = 0.5


def figures(case: Case, said: Forecast, rivals: Rivals) -> Iterator[Line]:
    """Every line of the table that needs no planted truth."""
    yield from _churn(case, said, rivals)
    yield _accuracy(case, said, rivals)
    yield from _amounts(case, said, rivals)
    yield from _groups(case, said)


def _churn(case: Case, said: Forecast, rivals: Rivals) -> Iterator[Line]:
    left, early, chance = case.origin.left, case.origin.early, said.risk.probability
    ranked = {**rivals.ranks, **rivals.chances}
    for what, group in (("AUC all", np.ones(len(left), dtype=bool)), ("AUC early", early)):
        others = {name: metrics.auc(values[group], left[group]) for name, values in ranked.items()}
        own = metrics.auc(chance[group], left[group])
        rules = max(others["recency"], others["last-N"], others["BG p_buy"]) - _ALMOST
        yield Line(case.name, what, own, PUBLIC.get(case.name, {}).get(what, rules), "at least", others)
    for what, measure in (("Brier", metrics.brier), ("ECE", metrics.calibration_error)):
        others = {name: measure(values, left) for name, values in rivals.chances.items()}
        usual = others["BG p_buy"] + _ALMOST if what == "Brier" else _CALIBRATED
        limit = PUBLIC.get(case.name, {}).get(what, usual)
        yield Line(case.name, what, measure(chance, left), limit, "at most", others)


def _accuracy(case: Case, said: Forecast, rivals: Rivals) -> Line:
    left, silence = case.origin.left, case.origin.known.rhythm.silence
    rule = float(np.mean(rivals.hiatus == left))
    afterwards = float(np.mean((silence > hindsight(silence, left)) == left))
    beside = {"hiatus tuned": rule, "in hindsight": afterwards}
    own = float(np.mean((said.risk.probability > _EVEN) == left))
    return Line(case.name, "accuracy at p_buy >= .5", own, rule, "at least", beside)


def _amounts(case: Case, said: Forecast, rivals: Rivals) -> Iterator[Line]:
    orders, net, limits = case.origin.orders, case.origin.net, PUBLIC.get(case.name, {})
    others = {name: metrics.mean_absolute_error(each, orders) for name, each in rivals.orders.items()}
    own = metrics.mean_absolute_error(said.expected_orders, orders)
    yield Line(case.name, "orders MAE", own, limits.get("orders MAE", others["last-N"]), "at most", others)
    biases = {name: metrics.bias(each, orders) for name, each in rivals.orders.items()}
    bias = abs(metrics.bias(said.expected_orders, orders))
    yield Line(case.name, "orders bias", bias, limits.get("orders bias"), "at most", biases)
    for what, measure in (("spend Gini", metrics.gini), ("spend top-10 % hit", metrics.top_share)):
        others = {name: measure(each, net) for name, each in rivals.spend.items()}
        limit = limits.get(what, others["last-N"] - _ALMOST)
        yield Line(case.name, what, measure(said.expected_value, net), limit, "at least", others)


def _groups(case: Case, said: Forecast) -> Iterator[Line]:
    """Those whom a warning can still reach, and those of one order, apart."""
    left, early, chance = case.origin.left, case.origin.early, said.risk.probability
    single = case.origin.known.rhythm.repeats == 0
    for name, group in (("early", early), ("one order", single)):
        if group.any():
            beside = {
                "customers": float(group.sum()),
                "left": float(left[group].mean()),
                "lift in the riskiest 10 %": metrics.lift(chance[group], left[group]),
                "AUC": metrics.auc(chance[group], left[group]),
            }
            yield Line(case.name, f"Brier, {name}", metrics.brier(chance[group], left[group]), beside=beside)
