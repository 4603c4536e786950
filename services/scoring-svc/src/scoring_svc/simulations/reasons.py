"""What moved a customer, in words with numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.tiers import NO_TIER, TIERS, thresholds
from scoring_svc.modelling.whatif import CAUSES

_ZH = {"core": "核心", "important": "重要", "ordinary": "普通"}
_TEXTS = {
    "contribution_reached": (
        "Contribution {contribution:.1f}{was_contribution} reaches the {core:g} that core takes",
        "贡献度 {contribution:.1f}{was_contribution}，达到核心门槛 {core:g}",
    ),
    "contribution_fell": (
        "Contribution {contribution:.1f}{was_contribution} is below the {core:g} that core takes",
        "贡献度 {contribution:.1f}{was_contribution}，低于核心门槛 {core:g}",
    ),
    "relationship_low": (
        "Contribution {contribution:.1f} is enough, but relationship {relationship:.1f} is below {floor:g}",
        "贡献度 {contribution:.1f} 已达标，但客情 {relationship:.1f} 低于下限 {floor:g}",
    ),
    "potential_reached": (
        "Potential {potential:.1f}{was_potential} reaches the {important:g} that important takes",
        "潜力 {potential:.1f}{was_potential}，达到重要门槛 {important:g}",
    ),
    "potential_fell": (
        "Potential {potential:.1f}{was_potential} is below the {important:g} that important takes",
        "潜力 {potential:.1f}{was_potential}，低于重要门槛 {important:g}",
    ),
    "pinned": ("Pinned to {to} by a person", "已手动指定为{to_zh}"),
    "pin_ended": ("No longer pinned: the rules say {to}", "手动指定已结束，按规则为{to_zh}"),
    "no_orders": ("No order is known any more", "已无有效订单"),
}


def reasons(row: Mapping[str, Any], policy: Policy, *, zh: bool) -> list[dict[str, str]]:
    """Why a placement's customer moved, as `code` and `text`."""
    values = _values(row, policy, zh=zh)
    codes = [code for bit, code in enumerate(CAUSES) if row["causes"] >> bit & 1]
    return [{"code": code, "text": _TEXTS[code][zh].format(**values)} for code in codes]


def _values(row: Mapping[str, Any], policy: Policy, *, zh: bool) -> dict[str, Any]:
    held = row["from_rule_tier"]
    bars = thresholds(np.array([NO_TIER if held is None else TIERS.index(held)]), policy.tiers)
    return {
        "contribution": row["contribution"],
        "potential": row["potential"],
        "relationship": 0.0 if row["relationship"] is None else row["relationship"],
        "was_contribution": _was(row["from_contribution"], zh=zh),
        "was_potential": _was(row["from_potential"], zh=zh),
        "core": float(bars.core[0]),
        "floor": float(bars.relationship[0]),
        "important": float(bars.important[0]),
        "to": row["to_tier"],
        "to_zh": _ZH[row["to_tier"]],
    }


def _was(value: float | None, *, zh: bool) -> str:
    if value is None:
        return ""
    return f"（原 {value:.1f}）" if zh else f" (was {value:.1f})"
