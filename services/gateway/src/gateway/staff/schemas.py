"""What is said about staff accounts over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, EmailStr, Field, StringConstraints
from pydantic.config import JsonDict

from gateway.staff.domain import LEAST_PASSWORD, DataScope, Role, Status
from shared.http import Input, ListQuery, Output, Page, Patch
from shared.http.types import Line, Moment, Name, clean_text

_EXAMPLE_ZH: JsonDict = {
    "username": "li.wei",
    "display_name": "李伟",
    "password": "每天九点开门的老茶叶店",
    "roles": ["sales"],
    "data_scope": "own",
}
_EXAMPLE_EN: JsonDict = {
    "username": "jane.moore",
    "display_name": "Jane Moore",
    "password": "correct horse battery",
    "email": "jane.moore@example.com",
    "roles": ["manager", "service"],
    "data_scope": "all",
}


def _unique(roles: list[Role]) -> list[Role]:
    return sorted(set(roles))


Username = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$", to_lower=True),
    Field(examples=["li.wei"]),
]
Password = Annotated[
    str,
    StringConstraints(min_length=LEAST_PASSWORD, max_length=256),
    AfterValidator(clean_text),
    Field(examples=["correct horse battery", "每天九点开门的老茶叶店"]),
]
Roles = Annotated[
    list[Role], Field(min_length=1, max_length=5, examples=[["sales"]]), AfterValidator(_unique)
]
DisplayName = Annotated[Name, Field(examples=["李伟", "Jane Moore"])]
Email = Annotated[EmailStr, Field(max_length=254, examples=["li.wei@example.com"])]


class StaffCreate(Input):
    """A new account."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ZH, _EXAMPLE_EN]})

    username: Username
    display_name: DisplayName
    password: Password
    email: Email | None = None
    roles: Roles
    org_unit_id: UUID | None = None
    data_scope: DataScope = "own"


class StaffPatch(Patch):
    """Changes to an account; a new password signs the person out everywhere."""

    display_name: DisplayName = ""
    email: Email | None = None
    password: Password = ""
    roles: Roles = Field(default_factory=list, validate_default=False)
    org_unit_id: UUID | None = None
    data_scope: DataScope = "own"
    status: Status = "active"


class StaffSummary(Output):
    """What colleagues who assign work may see."""

    id: UUID
    display_name: str
    roles: list[Role]


class StaffRead(StaffSummary):
    """An account as administrators see it; never the password."""

    username: str
    email: str | None
    status: Status
    org_unit_id: UUID | None
    data_scope: DataScope
    version: int
    created_at: Moment
    updated_at: Moment


class StaffRecipientsAsk(Input):
    """Members of staff by their ids, at most 200."""

    staff: Annotated[list[UUID], Field(max_length=200)]


class StaffRecipient(Output):
    """How somebody of the staff can be reached now."""

    id: UUID
    name: str
    email: str | None


class StaffRecipients(Output):
    """Those who are there and not disabled."""

    recipients: list[StaffRecipient]


class StaffQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
    role: Role | None = None
    username: Username | None = None
    org_unit_id: UUID | None = None
    data_scope: DataScope | None = None
    q: Annotated[Line, Field(min_length=1, description="A part of the display name")] | None = None


StaffPage = Page[StaffRead] | Page[StaffSummary]
