"""The settings of notify-svc."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides the common ones: where customer-svc answers, for a customer that is not known here yet.

    `company_name` is how the company calls itself in messages.
    """

    company_name: str = "Tonglu"
    customer_url: str = "http://customer-svc:8000"
