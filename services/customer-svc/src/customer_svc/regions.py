"""Regions of China by their codes (GB/T 2260): province, prefecture and county, two digits each."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

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


def _each_once(codes: list[str]) -> list[str]:
    return sorted(set(codes))


RegionCode = Annotated[str, Field(max_length=6, examples=["310000"]), AfterValidator(_region)]
Territory = Annotated[
    list[RegionCode],
    Field(max_length=500, examples=[["310000", "330100"]]),
    AfterValidator(_each_once),
]


def enclosing(code: str) -> list[str]:
    """The region itself and those around it: county, prefecture, province."""
    return list(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))
