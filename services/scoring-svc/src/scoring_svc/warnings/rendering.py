"""Stored reasons and actions in the caller's language."""

from collections.abc import Mapping
from typing import Any

from shared.db import Record


def texted(stored: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """`text_en` and `text_zh` as one `text`."""
    rest = {name: value for name, value in stored.items() if name not in {"text_en", "text_zh"}}
    return {**rest, "text": stored["text_zh" if zh else "text_en"]}


def reason(stored: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """A reason in one language; one that was stored before there was evidence has none."""
    return {"evidence": [], **texted(stored, zh=zh)}


def warning(row: Record, *, zh: bool) -> dict[str, Any]:
    """A warning's row as its answer."""
    return {
        **dict(row),
        "expected_value": {"amount_minor": row["expected_value_minor"], "currency": row["currency"]},
        "contributed_52": {"amount_minor": row["contributed_52_minor"], "currency": row["currency"]},
        "reasons": [reason(each, zh=zh) for each in row["reasons"]],
        "recommended_action": texted(row["recommended_action"], zh=zh),
    }
