"""Contacts of customers as rows tell of them, and the storing of a chunk of them."""

from collections.abc import Sequence
from typing import Any

from customer_svc.batch import Outcome
from customer_svc.contacts.bulk import Addition, add_many
from customer_svc.contacts.schemas import ContactCreate
from customer_svc.orders.buyers import buyers
from customer_svc.transfers.faults import with_birthday
from customer_svc.transfers.naming import WAYS, OfCustomer, with_identity
from shared.db import Tx
from shared.problems import Problem


class ContactRow(OfCustomer, ContactCreate):
    """A contact and whose it is."""

    @property
    def contact(self) -> ContactCreate:
        """The contact alone, as far as it is told."""
        return ContactCreate(**{name: getattr(self, name) for name in self.model_fields_set.difference(WAYS)})

    @property
    def key(self) -> str:
        """By what a preview knows it again."""
        return f"contact {self.customer_id} {self.customer_code} {self.identity} {self.name}"


def read_contact(given: dict[str, Any]) -> ContactRow:
    """The contact of a row; ValidationError or Faulty if it is none."""
    return ContactRow.model_validate(with_identity(with_birthday(given), "channel"))


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
