"""What may be written into the form of a step, by the type of each field."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.processes.forms import filled
from shared.problems import Invalid

TYPES = ("text", "number", "date", "choice", "boolean")


def field(kind: str, *, required: bool = False) -> dict[str, Any]:
    options = ["红", "blue"] if kind == "choice" else []
    return {"code": kind, "label": {}, "type": kind, "required": required, "options": options}


def refusals(fields: list[dict[str, Any]], given_values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as found:
        filled(fields, given_values)
    return {error.pointer: error.code for error in found.value.errors}


FINE: dict[str, list[Any]] = {
    "text": ["漏水", "<b>x</b>", "x" * 10_000, "a\nb"],
    "number": [0, -1.5, 10**15, 1e-9],
    "date": ["2026-02-28", "2024-02-29"],
    "choice": ["红", "blue"],
    "boolean": [True, False],
}
WRONG: dict[str, list[tuple[Any, str]]] = {
    "text": [
        (1, "not_a_string"),
        (["x"], "not_a_string"),
        (True, "not_a_string"),
        ("x" * 10_001, "too_long"),
        ("a\x00", "forbidden_character"),
        ("\u202ex", "forbidden_character"),
        ("\ud800", "forbidden_character"),
    ],
    "number": [
        ("1", "not_a_number"),
        (True, "not_a_number"),
        ({}, "not_a_number"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (10**16, "out_of_range"),
        (-(10**400), "out_of_range"),
    ],
    "date": [
        ("2026-02-29", "not_a_date"),
        ("2026-02-28T00:00:00Z", "not_a_date"),
        ("20260228", "not_a_date"),
        ("２０２６-02-28", "not_a_date"),
        (20260228, "not_a_date"),
    ],
    "choice": [("green", "not_a_choice"), (["红"], "not_a_choice"), (0, "not_a_choice")],
    "boolean": [("true", "not_a_boolean"), (1, "not_a_boolean"), (0, "not_a_boolean")],
}


@pytest.mark.parametrize("kind", TYPES)
def test_fitting_values_are_kept_as_they_are(kind: str) -> None:
    for value in FINE[kind]:
        assert filled([field(kind)], {kind: value}) == {kind: value}


@pytest.mark.parametrize(("kind", "value", "code"), [(k, v, c) for k in TYPES for v, c in WRONG[k]])
def test_a_value_that_does_not_fit_is_named_by_its_place(kind: str, value: Any, code: str) -> None:
    assert refusals([field(kind)], {kind: value}) == {f"/form/{kind}": code}


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_required_cannot_be_empty_and_what_is_not_can(kind: str) -> None:
    for empty in ({}, {kind: None}, {kind: ""}, {kind: "  "}):
        assert filled([field(kind)], empty) == {}
        assert refusals([field(kind, required=True)], empty) == {f"/form/{kind}": "required"}


def test_all_that_is_wrong_is_said_at_once_and_in_the_templates_order_kept() -> None:
    fields = [field(kind, required=True) for kind in TYPES]
    assert refusals(fields, {"text": 1, "number": 2, "date": "x", "colour": 1, "a/../b": 2}) == {
        "/form": "unknown_field",
        "/form/boolean": "required",
        "/form/choice": "required",
        "/form/colour": "unknown_field",
        "/form/date": "not_a_date",
        "/form/text": "not_a_string",
    }
    given_values = {kind: FINE[kind][0] for kind in reversed(TYPES)}
    assert list(filled(fields, given_values)) == list(TYPES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(date.isoformat),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(values=st.dictionaries(st.sampled_from(TYPES) | st.text(max_size=8), json_values, max_size=6))
def test_whatever_is_sent_is_kept_as_it_fits_or_refused_within_the_form(values: dict[str, Any]) -> None:
    fields = [field(kind) for kind in TYPES]
    kept, pointers = kept_or_refused(fields, values)
    if kept is None:
        assert pointers
        assert all(pointer.startswith("/form") for pointer in pointers)
        return
    assert kept.keys() <= set(TYPES)
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert filled(fields, kept) == kept


def kept_or_refused(fields: Any, values: Any) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        return filled(fields, values), []
    except Invalid as refused:
        return None, [error.pointer for error in refused.errors]
