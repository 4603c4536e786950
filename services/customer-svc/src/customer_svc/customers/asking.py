"""Asking by custom fields: filters and sorts whose names the company makes up."""

import re
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from shared.http.types import clean_text

FIELD_SORT = "attributes."
"""What stands before a custom field's key in `sort`."""
MOST_ASKED, _MOST_TEXT = 10, 500
_ASKED = re.compile(r"attributes\[([^\[\]]{1,48})\](?:\[(gte|lt)\])?")


class AskedField(NamedTuple):
    """A filter by a custom field; `bound` is empty, `gte` or `lt`."""

    key: str
    bound: str
    text: str

    @property
    def name(self) -> str:
        """As it is written in the address."""
        return f"attributes[{self.key}]" + (f"[{self.bound}]" if self.bound else "")


def asked_fields(name: str, values: Any) -> list[AskedField]:
    """What a parameter of this name asks for; nothing if it is no filter by a custom field."""
    match = _ASKED.fullmatch(name)
    if match is None:
        return []
    texts = [str(each) for each in (values if isinstance(values, list) else [values])]
    if any(len(each) > _MOST_TEXT for each in texts):
        raise PydanticCustomError("too_long", "a filter is too long")
    for each in (match[1], *texts):
        clean_text(each)
    return [AskedField(match[1], match[2] or "", each) for each in texts]
