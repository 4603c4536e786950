"""Regions of China by their codes (GB/T 2260): province, prefecture and county, two digits each."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.http.types import clean_text

# The form and the provinces are checked; counties come and go by decree, so their register is not kept here.
_CODE = re.compile(
    r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])(0000|(?!00)[0-9]{2}00|(?!00)[0-9]{2}(?!00)[0-9]{2})"
)


def _region(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise PydanticCustomError(
            "region_invalid",
            "is not a region code (GB/T 2260, six digits)",
            {"zh": "不是有效的行政区划代码（GB/T 2260，六位数字）"},
        )
    return code


def _code_or_words(region: str) -> str:
    """What looks like a code must be one; a region abroad, or one that nobody coded, is said in words."""
    plain = unicodedata.normalize("NFKC", region)
    return _region(plain) if plain.isdigit() else region


def _each_once(codes: list[str]) -> list[str]:
    return sorted(set(codes))


RegionCode = Annotated[str, Field(max_length=6, examples=["310000"]), AfterValidator(_region)]
Region = Annotated[
    str,
    StringConstraints(max_length=100, min_length=1, strip_whitespace=True),
    AfterValidator(clean_text),
    AfterValidator(_code_or_words),
    Field(description="A GB/T 2260 code (six digits), or words for a region abroad", examples=["310000"]),
]
Territory = Annotated[
    list[RegionCode],
    Field(max_length=500, examples=[["310000", "330100"]]),
    AfterValidator(_each_once),
]


def enclosing(code: str) -> list[str]:
    """The region itself and those around it: county, prefecture, province."""
    return list(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))
