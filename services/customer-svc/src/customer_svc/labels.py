"""Free texts as other services may know them: words that group records, never what may tell of a person."""

import re
from functools import lru_cache

_MOST = 100
_CODED_REGION = re.compile(r"[0-9]{6}")
# Beside what an event refuses (`shared.events.base.Label`) what looks like a telephone number.
_UNTOLD = re.compile(
    r"[@\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|\+[0-9]"
    r"|1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
)


@lru_cache(maxsize=4096)
def label(text: str | None) -> str | None:
    """The text itself; None if it could hold an address or a telephone number, or is no single line."""
    if not text or len(text) > _MOST or _UNTOLD.search(text):
        return None
    return text


def sku(text: str | None) -> str | None:
    """A product's code as by `label`, but it may be a long number: barcodes are."""
    return text if text and text.isascii() and text.isdigit() else label(text)


def region_code(region: str | None) -> str | None:
    """A region that is said by its code; words may be an address, and are kept here."""
    return region if region is not None and _CODED_REGION.fullmatch(region) else None
