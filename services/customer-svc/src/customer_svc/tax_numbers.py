"""Under which number a firm pays its taxes: a unified social credit code, or a VAT number from abroad."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

# GB 32100-2015: no I, O, S, V, Z. Two signs of the registry, six digits of the region, nine of the firm.
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(f"[{_SIGNS}]{{2}}[0-9]{{6}}[{_SIGNS}]{{10}}")
_WEIGHTS = [pow(3, place, len(_SIGNS)) for place in range(17)]
# The country's two letters (ISO 3166) and up to 13 signs, as in GB123456789 or DE811128135.
_ABROAD = re.compile("(?!CN)[A-Z]{2}[0-9A-Z]{4,13}")


def credit_code_check(code: str) -> str:
    """The last sign of a unified social credit code, from the 17 before it (GB 32100-2015, 3.3)."""
    total = sum(_SIGNS.index(sign) * weight for sign, weight in zip(code[:17], _WEIGHTS, strict=True))
    return _SIGNS[-total % len(_SIGNS)]


def tax_number(raw: str) -> str | None:
    """The number in capitals without blanks and dashes; None if it is none."""
    plain = re.sub(r"[\s.-]", "", raw).upper()
    if _CREDIT_CODE.fullmatch(plain):
        return plain if credit_code_check(plain) == plain[-1] else None
    return plain if _ABROAD.fullmatch(plain) else None


def _checked(raw: str) -> str:
    number = tax_number(raw)
    if number is None:
        raise PydanticCustomError(
            "tax_number_invalid",
            "is neither a unified social credit code (18 signs) nor a VAT number with its country",
            {"zh": "不是有效的统一社会信用代码（18 位，含校验码），也不是带国家代码的境外税号"},
        )
    return number


TaxNumber = Annotated[
    str,
    StringConstraints(max_length=40, min_length=3),
    AfterValidator(_checked),
    Field(examples=["91310000MA1FL0001R"]),
]
