"""Contacts of customers as rows tell of them, and the storing of a chunk of them."""

from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from customer_svc.batch import Outcome
from customer_svc.contacts.bulk import Addition, add_many
from customer_svc.contacts.schemas import ContactCreate
from customer_svc.identities.schemas import IdentityRef
from customer_svc.orders.buyers import buyers
from customer_svc.transfers.faults import with_birthday
from shared.db import Tx
from shared.http.types import Code
from shared.problems import Problem

_WAYS = ("customer_id", "customer_code", "identity")


class ContactRow(ContactCreate):
    """A contact, and its customer named in one of three ways."""

    customer_id: UUID | None = None
    customer_code: Code | None = None
    identity: IdentityRef | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise PydanticCustomError(
                "customer_not_named",
                "must name the customer by exactly one of customer_id, customer_code and external_id",
                {"zh": "须用 customer_id、customer_code、external_id 之一指明客户"},
            )
        return self

    @property
    def contact(self) -> ContactCreate:
        """The contact alone, as far as it is told."""
        return ContactCreate(
            **{name: getattr(self, name) for name in self.model_fields_set.difference(_WAYS)}
        )

    @property
    def key(self) -> str:
        """By what a preview knows it again."""
        return f"contact {self.customer_id} {self.customer_code} {self.identity} {self.name}"


def read_contact(given: dict[str, Any]) -> ContactRow:
    """The contact of a row; ValidationError or Faulty if it is none."""
    given = with_birthday(given)
    channel, external_id = given.pop("channel", None), given.pop("external_id", None)
    if external_id is not None:
        given["identity"] = {"external_id": external_id} | ({} if channel is None else {"channel": channel})
    return ContactRow.model_validate(given)


async def load_contacts(tx: Tx, rows: Sequence[ContactRow]) -> list[Outcome]:
    """Add the contacts of a chunk to customers in sight; an outcome for each, in order."""
    owners = await buyers(tx, rows)
    named = [
        Addition(owner.customer_id, row.contact)
        for row, owner in zip(rows, owners, strict=True)
        if not isinstance(owner, Problem)
    ]
    added = iter(await add_many(tx, named))
    return [
        Outcome("problem", problem=owner) if isinstance(owner, Problem) else next(added) for owner in owners
    ]
