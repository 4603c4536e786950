"""What is asked and answered between services; never published outside."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from customer_svc.recipients.domain import birthday_key
from shared.http import Input, Output
from shared.http.types import NO_FLAG, Flag, Name

MOST = 200
_Ids = Annotated[list[UUID], Field(max_length=MOST)]
_Tags = Annotated[list[Name], Field(max_length=20)]


class RecipientsAsk(Input):
    """Customers and contacts by their ids, at most 200 of each."""

    customers: _Ids = Field(default_factory=list)
    contacts: _Ids = Field(default_factory=list)


class Recipient(Output):
    """How somebody can be reached now. `asked` is the id asked for; a merged customer has another."""

    asked: UUID
    kind: Literal["customer", "contact"]
    id: UUID
    customer_id: UUID
    name: str
    email: str | None
    phone: str | None
    language: str | None
    timezone: str | None
    owner_id: UUID | None
    distributor_id: UUID | None
    identities: dict[str, str]


class Recipients(Output):
    """Those who are there; whoever is archived, removed or unknown is missing."""

    recipients: list[Recipient]


class BirthdayAsk(Input):
    """A day of a calendar."""

    calendar: Literal["solar", "lunar"]
    month: Annotated[int, Field(ge=1, le=12), NO_FLAG]
    day: Annotated[int, Field(ge=1, le=31), NO_FLAG]
    leap: Flag = False

    @property
    def key(self) -> str:
        return birthday_key(self.calendar, self.month, self.day, leap=self.leap)


class BirthdaysAsk(Input):
    """Whose birthday is on one of these days, in the order of their ids, behind the id `after`."""

    kind: Literal["customer", "contact"]
    keys: Annotated[list[BirthdayAsk], Field(min_length=1, max_length=40)]
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=1000), NO_FLAG] = 1000


class PersonRead(Output):
    """Somebody by id, and the time zone that the customer is known to live in."""

    id: UUID
    customer_id: UUID
    owner_id: UUID | None
    distributor_id: UUID | None
    timezone: str | None


class BirthdayPerson(PersonRead):
    """`key` is the place of the day in what was asked."""

    key: int


class Birthdays(Output):
    """One page; with as many as the limit there may be more."""

    persons: list[BirthdayPerson]


class PeopleAsk(Input):
    """Everybody, in the order of their ids, behind the id `after`."""

    kind: Literal["customer", "contact"]
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=1000), NO_FLAG] = 1000


class People(Output):
    """One page; with as many as the limit there may be more."""

    persons: list[PersonRead]


class TimezonesRead(Output):
    """Every time zone that an active customer is known to live in, as it was told."""

    timezones: list[str]


class TagsChange(Input):
    """Tags to put on a customer, and tags to take off."""

    customer_id: UUID
    add: _Tags = Field(default_factory=list)
    remove: _Tags = Field(default_factory=list)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if set(self.add) & set(self.remove):
            raise PydanticCustomError("tag_twice", "names a tag twice", {"zh": "标签重复"})
        return self

    def applied(self, tags: list[str]) -> list[str]:
        """The tags afterwards, in their order."""
        kept = [tag for tag in tags if tag not in self.remove]
        return [*kept, *(tag for tag in dict.fromkeys(self.add) if tag not in kept)]


class TagsRead(Output):
    """The customer's tags now."""

    customer_id: UUID
    tags: list[Any]
