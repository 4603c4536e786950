"""What is wrong with a policy beyond the bounds of its single entries, place by place."""

from collections.abc import Iterator, Mapping
from typing import Any

from scoring_svc.modelling.policy import INPUTS
from shared.problems import FieldError

_WHOLE = 1.0
_NEAR = 1e-6
_LEAST, _MOST = 0.0, 100.0
_AXES = ("contribution", "potential")


def faults(document: Mapping[str, Any], *, under: str = "/document") -> list[FieldError]:
    """Every place at which the rules of a policy contradict each other; `under` is where it was sent."""
    tiers = document["tiers"]
    found = [fault for axis in _AXES for fault in _weights(tiers[axis], f"{under}/tiers/{axis}")]
    found += _thresholds(tiers, f"{under}/tiers")
    found += _risk(document["risk"], f"{under}/risk")
    found += _stages(document["stages"], f"{under}/stages")
    return found


def _weights(weights: Mapping[str, float], at: str) -> Iterator[FieldError]:
    for name, weight in weights.items():
        if name not in INPUTS:
            known = ", ".join(INPUTS)
            yield FieldError(
                f"{at}/{name}",
                "input_unknown",
                f"is no input; there are {known}",
                f"不是已知指标，可用：{known}",
            )
        elif weight < 0:
            yield FieldError(f"{at}/{name}", "weight_negative", "must not be negative", "权重不能为负")
    total = sum(weights.values())
    if abs(total - _WHOLE) > _NEAR:
        yield FieldError(
            at, "weights_not_whole", f"must sum to 1, not to {total:.6g}", f"权重之和须为 1，现为 {total:.6g}"
        )


def _thresholds(tiers: Mapping[str, Any], at: str) -> Iterator[FieldError]:
    core, important, band = tiers["core_from"], tiers["important_from"], tiers["hysteresis"]
    gap = core - important
    if gap <= 0:
        yield FieldError(
            f"{at}/important_from",
            "thresholds_cross",
            f"must be below core_from ({core:g})",
            f"须低于 core_from（{core:g}）",
        )
    elif band > gap:
        yield FieldError(
            f"{at}/hysteresis",
            "hysteresis_too_large",
            f"must not be larger than the gap between the thresholds ({gap:g})",
            f"不能大于两个门槛之差（{gap:g}）",
        )
    if core + band > _MOST or important - band < _LEAST:
        yield FieldError(
            f"{at}/hysteresis",
            "hysteresis_too_large",
            "moves a threshold beyond 0 or 100, where nobody could cross it",
            "会使门槛越出 0 至 100，客户将无法跨越",
        )
    segments = tiers["segments"]
    if len(set(segments)) < len(segments):
        yield FieldError(f"{at}/segments", "segments_twice", "must name each once", "不能重复")


def _risk(risk: Mapping[str, float], at: str) -> Iterator[FieldError]:
    if risk["high_from"] <= risk["medium_from"]:
        yield FieldError(
            f"{at}/high_from",
            "bands_cross",
            f"must be above medium_from ({risk['medium_from']:g})",
            f"须高于 medium_from（{risk['medium_from']:g}）",
        )
    elif not risk["medium_from"] <= risk["broken_from"] <= risk["high_from"]:
        yield FieldError(
            f"{at}/broken_from",
            "bands_cross",
            "must lie between medium_from and high_from",
            "须介于 medium_from 与 high_from 之间",
        )


def _stages(stages: Mapping[str, float], at: str) -> Iterator[FieldError]:
    if stages["lost_below"] + stages["slack"] >= stages["loyal_from"] - stages["slack"]:
        yield FieldError(
            f"{at}/lost_below",
            "stages_cross",
            "must be below loyal_from by more than twice the slack",
            "须低于 loyal_from，且差距大于 slack 的两倍",
        )
