"""Whose rows a transaction may see: what PostgreSQL's row security reads from `app.distributor`."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """The distributors whose rows are in sight; None means all of them and the company's own."""

    distributors: frozenset[UUID] | None

    @property
    def setting(self) -> str:
        """The value of `app.distributor`: `*`, or comma-joined ids, or nothing at all.

        Ids are typed, so the text holds hex digits, dashes and commas only and is safe inside a statement.
        """
        if self.distributors is None:
            return "*"
        return ",".join(sorted(str(distributor) for distributor in self.distributors))

    def allows(self, distributor_id: UUID | None) -> bool:
        """Whether a row of this distributor (None: the company's own) is in sight."""
        return self.distributors is None or distributor_id in self.distributors


EVERYTHING = Scope(None)
