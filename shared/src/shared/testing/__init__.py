"""For tests: a service started for real, clients with real tokens, a clean database."""

from shared.testing.clients import as_principal, jwks, partner, service_client, staff
from shared.testing.services import carried, clean, migrated, running

__all__ = [
    "as_principal",
    "carried",
    "clean",
    "jwks",
    "migrated",
    "partner",
    "running",
    "service_client",
    "staff",
]
