"""A backtest as a page: one request, no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from scoring_svc.reports import charts, figures
from scoring_svc.reports.words import NAMES, TAGS, WORDS, Language

_STYLE = resources.files(__package__).joinpath("templates", "report.css").read_text("utf-8").strip()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
_AUC = ("model", "recency", "last_n")
_ACCURACY = ("model", "hiatus", "last_n")
_TEMPLATES = Environment(
    loader=PackageLoader("scoring_svc.reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def page(
    model: Mapping[str, Any],
    drift: Mapping[str, Any] | None,
    outcomes: Sequence[Mapping[str, Any]],
    language: Language,
) -> HTMLResponse:
    """The report of a model (a row with its document), with its newest look at drift if there is one."""
    html = _TEMPLATES.get_template("report.html.j2").render(
        style=_STYLE,
        tags=TAGS,
        names=NAMES,
        language=language,
        words=WORDS[language],
        model=model,
        drift=drift,
        outcomes=outcomes,
        drawing=charts,
        number=number,
        percent=percent,
        **_shown(model["document"]["card"], drift),
    )
    return HTMLResponse(html, headers={**HEADERS, "Content-Language": TAGS[language]})


def _shown(card: Mapping[str, Any], drift: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every table of the page with its chart."""
    folds = card.get("folds", ())
    tracked, reliable = figures.tracking(folds), figures.pooled_reliability(folds)
    lifted, compared, shifted = figures.lift(folds), figures.comparison(folds), figures.shifted(drift)
    return {
        "folds": folds,
        "tracking": tracked,
        "tracking_chart": figures.tracking_chart(tracked),
        "reliability": reliable,
        "reliability_chart": figures.reliability_chart(reliable),
        "windows": card.get("windows"),
        "lift": lifted,
        "lift_chart": figures.lift_chart(lifted),
        "comparison": compared,
        "auc_chart": figures.comparison_chart(compared, "auc", _AUC),
        "accuracy_chart": figures.comparison_chart(compared, "accuracy", _ACCURACY),
        "shifted": shifted,
        "drift_chart": figures.drift_chart(shifted),
    }


def number(value: float | None) -> str:
    """A figure for people: three digits that count, or a dash where nobody can say."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - enough digits by then


def percent(value: float | None) -> str:
    """A share for people."""
    return "–" if value is None else f"{value:.1%}"
