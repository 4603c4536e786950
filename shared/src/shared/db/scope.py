"""Whose rows a transaction may see: what PostgreSQL's row security reads from its two settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """What is in sight: rows of these distributors that are held by one of these; None does not narrow.

    `distributors` is a partner's subtree. `holders` are a person and, with a whole unit in sight, the org
    units: a row is held by its owner and by its org unit, or by those of its customer.
    """

    distributors: frozenset[UUID] | None = None
    holders: frozenset[UUID] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The values of `app.distributor` and `app.holders`: `*`, or comma-joined ids, or nothing at all.

        Ids are typed, so the texts hold hex digits, dashes and commas only and are safe inside a statement.
        """
        return _settings(self)

    def reaches(self, distributor_id: UUID | None) -> bool:
        """Whether this distributor's rows are in sight, whoever holds them (None: the company's own)."""
        return self.distributors is None or distributor_id in self.distributors

    def allows(self, distributor_id: UUID | None, *held_by: UUID | None) -> bool:
        """Whether a row of this distributor (None: the company's own), held by these, is in sight."""
        held = self.holders is None or not self.holders.isdisjoint(held_by)
        return held and self.reaches(distributor_id)


EVERYTHING = Scope()


@lru_cache(maxsize=4096)
def _settings(scope: Scope) -> dict[str, str]:
    return {"app.distributor": _text(scope.distributors), "app.holders": _text(scope.holders)}


def _text(ids: Iterable[UUID] | None) -> str:
    return "*" if ids is None else ",".join(sorted(map(str, ids)))
