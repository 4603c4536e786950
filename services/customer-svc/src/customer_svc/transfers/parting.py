"""Which rows of a chunk are customers to register, and whose customers the others mean."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from customer_svc.batch import Outcome
from customer_svc.customers.domain import identity_taken
from customer_svc.customers.queries import once_of
from customer_svc.distributors.domain import home
from customer_svc.identities import queries as identities
from customer_svc.identities.domain import customer_ambiguous
from customer_svc.transfers.rows import CustomerRow
from shared.db import Reader, Scope
from shared.problems import Problem


class Key(NamedTuple):
    """An identity with the distributor behind which its customer stands; None: it is the company's own."""

    channel: str
    external_id: str
    distributor_id: UUID | None

    @property
    def ref(self) -> identities.Ref:
        return self.channel, self.external_id


@dataclass(slots=True)
class Owners:
    """The customers of identities, and where identities are now that were once another distributor's."""

    of: dict[Key, UUID]
    moved: dict[Key, Key]


@dataclass(slots=True)
class Parted:
    """The rows by their place: those to register, those whose customer is there, and what is refused."""

    refused: dict[int, Outcome]
    fresh: dict[int, Key | None] = field(default_factory=dict)
    known: dict[int, Key] = field(default_factory=dict)


async def owners_of(db: Reader, rows: Sequence[CustomerRow]) -> Owners:
    """Whose in sight the identities of these rows are; their distributors are settled."""
    found = await identities.owners(db, (row.ref for row in rows if row.ref is not None))
    of = {Key(*ref, one.distributor_id): one.customer_id for ref, owners in found.items() for one in owners}
    return Owners(of, await _moved(db, rows, of))


async def _moved(db: Reader, rows: Sequence[CustomerRow], of: Mapping[Key, UUID]) -> dict[Key, Key]:
    """The same file may come again when a customer moved on: it is still known by where it stood."""
    named = {Key(*row.ref, row.customer.distributor_id) for row in rows if row.ref and row.distributor_code}
    missing = {key.ref for key in named - of.keys()}
    away = {key: customer_id for key, customer_id in of.items() if key.ref in missing}
    before = await once_of(db, away.values()) if away else {}
    return {
        Key(*key.ref, once): key
        for key, customer_id in away.items()
        for once in before.get(customer_id, ())
        if Key(*key.ref, once) not in of
    }


def part(
    scope: Scope,
    rows: Sequence[CustomerRow],
    owners: Owners,
    refused: Mapping[int, Outcome],
    contested: Collection[Key],
) -> Parted:
    """Of the rows with one identity only the first is to be registered, and none that is known.

    `contested` are identities that somebody has: whose owner is not among `owners`, that is out of sight.
    """
    parted = Parted(dict(refused))
    homes: dict[identities.Ref, set[UUID | None]] = defaultdict(set)
    for key in owners.of:
        homes[key.ref].add(key.distributor_id)
    for place, row in enumerate(rows):
        if place in refused:
            continue
        if row.ref is None:
            parted.fresh[place] = None
            continue
        try:
            key = _key(scope, row, row.ref, homes[row.ref])
        except Problem as problem:
            parted.refused[place] = Outcome("problem", problem=problem)
            continue
        key = owners.moved.get(key, key)
        if key.distributor_id in homes[row.ref]:
            parted.known[place] = key
        elif key in contested:
            parted.refused[place] = Outcome("duplicate", problem=identity_taken())
        else:
            parted.fresh[place] = key
            homes[row.ref].add(key.distributor_id)
    return parted


def _key(scope: Scope, row: CustomerRow, ref: identities.Ref, homes: Collection[UUID | None]) -> Key:
    """The identity that a row means: of the distributor that it names, else of the only one that has it.

    Raises Conflict when several have it, Invalid when a sender with several distributors must say which.
    """
    if row.distributor_code is None and homes:
        if len(homes) > 1:
            raise customer_ambiguous()
        return Key(*ref, next(iter(homes)))
    return Key(*ref, home(scope.distributors, row.customer.distributor_id))
