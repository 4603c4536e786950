"""One way of writing: width, case, and simplified for traditional characters."""

import re
import unicodedata
from functools import cache

from opencc import OpenCC

IDEOGRAPHS = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
"""Runs of Chinese characters."""


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def plain(text: str) -> str:
    """The text as it is compared: half width, simplified, caseless, single spaces."""
    if not text.isascii():
        text = _simplifier().convert(unicodedata.normalize("NFKC", text))
    return " ".join(text.casefold().split())
