"""What scoring-svc is told from outside."""

from shared.settings import ServiceSettings

NUMBER = 3
"""The last hex digit of this service's operations."""


class Settings(ServiceSettings):
    """Nothing beyond what every service is told."""
