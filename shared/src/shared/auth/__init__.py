"""Who is asking: the principal, what a role may do, and the internal token that says so."""

from shared.auth.principal import Principal

__all__ = ["Principal"]
