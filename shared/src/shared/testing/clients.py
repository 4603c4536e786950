"""Principals and HTTP clients whose internal token is signed by this test session's own key."""

import json
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import httpx
from joserfc.jwk import KeySet, OKPKey

from shared.auth import Principal
from shared.auth.tokens import HEADER, mint
from shared.db import Scope


@cache
def signing_key() -> OKPKey:
    """The key that this session's internal tokens are signed with."""
    return OKPKey.generate_key("Ed25519", parameters={"kid": "test"})


@cache
def jwks() -> str:
    """Its public half, as `ServiceSettings.internal_jwks`."""
    return json.dumps(KeySet([signing_key()]).as_dict(private=False))


def staff(*roles: str, staff_id: UUID | None = None) -> Principal:
    """A person of the company with these roles."""
    return Principal("staff", staff_id or uuid4(), frozenset(roles))


def as_principal(principal: Principal, audience: str) -> dict[str, str]:
    """The header that makes a service see this principal."""
    return {HEADER: mint(principal, signing_key(), audience=audience)}


def partner(distributor_id: UUID, *scopes: str) -> Principal:
    """A partner's key: sees one distributor's rows."""
    seen = Scope(frozenset({distributor_id}))
    return Principal("partner", uuid4(), granted=frozenset(scopes), scope=seen, home=distributor_id)


def service_client(service: Any, principal: Principal | None = None, **headers: str) -> httpx.AsyncClient:
    """A client that calls the service in this process; nobody is signed in without a principal."""
    identity = as_principal(principal, service.name) if principal else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service.asgi),
        base_url="http://service",
        headers={**identity, **headers},
    )
