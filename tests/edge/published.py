"""What the five services publish, without starting them."""

from base64 import b64encode
from functools import cache
from importlib import import_module
from typing import Any

from gateway.edge.domain import RouteTable
from gateway.edge.paths import compiled
from shared.testing import jwks

PACKAGES = {
    "customer-svc": "customer_svc",
    "interaction-svc": "interaction_svc",
    "scoring-svc": "scoring_svc",
    "notify-svc": "notify_svc",
    "gateway": "gateway",
}


@cache
def document(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    package = PACKAGES[service]
    settings = import_module(f"{package}.settings").Settings(
        database_url="postgresql://nobody@127.0.0.1/none",
        data_key=b64encode(bytes(32)).decode(),
        internal_jwks=jwks(),
    )
    found: dict[str, Any] = import_module(f"{package}.app").build(settings).app.openapi()
    return found


@cache
def table() -> RouteTable:
    """The routing table of all of them."""
    return compiled({service: document(service) for service in PACKAGES})


@cache
def templates() -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Every published path: its service, its template and its operations by method in small letters."""
    return tuple(
        (service, template, item)
        for service in PACKAGES
        for template, item in document(service)["paths"].items()
    )
