"""What a report shows, put together from a model's card and its newest look at drift."""

from collections.abc import Mapping, Sequence
from typing import Any

from scoring_svc.models.domain import reliability
from scoring_svc.reports.charts import Chart, bars, curves, scatter

Figures = Mapping[str, Any]
GROUPS = ("all", "early", "one_order", "repeat")
METHODS = ("model", "ensemble", "learnt", "p_buy", "recency", "hiatus", "last_n")
MOST_INPUTS = 10
PSI_RULES = (0.1, 0.25)


def tracking(folds: Sequence[Figures]) -> list[Figures]:
    """The tracking curve of the latest origin."""
    return list(folds[0].get("tracking", ())) if folds else []


def tracking_chart(rows: Sequence[Figures]) -> Chart | None:
    """Orders summed up since the origin, expected and actual."""
    if not rows:
        return None
    series = {name: [row[f"{name}_so_far"] for row in rows] for name in ("expected", "actual")}
    return curves([row["week"] for row in rows], series)


def reliability_chart(rows: Sequence[Mapping[str, float]]) -> Chart | None:
    """Forecast against frequency of all folds together; the larger a dot, the more cases."""
    total = sum(row["cases"] for row in rows)
    if not total:
        return None
    points = [(row["forecast"], row["observed"], row["cases"] / total) for row in rows]
    return scatter(points, [f"{x:.2f} → {y:.2f} ({share:.0%})" for x, y, share in points])


def lift(folds: Sequence[Figures]) -> list[dict[str, Any]]:
    """The tenths of all folds together, of everybody and of the early ones."""
    everybody, early = (_pooled(folds, name) for name in ("lift", "lift_early_deciles"))
    return [
        {"decile": tenth, "all": everybody.get(tenth), "early": early.get(tenth)}
        for tenth in sorted(everybody)
    ]


def lift_chart(rows: Sequence[Figures]) -> Chart | None:
    """Lift by tenths, of everybody and of the early ones, beside no lift at all."""
    if not rows:
        return None
    series = {name: [row[name]["lift"] if row[name] else None for row in rows] for name in ("all", "early")}
    return bars([str(row["decile"]) for row in rows], series, rules=(1.0,))


def comparison(folds: Sequence[Figures]) -> list[dict[str, Any]]:
    """By group the mean figures of each method over the folds that have it; segments come last."""
    names = dict.fromkeys(name for fold in folds for name in fold.get("groups", {}))
    found = []
    for group in sorted(names, key=lambda name: (name not in GROUPS, _place(name), name)):
        parts = [fold["groups"][group] for fold in folds if group in fold.get("groups", {})]
        methods = {name: _means([part["methods"].get(name, {}) for part in parts]) for name in METHODS}
        orders = {
            name: _means([part["orders"].get(name, {}) for part in parts]) for name in ("model", "last_n")
        }
        found.append(
            {
                "group": group,
                "folds": len(parts),
                "customers": round(sum(part["customers"] for part in parts) / len(parts)),
                "left_share": sum(part["left_share"] for part in parts) / len(parts),
                "methods": {name: figures for name, figures in methods.items() if figures},
                "orders": orders,
            }
        )
    return found


def comparison_chart(rows: Sequence[Figures], figure: str, names: Sequence[str]) -> Chart | None:
    """One figure of the model and of the rules by group; the fixed groups alone."""
    chosen = [row for row in rows if row["group"] in GROUPS]
    if not chosen:
        return None
    series = {name: [row["methods"].get(name, {}).get(figure) for row in chosen] for name in names}
    return bars([row["group"] for row in chosen], series)


def shifted(drift: Figures | None) -> list[dict[str, Any]]:
    """The inputs that moved most, and the score first; none without a look at drift."""
    if drift is None or drift["figures"]["score"] is None:
        return []
    inputs = drift["figures"]["inputs"]
    first = sorted(inputs, key=lambda name: -float(inputs[name]["beyond_noise"]))[:MOST_INPUTS]
    return [
        {"name": "score", **drift["figures"]["score"]},
        *({"name": name, **inputs[name]} for name in first),
    ]


def drift_chart(rows: Sequence[Figures]) -> Chart | None:
    """What is left of the index beyond chance, beside the bounds of a warning and an alarm."""
    if not rows:
        return None
    names = [str(place) for place in range(1, len(rows) + 1)]
    return bars(names, {"psi": [row["beyond_noise"] for row in rows]}, rules=PSI_RULES)


def pooled_reliability(folds: Sequence[Figures]) -> list[dict[str, float]]:
    """The reliability table of all folds."""
    return reliability(folds)


def _pooled(folds: Sequence[Figures], name: str) -> dict[int, dict[str, float]]:
    tenths: dict[int, list[Figures]] = {}
    for fold in folds:
        for row in fold.get(name, ()):
            tenths.setdefault(row["decile"], []).append(row)
    return {tenth: _means(rows) for tenth, rows in tenths.items()}


def _means(rows: Sequence[Figures]) -> dict[str, float]:
    """The mean of every figure over the rows that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    known = {name: [row[name] for row in rows if row.get(name) is not None] for name in names}
    return {name: sum(values) / len(values) for name, values in known.items() if values}


def _place(name: str) -> int:
    return GROUPS.index(name) if name in GROUPS else len(GROUPS)
