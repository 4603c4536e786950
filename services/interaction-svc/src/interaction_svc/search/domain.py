"""How texts are compared, and by which pieces they are found."""

from collections.abc import Iterable

from shared.problems import Invalid
from shared.searching.characters import plain
from shared.searching.pieces import grams, hashed, short_runs, wanted_grams


def words_of(texts: Iterable[str | None]) -> str:
    """Texts as they are compared with a search: half width, simplified, caseless, in one line."""
    return plain("\n".join(text for text in texts if text))


def pieces_of(words: str, key: bytes) -> list[int]:
    """All pieces of a record's words, each once."""
    return [hashed(piece, key) for piece in (*grams(words), *short_runs(words))]


def wanted(q: str, key: bytes) -> tuple[list[int], list[str]]:
    """The pieces and the words that a record must have; Invalid if the search says nothing.

    Runs of one or two letters have no pieces of their own beside others, and are found as whole words alone.
    """
    words = plain(q)
    pieces = wanted_grams(words) or short_runs(words)
    if not pieces:
        raise Invalid.at(
            "?q",
            "nothing_to_search",
            en="must hold a letter, a digit or a Chinese character",
            zh="须含文字、字母或数字",
        )
    return [hashed(piece, key) for piece in pieces], words.split()
