"""Invented names of companies and persons, Chinese and English; the same number always has the same one."""

import json
from functools import cache
from importlib.resources import files
from random import Random

_STEP = 7919
"""A prime: neighbouring numbers land far apart, and no two of them on the same name."""


def company(number: int, *, zh: bool) -> str:
    """The name of the company of this number; another number has another name."""
    if zh:
        return "".join(_digits(number, _words("zh", "place", "mark", "trade", "form")))
    return " ".join(_digits(number, _words("en", "place", "mark", "form")))


def person(chance: Random, *, zh: bool) -> str:
    """Some person's name."""
    family, given = (chance.choice(words) for words in _words("zh" if zh else "en", "family", "given"))
    return family + given if zh else f"{given} {family}"


def _words(language: str, *kinds: str) -> list[list[str]]:
    return [_all()[language][kind] for kind in kinds]


@cache
def _all() -> dict[str, dict[str, list[str]]]:
    text = files("tonglu_local").joinpath("sample", "invented_names.json").read_text(encoding="utf-8")
    words: dict[str, dict[str, list[str]]] = json.loads(text)
    return words


def _digits(number: int, wheels: list[list[str]]) -> list[str]:
    """The number, mixed, written with one word of each wheel."""
    size = 1
    for wheel in wheels:
        size *= len(wheel)
    rest = number * _STEP % size
    words = []
    for wheel in wheels:
        rest, place = divmod(rest, len(wheel))
        words.append(wheel[place])
    return words
