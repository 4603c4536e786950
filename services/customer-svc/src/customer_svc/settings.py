"""What customer-svc is told from outside."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service; customer-svc needs no more."""
