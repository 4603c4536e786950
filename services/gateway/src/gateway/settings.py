"""What the gateway is told from outside."""

from pydantic import SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`admin_password` is the first account's password at the first start; without it one is made.

    `issuer` stands in access tokens. The addresses of the services are needed only where they run in
    processes of their own.
    """

    admin_password: SecretStr | None = None
    issuer: str = "tonglu"
    access_token_seconds: int = 900
    session_days: int = 30
    customer_svc_url: str | None = None
    interaction_svc_url: str | None = None
    scoring_svc_url: str | None = None
    notify_svc_url: str | None = None

    def service_urls(self) -> dict[str, str]:
        """The addresses that were given, by service."""
        given = {
            "customer-svc": self.customer_svc_url,
            "interaction-svc": self.interaction_svc_url,
            "scoring-svc": self.scoring_svc_url,
            "notify-svc": self.notify_svc_url,
        }
        return {name: url for name, url in given.items() if url}
