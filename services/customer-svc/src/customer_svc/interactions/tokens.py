"""The token with which work was begun, kept for the work itself."""

from starlette.requests import Request

from customer_svc.interactions.clients import Interactions
from shared.auth.tokens import HEADER


def kept_token(request: Request, entity: str) -> str | None:
    """What the job keeps of the caller's token, if it will have to ask interaction-svc."""
    interactions: Interactions = request.state.interactions
    return interactions.kept(request.headers[HEADER]) if entity == "interactions" else None
