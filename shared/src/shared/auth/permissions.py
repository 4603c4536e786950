"""What each role may do: the one table of permissions, `resource:action`."""

from collections.abc import Iterable
from functools import lru_cache

ROLES = ("admin", "manager", "sales", "service", "analyst")

_READING = (
    "customers:read",
    "duplicates:read",
    "orders:read",
    "contracts:read",
    "channels:read",
    "fields:read",
    "distributors:read",
    "org_units:read",
    "interactions:read",
    "complaints:read",
    "complaint_notes:read",
    "scores:read",
    "models:read",
    "policies:read",
    "tier_overrides:read",
    "templates:read",
    "preferences:read",
    "contact_policy:read",
    "messages:read",
    "operations:read",
    "playbooks:read",
    "playbook_runs:read",
)
_OWN_DESK = (
    "reminders:read",
    "reminders:write",
    "inbox:read",
    "inbox:write",
    "views:read",
    "views:write",
)
_SALES = (
    "playbook_runs:write",
    "customers:write",
    "duplicates:write",
    "orders:write",
    "contracts:write",
    "imports:read",
    "imports:write",
    "exports:read",
    "exports:write",
    "interactions:write",
    "complaints:write",
    "complaint_notes:write",
    "preferences:write",
    "operations:write",
)
_SERVICE = (
    "interactions:write",
    "complaints:write",
    "complaint_notes:write",
    "customers:write",
    "duplicates:write",
    "preferences:write",
    "operations:write",
)
_MANAGER = (
    *_SALES,
    "customers:assign",
    "customers:merge",
    "channels:write",
    "fields:write",
    "distributors:write",
    "org_units:write",
    "policies:write",
    "tier_overrides:write",
    "scores:write",
    "staff:read",
    "api_keys:read",
    "api_keys:write",
    "plans:read",
    "reminders:all",
    "templates:write",
    "senders:read",
    "messages:write",
    "contact_policy:write",
    "playbooks:write",
    "webhooks:read",
    "webhooks:write",
)
_ADMIN = (
    *_MANAGER,
    "staff:write",
    "senders:write",
    "plans:write",
    "usage:read",
    "deadletters:read",
    "deadletters:write",
    "operations:all",
    "audit:read",
)

BY_ROLE: dict[str, frozenset[str]] = {
    "admin": frozenset((*_READING, *_OWN_DESK, *_ADMIN)),
    "manager": frozenset((*_READING, *_OWN_DESK, *_MANAGER)),
    "sales": frozenset((*_READING, *_OWN_DESK, *_SALES)),
    "service": frozenset((*_READING, *_OWN_DESK, *_SERVICE)),
    "analyst": frozenset((*_READING, *_OWN_DESK)),
}
FOR_SERVICES = frozenset(("recipients:read", "tags:write"))
"""What only services may that speak for themselves: no role has it, and no key can be given it."""
EVERY_PERMISSION = frozenset().union(*BY_ROLE.values())
GRANTABLE = frozenset(
    (
        "customers:read",
        "customers:write",
        "duplicates:read",
        "duplicates:write",
        "customers:merge",
        "orders:read",
        "orders:write",
        "channels:read",
        "fields:read",
        "distributors:read",
        "interactions:read",
        "interactions:write",
        "complaints:read",
        "complaints:write",
        "scores:read",
        "imports:read",
        "imports:write",
        "exports:read",
        "exports:write",
        "operations:read",
        "operations:write",
        "webhooks:read",
        "webhooks:write",
    )
)
"""What a partner's key can be given: its customers' business; nothing of people, keys, rules or operators."""


@lru_cache(maxsize=256)
def _together(roles: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(BY_ROLE.get(role, frozenset()) for role in roles))


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything that these roles may do together; an unknown role may nothing."""
    return _together(frozenset(roles))
