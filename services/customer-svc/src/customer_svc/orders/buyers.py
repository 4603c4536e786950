"""Whose an order is: the customer named by id, by code or by identity."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from customer_svc.customers import queries as customers
from customer_svc.identities import queries as identities
from customer_svc.identities.domain import Owner
from customer_svc.identities.schemas import IdentityRef
from shared.db import Reader, Record
from shared.problems import Invalid, Problem


class Buyer(NamedTuple):
    """A customer, the distributor behind which it stands, and whom the order names if that is another."""

    customer_id: UUID
    distributor_id: UUID | None
    origin_id: UUID | None = None


class NamesCustomer(Protocol):
    """Says whose it is in one of three ways."""

    @property
    def customer_id(self) -> UUID | None:
        """The customer itself."""
        ...

    @property
    def customer_code(self) -> str | None:
        """Its code."""
        ...

    @property
    def identity(self) -> IdentityRef | None:
        """What a channel calls it."""
        ...


async def buyers(db: Reader, rows: Sequence[NamesCustomer]) -> list[Buyer | Problem]:
    """The buyer of each row in order, or why there is none; at most one query for each way of naming."""
    by_id = await customers.known(db, (row.customer_id for row in rows if row.customer_id))
    by_code = await customers.ids_by_code(db, (row.customer_code for row in rows))
    refs = (row.identity for row in rows if row.identity)
    by_identity = await identities.owners(db, ((ref.channel, ref.external_id) for ref in refs))
    return [_buyer(row, by_id, by_code, by_identity) for row in rows]


def _buyer(
    row: NamesCustomer,
    by_id: dict[UUID, UUID | None],
    by_code: dict[str, list[Record]],
    by_identity: dict[identities.Ref, list[Owner]],
) -> Buyer | Problem:
    if row.customer_id is not None:
        try:
            return Buyer(row.customer_id, by_id[row.customer_id])
        except KeyError:
            return _unknown("/customer_id")
    if row.identity is not None:
        owners = by_identity[row.identity.channel, row.identity.external_id]
        return _named("/identity", [Buyer(*owner) for owner in owners])
    coded = by_code[row.customer_code or ""]
    return _named("/customer_code", [Buyer(found["id"], found["distributor_id"]) for found in coded])


def _named(pointer: str, found: Sequence[Buyer]) -> Buyer | Problem:
    if len(found) == 1:
        return found[0]
    if not found:
        return _unknown(pointer)
    return Invalid.at(
        pointer,
        "customer_ambiguous",
        en="Several distributors have a customer of this name. Name the customer by its id.",
        zh="多个经销商使用此名称的客户，请改用客户 id。",
    )


def _unknown(pointer: str) -> Problem:
    return Invalid.at(pointer, "customer_unknown", en="There is no such customer.", zh="没有这个客户。")
