"""What is asked of the search box, and what it answers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from customer_svc.customers.domain import Kind
from customer_svc.customers.schemas import READ_EXAMPLES, CustomerRead
from customer_svc.fields import Short
from customer_svc.search.domain import Way
from shared.http import Input, Output
from shared.http.types import NO_FLAG


class SearchQuery(Input):
    """What somebody remembers: part of a name, its initials or reading, the end of a phone number, a code."""

    q: Short = Field(
        description="Chinese, pinyin, initials, Latin words, the last digits of a phone, a code",
        examples=["海纳", "hnbh", "0018"],
    )
    kind: Kind | None = None
    status: Literal["active", "archived", "all"] = "active"
    limit: Annotated[int, Field(ge=1, le=50), NO_FLAG] = 20


class CustomerFound(CustomerRead):
    """A customer, and how it was found."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**example, "matched": "name"} for example in READ_EXAMPLES]}
    )

    matched: Way


class SearchResults(Output):
    """The best finds, best first; `has_more` says that a longer search would tell more apart."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"data": [{**example, "matched": way}], "has_more": False}
                for example, way in zip(READ_EXAMPLES, ("name", "initials"), strict=False)
            ]
        }
    )

    data: list[CustomerFound]
    has_more: bool
