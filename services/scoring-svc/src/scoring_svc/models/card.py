"""A model's card for people to read, rendered from what is on record of it."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from scoring_svc.models.domain import calibration_table

_TEMPLATES = Environment(
    loader=PackageLoader("scoring_svc.models"),
    autoescape=False,  # noqa: S701 - Markdown of figures and ids; nothing that people wrote stands in it
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def card(model: Mapping[str, Any], *, zh: bool) -> str:
    """Markdown in Chinese or English; `model` is a row with its document."""
    template = _TEMPLATES.get_template(f"card.{'zh' if zh else 'en'}.md.j2")
    return template.render(
        model=model,
        document=model["document"],
        rows=model["row_counts"],
        metrics=model["metrics"],
        gate=model["gate"],
        calibration=calibration_table(model["document"]),
        number=_number,
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
