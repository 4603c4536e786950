"""Segments by what customers are."""

from typing import Any

import numpy as np
import pytest

from scoring_svc.profiles.domain import ATTRIBUTES, Profiles, segments_of


def profiles(*rows: dict[str, str]) -> Profiles:
    columns: dict[str, Any] = {
        name: np.array([row.get(name, "") for row in rows], dtype=object) for name in ATTRIBUTES
    }
    return Profiles(np.array([str(place) for place in range(len(rows))]), **columns)


def test_a_segment_is_named_by_its_attributes_in_their_order() -> None:
    known = profiles({"industry": "tea", "region": "310115"}, {"industry": "tea", "region": "330100"}, {})
    assert segments_of(known, ["industry", "region"]).tolist() == [
        "industry=tea|region=31",
        "industry=tea|region=33",
        "industry=unknown|region=unknown",
    ]
    assert segments_of(known, ["region", "industry"])[0] == "region=31|industry=tea"


def test_words_that_differ_in_case_or_width_are_one_segment() -> None:
    known = profiles(*({"industry": word} for word in ("Retail", "retail", "ＲＥＴＡＩＬ", "零售")))
    assert segments_of(known, ["industry"]).tolist() == [*["industry=retail"] * 3, "industry=零售"]


def test_a_word_cannot_pose_as_another_attribute() -> None:
    known = profiles({"industry": "tea|size=9"}, {"industry": "tea", "size": "9"})
    first, second = segments_of(known, ["industry", "size"])
    assert first != second
    assert first == "industry=tea/size=9|size=unknown"


def test_without_attributes_all_are_one_segment_and_of_nobody_there_is_none() -> None:
    assert segments_of(profiles({"size": "9"}, {}), []).tolist() == ["all", "all"]
    assert len(segments_of(profiles(), ["industry"])) == 0
    assert len(segments_of(profiles(), [])) == 0


@pytest.mark.parametrize("attributes", [["mood"], ["size", "size"], ["customers"]])
def test_only_attributes_make_segments(attributes: list[str]) -> None:
    with pytest.raises(ValueError, match="kind, industry, region, size"):
        segments_of(profiles({}), attributes)
