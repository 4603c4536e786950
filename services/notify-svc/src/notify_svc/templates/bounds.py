"""Values of templates within bounds: no text that cannot be stored or that hides what it says."""

from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue, StringConstraints, TypeAdapter

from shared.http.types import JsonObject, clean_text


def bounded(least: int, most: int) -> Any:
    return Annotated[str, StringConstraints(min_length=least, max_length=most), AfterValidator(clean_text)]


def _storable(value: Any) -> Any:
    """Any value that can be stored, within bounds."""
    _STORABLE.validate_python({"example": value})
    return value


_STORABLE: TypeAdapter[Any] = TypeAdapter(JsonObject)
Example = Annotated[JsonValue, AfterValidator(_storable)]
