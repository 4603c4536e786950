"""What a contact looks like on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from customer_svc.contacts.domain import STRENGTH_WORDS, STRONGEST, WEAKEST, Role
from customer_svc.customers.schemas import Birthday
from customer_svc.fields import EmailAddress, PhoneNumber, Short, kept
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Flag, JsonObject, Moment, Name

RelationStrength = Annotated[int, Field(ge=WEAKEST, le=STRONGEST, description=STRENGTH_WORDS), NO_FLAG]
_PRIMARY = "The one to ask first; making another one primary takes it from the former"


class ContactCreate(Input):
    """A person at a customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "韩梅梅",
                    "post": "采购总监",
                    "phone": "139 0013 9000",
                    "role": "decider",
                    "relation_strength": 4,
                    "birthday": {"calendar": "lunar", "month": 8, "day": 15},
                    "is_primary": True,
                },
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
    relation_strength: RelationStrength | None = None
    birthday: Birthday | None = None
    is_primary: Flag = Field(default=False, description=_PRIMARY)
    attributes: JsonObject = Field(default_factory=dict)


class ContactPatch(Patch):
    """The fields to change; null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"post": "总经理"}, {"phone": None}]})

    name: Name = kept("")
    post: Short | None = None
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    role: Role | None = None
    relation_strength: RelationStrength | None = None
    birthday: Birthday | None = None
    is_primary: Flag = kept(stand_in=False)
    attributes: JsonObject = Field(default_factory=dict)


class ContactRead(Output):
    """A person at a customer; its `version` is also its ETag."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
                    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "name": "韩梅梅",
                    "post": "采购总监",
                    "phone": "+8613900139000",
                    "email": None,
                    "role": "decider",
                    "relation_strength": 4,
                    "birthday": {"calendar": "lunar", "month": 8, "day": 15, "leap": False, "year": None},
                    "is_primary": True,
                    "attributes": {},
                    "version": 1,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-01T09:30:00Z",
                },
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8f",
                    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "name": "Jane Porter",
                    "post": "Buyer",
                    "phone": None,
                    "email": "jane@harbourlights.example",
                    "role": "user",
                    "relation_strength": 2,
                    "birthday": None,
                    "is_primary": False,
                    "attributes": {},
                    "version": 1,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-01T09:30:00Z",
                },
            ]
        }
    )

    id: UUID
    customer_id: UUID
    name: str
    post: str | None
    phone: str | None
    email: str | None
    role: Role | None
    relation_strength: int | None = Field(description=STRENGTH_WORDS)
    birthday: dict[str, Any] | None
    is_primary: bool
    attributes: dict[str, Any]
    version: int
    created_at: Moment
    updated_at: Moment


class ContactQuery(ListQuery):
    """Filters of a customer's contacts."""

    role: Role | None = None
    is_primary: bool | None = None
