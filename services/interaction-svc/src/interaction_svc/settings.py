"""The settings of interaction-svc."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides the common ones: where customer-svc answers, for a customer that is not known here yet."""

    customer_url: str = "http://customer-svc:8000"
