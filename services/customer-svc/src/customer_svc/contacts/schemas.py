"""What a contact looks like on the wire."""

from uuid import UUID

from pydantic import ConfigDict

from customer_svc.contacts.domain import Role
from customer_svc.fields import EmailAddress, PhoneNumber, Short, kept
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Moment, Name


class ContactCreate(Input):
    """A person at a customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "韩梅梅", "post": "采购总监", "phone": "139 0013 9000", "role": "decider"},
                {
                    "name": "Jane Porter",
                    "post": "Buyer",
                    "email": "jane@harbourlights.example",
                    "role": "user",
                },
            ]
        }
    )

    name: Name
    post: Short | None = None
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    role: Role | None = None


class ContactPatch(Patch):
    """The fields to change; null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"post": "总经理"}, {"phone": None}]})

    name: Name = kept("")
    post: Short | None = None
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    role: Role | None = None


class ContactRead(Output):
    """A person at a customer; its `version` is also its ETag."""

    id: UUID
    customer_id: UUID
    name: str
    post: str | None
    phone: str | None
    email: str | None
    role: Role | None
    version: int
    created_at: Moment
    updated_at: Moment


class ContactQuery(ListQuery):
    """Filters of a customer's contacts."""

    role: Role | None = None
