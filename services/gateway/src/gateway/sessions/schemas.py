"""What is said about signing in over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from gateway.sessions.domain import Method, Program
from gateway.staff.domain import DataScope, Role
from gateway.staff.schemas import Password
from shared.http import Input, Output
from shared.http.types import Line, Moment

Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]
RefreshText = Annotated[str, StringConstraints(min_length=1, max_length=200), Field(examples=["tlr_…"])]


class SignIn(Input):
    """The OAuth2 password form (RFC 6749, 4.3); the client's own credentials are not used."""

    grant_type: Literal["password", ""] = "password"
    username: Annotated[
        Line, StringConstraints(min_length=1, max_length=64), Field(examples=["li.wei", "jane.moore"])
    ]
    password: Secret
    scope: Line = ""
    client_id: Line = ""
    client_secret: Line = ""


class RefreshRequest(Input):
    """A refresh token, usable once."""

    refresh_token: RefreshText


class PasswordChange(Input):
    """The old password proves who asks."""

    current_password: Secret
    new_password: Password


class TokenPair(Output):
    """`access_token` goes into `Authorization: Bearer`; `refresh_token` fetches the next pair, once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a kind
    expires_in: int = Field(description="Seconds until the access token expires", examples=[900])


class Me(Output):
    """Who is signed in, and what they may do."""

    id: UUID
    username: str
    display_name: str
    roles: list[Role]
    permissions: list[str]
    data_scope: DataScope
    org_unit_id: UUID | None


class SessionRead(Output):
    """A sign-in that stands, and what it was begun with; `id` is the claim `sid` of its access tokens."""

    id: UUID
    created_at: Moment
    last_used_at: Moment = Field(description="When its tokens were last handed out, to the life of one")
    expires_at: Moment
    program: Program
    method: Method


class JwkSet(Output):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]
