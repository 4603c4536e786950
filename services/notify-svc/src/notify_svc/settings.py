"""The settings of notify-svc."""

from typing import Annotated

from pydantic import EmailStr, Field, SecretStr, field_validator

from notify_svc.mail_server import MailServer, mail_server_of
from shared.http.guard import Trusted, trusted_of
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides the common ones: where customer-svc answers, for a customer that is not known here yet.

    `company_name` is how the company calls itself in messages. With `service_secret`, which the gateway at
    `gateway_url` knows, too, this service asks for tokens of its own; without it nobody is reached.

    `webhook_allow` names hosts and ports (`sink.corp:8080`, with blanks or commas between) that webhooks may
    lead to although they are not public, by http, too: sinks of the company's own, tests, demonstrations;
    `sender_allow` the same for senders. `public_url` is how customers reach us. Playbooks
    open complaints at `interaction_url`. `smtp_url` is the mail server that e-mail leaves by as long as
    nobody has set up another, `smtp_from` whom it is from. Messages that are done with are forgotten after
    `message_days`, which are no fewer than what is said once a year needs.
    """

    company_name: str = "Tonglu"
    service_secret: SecretStr | None = None
    gateway_url: str = "http://gateway:8000"
    customer_url: str = "http://customer-svc:8000"
    interaction_url: str = "http://interaction-svc:8000"
    webhook_allow: str = ""
    sender_allow: str = ""
    message_days: Annotated[int, Field(ge=400, le=3650)] = 400
    smtp_url: SecretStr | None = None
    smtp_from: EmailStr = "tonglu@example.com"
    public_url: str = "http://127.0.0.1:8080"

    @field_validator("webhook_allow", "sender_allow")
    @classmethod
    def _hosts_and_ports(cls, value: str) -> str:
        trusted_of(value.replace(",", " ").split())
        return value

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value():
            mail_server_of(value.get_secret_value())
        return value

    @property
    def webhook_trusted(self) -> Trusted:
        """The hosts and ports of `webhook_allow`."""
        return trusted_of(self.webhook_allow.replace(",", " ").split())

    @property
    def sender_trusted(self) -> Trusted:
        """The hosts and ports of `sender_allow`, and the mail server of `smtp_url`."""
        named = trusted_of(self.sender_allow.replace(",", " ").split())
        server = self.mail_server
        return named if server is None else named | {(server.host.lower(), server.port)}

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server of `smtp_url`; whoever runs this named it, so it may be this machine."""
        url = self.smtp_url and self.smtp_url.get_secret_value()
        return mail_server_of(url) if url else None
