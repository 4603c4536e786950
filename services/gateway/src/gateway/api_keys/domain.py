"""Rules of keys: whether one is good, what it may, and from where it may come."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from shared.auth.permissions import GRANTABLE, permissions_of
from shared.problems import Conflict, FieldError, Forbidden

Environment = Literal["live", "test"]
Status = Literal["active", "expired", "revoked"]
Network = IPv4Network | IPv6Network

STANDARD_PLAN = "partner"
TEST_PLAN = "partner_test"


def status(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> Status:
    """How a key stands; one that was revoked stays so, also after its end."""
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "active"


def refuse_beyond(scopes: Sequence[str], permissions: Collection[str]) -> None:
    """Raise Forbidden naming each scope that its giver may not, or that no key may have."""
    beyond = [place for place, scope in enumerate(scopes) if scope not in GRANTABLE & frozenset(permissions)]
    if beyond:
        raise Forbidden(
            "scope_beyond_maker",
            en="A key may not do more than the person who gives it.",
            zh="密钥的权限不能超过授予者本人的权限。",
            errors=tuple(
                FieldError(
                    f"/scopes/{place}", "scope_beyond_maker", "is not yours to give", "您无权授予此权限"
                )
                for place in beyond
            ),
        )


def refuse_narrow(holders: Collection[object] | None) -> None:
    """Raise Forbidden for a person who does not see every customer: a key sees all of its distributor's."""
    if holders is not None:
        raise Forbidden(
            "sight_too_narrow",
            en="A key sees all customers of its distributor: its giver must have the data scope all.",
            zh="密钥可见该经销商的全部客户，授予者的数据范围须为全部。",
        )


def refuse_revoked(revoked_at: datetime | None) -> None:
    """Raise Conflict for a key whose end has come for good."""
    if revoked_at is not None:
        raise Conflict("key_revoked", en="This key was revoked.", zh="该密钥已被吊销。")


@dataclass(frozen=True, slots=True)
class Giver:
    """The person who answers for a key's scopes, as they stand now."""

    roles: frozenset[str]
    data_scope: str


def effective(scopes: Iterable[str], giver: Giver | None) -> frozenset[str]:
    """What a key may do now: nothing that its giver may not do any more.

    A giver who has left (disabled) takes nothing along: the account keeps its roles, the partner's work
    goes on, and whoever sets the scopes anew becomes the giver.
    """
    if giver is None or giver.data_scope != "all":
        return frozenset()
    return frozenset(scopes) & GRANTABLE & permissions_of(giver.roles)


def read_network(text: str) -> Network:
    """A network in CIDR notation, v4 or v6, or one address.

    ValueError for anything else, also for bits beyond the prefix: `10.0.0.7/8` is hardly what was meant.
    """
    return ip_network(text)


def comes_from(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether a client's address lies within one of the networks; none at all means anywhere."""
    if not networks:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any(found in network or (mapped or found) in network for network in networks)
