"""What services say to the gateway when their work goes on for longer than a token."""

from typing import Annotated

from pydantic import StringConstraints

from shared.auth.headers import MOST_BYTES
from shared.http import Input, Output


class ExchangeRequest(Input):
    """The internal token that an operation was given, and the service that its work has to ask now."""

    token: Annotated[str, StringConstraints(max_length=MOST_BYTES)]
    audience: Annotated[str, StringConstraints(max_length=64)]


class ServiceTokenRequest(Input):
    """Which service asks, and which one it has to ask for itself."""

    service: Annotated[str, StringConstraints(max_length=64)]
    audience: Annotated[str, StringConstraints(max_length=64)]


class FreshToken(Output):
    """An internal token for that service."""

    token: str
