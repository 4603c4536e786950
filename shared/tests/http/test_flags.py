"""True and false are no numbers, and numbers are neither."""

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.types import NO_FLAG, Flag, Int64


@pytest.mark.parametrize("value", [0, 1, "true", "yes", 1.0, None])
def test_a_flag_is_true_or_false(value: Any) -> None:
    with pytest.raises(ValidationError, match="bool_type"):
        TypeAdapter(Flag).validate_python(value)


@pytest.mark.parametrize("kind", [Annotated[int, NO_FLAG], Int64])
@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_no_number(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError, match="int_type"):
        TypeAdapter(kind).validate_python(value)
    assert TypeAdapter(kind).validate_python("12") == 12
