"""The words that customers use most in answers of their own, without a dictionary.

Chinese is not written in words. A run of Chinese characters is cut at characters that only hold a sentence
together (的, 了, 是 …), and what is left is read as pairs of neighbours (bigrams), which is how Chinese text
is commonly indexed: most words have two characters, and those people repeat come out on top. English is read
as words of three letters and more, without those that hold a sentence together. In how many answers a word
stands is counted, not how often in each. What stands in one answer alone is not told: it may be a name.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

_LEAST_ANSWERS = 2
_LEAST_LETTERS = 3
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[A-Za-z][A-Za-z']+")
_HOLDING = frozenset(
    "的了是我你您他她它们这那就都也还和在有与及但而或把被让给对很太更最吗呢吧啊呀哦嗯着过得地一个"
)
_HOLDING_ENGLISH = """
about after all also and any are because been before being both but can cannot could did does doing
don down each even ever every few for from get got had has have having her here him his how into its
just let like made make many may more most much must nor not now off once one only onto other our
out over own same she should since some such than that the their them then there these they this
those through too under until upon use was way were what when where which while who whom why will
with would yet you your
"""
_STOP = frozenset(_HOLDING_ENGLISH.split())


def words_in(text: str) -> frozenset[str]:
    """The words of one answer, each once; English in small letters."""
    found: set[str] = set()
    for run in _RUN.findall(text):
        found.update(_english(run) if run[0].isascii() else _chinese(run))
    return frozenset(found)


def most_used(texts: Iterable[str], most: int) -> list[tuple[str, int]]:
    """The words that stand in most answers, with in how many; equally many in their alphabetical order."""
    counted = Counter(word for text in texts for word in words_in(text))
    told = [(word, count) for word, count in counted.items() if count >= _LEAST_ANSWERS]
    return sorted(told, key=lambda each: (-each[1], each[0]))[:most]


def _english(run: str) -> Iterable[str]:
    word = run.lower().partition("'")[0]
    return [word] if len(word) >= _LEAST_LETTERS and word not in _STOP else []


def _chinese(run: str) -> Iterable[str]:
    cut = "".join(" " if each in _HOLDING else each for each in run)
    return [one + other for part in cut.split() for one, other in pairwise(part)]
