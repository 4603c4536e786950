"""One customer's state: what happened so far, in a few hundred bytes; one more event costs microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from scoring_svc.modelling.states.layout import (
    CLASSES,
    FORMAT,
    HEAD,
    NOTHING,
    NUMBERS,
    ROWS,
    Part,
)
from scoring_svc.modelling.states.told import (
    Answered,
    Bought,
    Broke,
    Complained,
    Referred,
    Talked,
    Told,
)

PART_OF: dict[type[Told], Part] = {
    Bought: Part.BUYING,
    Complained: Part.COMPLAINING,
    Talked: Part.TALKING,
    Answered: Part.ANSWERING,
    Broke: Part.PROMISING,
    Referred: Part.REFERRING,
}


def _nothing_yet() -> dict[Part, Any]:
    return {part: kind() for part, kind in CLASSES.items()}


@dataclass(slots=True)
class State:
    """`parts` by kind; a new one knows nothing of a customer of whom there is nothing in the log."""

    parts: dict[Part, Any] = field(default_factory=_nothing_yet)

    def apply(self, fact: Told, now: int) -> Part:
        """Take in a fact that the log did not have before, at the moment `now`; what is to be built anew.

        A fact from the future is not taken in: from its moment on the part is to be built anew.
        """
        part = PART_OF[type(fact)]
        kept = self.parts[part]
        if fact.at > now:
            kept.until = min(kept.until, fact.at)
            return NOTHING
        if isinstance(fact, Complained) and fact.resolved is not None and fact.resolved > now:
            kept.until = min(kept.until, fact.resolved)
            fact = replace(fact, resolved=None)
        elif isinstance(fact, Broke) and fact.settled is not None and fact.settled > now:
            kept.until = min(kept.until, fact.settled)
            fact = replace(fact, settled=None)
        return NOTHING if kept.add(fact) else part

    def take(self, other: State, parts: Part) -> None:
        """Have these parts from the other one."""
        for part in parts:
            self.parts[part] = other.parts[part]

    def document(self) -> bytes:
        """As bytes that `States` reads, too."""
        rows = {name: getattr(self.parts[kind.part], kind.attribute) for name, kind in ROWS.items()}
        numbers = [getattr(self.parts[part], name) for part, names in NUMBERS.items() for name in names]
        written = [HEAD.pack(FORMAT, *map(len, rows.values()), *numbers)]
        for name, kind in ROWS.items():
            written += [kind.row.pack(*row) for row in rows[name]]
        return b"".join(written)

    @classmethod
    def read(cls, document: bytes) -> State:
        """From a document of today's format (`layout.is_current`)."""
        _, *head = HEAD.unpack_from(document)
        counts, numbers = head[: len(ROWS)], iter(head[len(ROWS) :])
        parts = {
            part: kind(**{name: next(numbers) for name in NUMBERS[part]}) for part, kind in CLASSES.items()
        }
        begin = HEAD.size
        for kind, count in zip(ROWS.values(), counts, strict=True):
            end = begin + count * kind.row.size
            found = [list(row) for row in kind.row.iter_unpack(memoryview(document)[begin:end])]
            setattr(parts[kind.part], kind.attribute, found)
            begin = end
        return cls(parts)
