"""Stored policies as answers in the caller's language."""

from collections.abc import Mapping
from typing import Any

from scoring_svc.policies.document import shown


def policy(row: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """A version's row as its answer."""
    stored = dict(row)
    refusal = stored["refusal"]
    if refusal is not None:
        language = "zh" if zh else "en"
        refusal = {
            **refusal["extra"],
            "code": refusal["code"],
            "title": refusal["title"][language],
            "detail": refusal["detail"][language],
        }
    return {**stored, "document": shown(stored["document"]), "refusal": refusal}
