"""What the gateway is told from outside."""

from pydantic import SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`admin_password` is the first account's password at the first start; without it one is made.

    `issuer` stands in access tokens. The addresses are those of services in processes of their own.
    """

    admin_password: SecretStr | None = None
    issuer: str = "tonglu"
    access_token_seconds: int = 900
    session_days: int = 30
    customer_url: str = "http://customer-svc:8000"
    interaction_url: str = "http://interaction-svc:8000"
    scoring_url: str = "http://scoring-svc:8000"
    notify_url: str = "http://notify-svc:8000"

    def service_urls(self) -> dict[str, str]:
        """The address of each service."""
        return {
            "customer-svc": self.customer_url,
            "interaction-svc": self.interaction_url,
            "scoring-svc": self.scoring_url,
            "notify-svc": self.notify_url,
        }
