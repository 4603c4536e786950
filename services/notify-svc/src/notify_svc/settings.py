"""The settings of notify-svc."""

from pydantic import SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides the common ones: where customer-svc answers, for a customer that is not known here yet.

    `company_name` is how the company calls itself in messages. With `service_secret`, which the gateway at
    `gateway_url` knows, too, this service asks for tokens of its own; without it nobody is reached.
    """

    company_name: str = "Tonglu"
    service_secret: SecretStr | None = None
    gateway_url: str = "http://gateway:8000"
    customer_url: str = "http://customer-svc:8000"
