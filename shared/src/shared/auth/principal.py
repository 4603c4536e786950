"""The principal: who is asking, what they may do and whose rows they may see."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.auth.permissions import permissions_of
from shared.db.scope import EVERYTHING, Scope

Kind = Literal["staff", "partner", "service"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A person of the company, a partner's key, or another service.

    `granted` are permissions beside those of the roles (a key's scopes); `unit` is a person's own org unit;
    `home` is the distributor whose key it is, the top of its `scope`; `masked` are the names of fields that
    a key must not see.
    """

    kind: Kind
    id: UUID
    roles: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    scope: Scope = EVERYTHING
    unit: UUID | None = None
    masked: frozenset[str] = frozenset()
    home: UUID | None = None
    permissions: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", permissions_of(self.roles) | self.granted)

    def may(self, permission: str) -> bool:
        """Whether `resource:action` is allowed."""
        return permission in self.permissions

    def is_any(self, *roles: str) -> bool:
        """Whether one of these roles is held."""
        return not self.roles.isdisjoint(roles)
