"""What is said about signing in elsewhere over HTTP."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.http import Input, Output
from shared.http.types import Moment

Subject = Annotated[
    str,
    StringConstraints(pattern=r"^[!-~]([ -~]{0,253}[!-~])?$"),
    Field(examples=["248289761001"]),
]


class StartQuery(Input):
    """Where the person wants to be afterwards."""

    return_to: Annotated[
        str,
        Field(max_length=501, examples=["/app/customers"], description="The path of a page here"),
    ] = "/"


class Returned(BaseModel):
    """How the provider sends somebody back; it may add parameters of its own."""

    model_config = ConfigDict(extra="allow")

    state: Annotated[str, Field(max_length=2000)]
    code: Annotated[str, Field(max_length=4000)] | None = None
    error: Annotated[str, Field(max_length=200)] | None = None
    iss: Annotated[str, Field(max_length=500)] | None = None


class Exchange(Input):
    """What stood behind `#oidc=` in the address of the page."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=1000), Field(examples=["q1Zs…"])]


class LinkInput(Input):
    """The claim `sub` by which the provider names the person."""

    subject: Subject


class LinkRead(Output):
    """A person's account at the provider."""

    issuer: str = Field(examples=["https://id.example.com"])
    subject: Subject
    created_at: Moment
