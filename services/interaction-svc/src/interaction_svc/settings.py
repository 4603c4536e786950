"""The settings of interaction-svc."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides the common ones.

    `customer_url` is where customer-svc answers, for a customer that is not known here yet; `public_url`
    where customers reach the edge, for the links that they are sent.
    """

    customer_url: str = "http://customer-svc:8000"
    public_url: str = "http://127.0.0.1:8080"
