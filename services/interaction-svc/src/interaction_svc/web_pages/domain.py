"""What all pages share: their languages, and fields of a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)
TRAP = "leave_empty"
"""A field that people do not see: whoever fills it in is no person."""


def said(words: Mapping[str, str | None], language: Language) -> str:
    """In this language, or in the other one where that is missing."""
    return words[language] or next(each for each in words.values() if each)


def plain(text: str) -> str:
    """What somebody wrote, without what cannot be printed and without blanks around it."""
    written = text.replace("\r\n", "\n").strip()
    return "".join(each for each in written if each in "\n\t" or each.isprintable())


@dataclass(frozen=True, slots=True)
class Sent:
    """Fields of a form in their order; a name may come several times."""

    fields: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Sent":
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return cls(found)

    def one(self, name: str) -> str:
        """The value of a field, empty without one."""
        return self.fields.get(name, ("",))[0]

    def all_of(self, name: str) -> list[str]:
        """Every value of a field that says something."""
        return [value for value in self.fields.get(name, ()) if value.strip()]
