"""A policy whose rules contradict each other is refused with a pointer to each place, in two languages."""

from collections.abc import Callable
from typing import Any

import pytest

from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.document import PolicyDocument
from scoring_svc.policies.domain import faults

Document = dict[str, Any]


def document(**tiers: Any) -> Document:
    whole = PolicyDocument().model_dump(mode="json")
    return {**whole, "tiers": {**whole["tiers"], **tiers}}


def found(wrong: Document) -> set[tuple[str, str]]:
    errors = faults(wrong)
    assert all(error.en and error.zh and error.en != error.zh for error in errors)
    return {(error.pointer.removeprefix("/document"), error.code) for error in errors}


def test_the_default_policy_has_no_faults() -> None:
    assert faults(PolicyDocument().model_dump(mode="json")) == []
    assert PolicyDocument().policy(1) == Policy()


@pytest.mark.parametrize(
    ("tiers", "wanted"),
    [
        ({"contribution": {"amount_52": 0.6, "orders_52": 0.3}}, ("contribution", "weights_not_whole")),
        ({"contribution": {"amount_52": 1.0 - 2e-6}}, ("contribution", "weights_not_whole")),
        ({"potential": {"growth": 1.5, "headroom": -0.5}}, ("potential/headroom", "weight_negative")),
        ({"contribution": {"amount_52": 0.5, "age": 0.5}}, ("contribution/age", "input_unknown")),
        ({"core_from": 70, "important_from": 80}, ("important_from", "thresholds_cross")),
        ({"core_from": 70, "important_from": 70}, ("important_from", "thresholds_cross")),
        ({"core_from": 75, "important_from": 70, "hysteresis": 6}, ("hysteresis", "hysteresis_too_large")),
        ({"core_from": 99, "important_from": 70, "hysteresis": 2}, ("hysteresis", "hysteresis_too_large")),
        ({"core_from": 50, "important_from": 1, "hysteresis": 2}, ("hysteresis", "hysteresis_too_large")),
        ({"segments": ["region", "region"]}, ("segments", "segments_twice")),
    ],
)
def test_tiers_that_contradict_themselves_are_named(tiers: Document, wanted: tuple[str, str]) -> None:
    assert found(document(**tiers)) == {(f"/tiers/{wanted[0]}", wanted[1])}


def test_weights_within_a_millionth_of_one_will_do() -> None:
    assert faults(document(contribution={"amount_52": 0.3, "orders_52": 0.7 + 5e-7})) == []


def _risk(whole: Document) -> None:
    whole["risk"] |= {"medium_from": 0.7, "high_from": 0.65}


def _broken(whole: Document) -> None:
    whole["risk"]["broken_from"] = 0.2


def _stages(whole: Document) -> None:
    whole["stages"]["lost_below"] = 0.65


@pytest.mark.parametrize(
    ("spoil", "wanted"),
    [
        (_risk, ("/risk/high_from", "bands_cross")),
        (_broken, ("/risk/broken_from", "bands_cross")),
        (_stages, ("/stages/lost_below", "stages_cross")),
    ],
)
def test_bands_that_cross_are_named(spoil: Callable[[Document], None], wanted: tuple[str, str]) -> None:
    whole = document()
    spoil(whole)
    assert found(whole) == {wanted}


def test_all_faults_are_named_at_once() -> None:
    whole = document(core_from=60, important_from=80, contribution={"nothing": 2.0})
    _risk(whole)
    assert len(found(whole)) == 4
