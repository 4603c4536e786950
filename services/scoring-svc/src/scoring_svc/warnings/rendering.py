"""Stored reasons and actions in the caller's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from scoring_svc.warnings.domain import result_of
from shared.db import Record

_UNMEASURED: dict[str, Any] = {"value": None, "threshold": None, "unit": None, "evidence": []}


def texted(stored: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """`text_en` and `text_zh` as one `text`."""
    rest = {name: value for name, value in stored.items() if name not in {"text_en", "text_zh"}}
    return {**rest, "text": stored["text_zh" if zh else "text_en"]}


def reason(stored: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    """A reason in one language; one that was stored before it was measured has no numbers or records."""
    kind = "signal" if stored["category"] == "purchase" else "driver"
    told = {"kind": kind, "contribution": stored["weight"], **_UNMEASURED, **texted(stored, zh=zh)}
    return {**told, "evidence": [{"at": None, **each} for each in told["evidence"]]}


def reasons(stored: Sequence[Mapping[str, Any]], *, zh: bool) -> list[dict[str, Any]]:
    """All of them, the strongest first."""
    return [reason(each, zh=zh) for each in stored]


def apart(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is seen apart from what one can act on."""
    return {f"{kind}s": [each for each in told if each["kind"] == kind] for kind in ("signal", "driver")}


def warning(row: Record, *, zh: bool) -> dict[str, Any]:
    """A warning's row as its answer."""
    told = reasons(row["reasons"], zh=zh)
    return {
        **dict(row),
        "expected_value": _money(row, "expected_value_minor"),
        "contributed_52": _money(row, "contributed_52_minor"),
        "value_at_risk": _money(row, "at_risk_minor"),
        "reasons": told,
        "explained": apart(told),
        "recommended_action": texted(row["recommended_action"], zh=zh),
        "action": _action(row),
        "result": result_of(row["outcome"], by_people=row["outcome_by"] is not None),
    }


def _action(row: Record) -> dict[str, Any] | None:
    if row["action"] is None:
        return None
    return {
        "code": row["action"],
        "note": row["action_note"],
        "done_by": row["acted_by"],
        "done_at": row["acted_at"],
    }


def _money(row: Record, column: str) -> dict[str, Any]:
    return {"amount_minor": row[column], "currency": row["currency"]}


def loads(rows: Sequence[Record], limits: Mapping[Any, int | None]) -> list[dict[str, Any]]:
    """By owner: what waits, what is carried, what is at risk in each currency, and what room is left."""
    owners: dict[Any, dict[str, Any]] = {}
    for row in rows:
        owner = row["owner_id"]
        load = owners.setdefault(owner, {"owner_id": owner, **dict.fromkeys(_COUNTED, 0), "at_risk": []})
        for name in _COUNTED:
            load[name] += row[name]
        load["at_risk"].append({"amount_minor": int(row["at_risk_minor"]), "currency": row["currency"]})
    for owner, load in owners.items():
        most = limits.get(owner)
        carried = load["open"] + load["acknowledged"] + load["acting"]
        load |= {"capacity": most, "room": None if most is None else max(most - carried, 0)}
    return list(owners.values())


_COUNTED = ("waiting", "open", "acknowledged", "acting", "overdue")
