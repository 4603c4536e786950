"""How a name sounds: syllables without differences that people miss, and the consonants of other words."""

import re
from functools import cache, lru_cache

from customer_svc.cleansing import pinyin

_MISSED = re.compile(r"^([zcs])h|(?<=[aei])ng$")
_VOWELS = re.compile(r"(?<=.)[aeiouyhw]+")
_REPEATED = re.compile(r"(.)\1+")
_LONGEST = 6


@lru_cache(maxsize=20_000)
def sounds(text: str, *, person: bool = False) -> tuple[str, ...]:
    """Of the plain text 海纳百货 `hai na bai huo`, as of "haina baihuo"; of "harbour lights" `hrbr lgts`.

    So 张欣 and 章新 sound alike, 东方 and "dong fang", "harbor" and "harbuor". What holds digits stays.
    """
    return tuple(sound for word in pinyin.spelt(text, person=person).split() for sound in _of_word(word))


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> tuple[str, ...]:
    if not word.isalpha():
        return (word,)
    syllables = _syllables(word) if word.isascii() else None
    if syllables is not None:
        return tuple(_MISSED.sub(_plainer, syllable) for syllable in syllables)
    return (_REPEATED.sub(r"\1", _VOWELS.sub("", word)),)


def _plainer(found: re.Match[str]) -> str:
    return found[1] or "n"


@cache
def _known() -> frozenset[str]:
    return pinyin.syllables()


def _syllables(word: str) -> tuple[str, ...] | None:
    """The word as pinyin; None if it is none. A consonant begins a syllable: `li na`, not `lin a`."""
    return _split(word, "aeo") or _split(word, "")


def _split(word: str, never_first: str) -> tuple[str, ...] | None:
    """Into syllables, long ones first, of which none but the first begins with one of these letters."""
    for length in range(min(_LONGEST, len(word)), 0, -1):
        rest = word[length:]
        if word[:length] not in _known() or rest[:1] in tuple(never_first):
            continue
        if not rest:
            return (word,)
        if (others := _split(rest, never_first)) is not None:
            return word[:length], *others
    return None
