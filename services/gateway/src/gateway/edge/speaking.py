"""Tokens for services that speak for themselves: which service may do what where, and no more (ADR 42)."""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from gateway.edge.domain import handed_on
from gateway.keys.ring import KeyRing
from shared.auth import Principal
from shared.auth.tokens import mint
from shared.problems import Forbidden

GRANTED: Mapping[tuple[str, str], frozenset[str]] = {
    ("notify-svc", "customer-svc"): frozenset({"recipients:read", "tags:write"}),
    ("notify-svc", "interaction-svc"): frozenset({"complaints:write", "customers:read"}),
    ("notify-svc", "gateway"): frozenset({"recipients:read"}),
}
"""By who asks and who is asked: all that it may do there.

At interaction-svc `customers:read` is for the customer that a complaint is about, if it is not known there.
"""


class Speaking:
    """Gives services their own tokens; whoever calls it has made sure who is asking."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def __call__(self, service: str, audience: str) -> str:
        """A token for a minute; Forbidden (`service_not_allowed`) for a pair that the table does not have."""
        granted = GRANTED.get((service, audience))
        if granted is None:
            raise Forbidden(
                "service_not_allowed",
                en="This service has nothing to ask there.",
                zh="该服务无权访问目标服务。",
            )
        principal = Principal("service", uuid5(NAMESPACE_URL, f"tonglu:{service}"), granted=granted)
        key = await self._ring.signing("internal")
        return mint(principal, key, audience=audience, also=handed_on(audience))
