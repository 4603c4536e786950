"""What the gateway is told from outside."""

import ipaddress
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.auth.permissions import ROLES
from shared.settings import ServiceSettings

_ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA", "Ed25519"})


def safe_address(url: str) -> bool:
    """Whether what is sent there stays secret on the way: https, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = bool(host) and url.isascii() and url.isprintable() and not parts.username and not parts.fragment
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _words(text: str, allowed: frozenset[str]) -> str:
    words = text.split()
    if not words or not allowed.issuperset(words):
        raise ValueError(f"must be one or more of {', '.join(sorted(allowed))}, with spaces between")
    return " ".join(words)


class Settings(ServiceSettings):
    """`admin_password` is the first account's password at the first start; without it one is made.

    `issuer` stands in access tokens. `service_secret` is known to notify-svc, too, which asks with it for
    tokens of its own (ADR 42). `allow_test_keys` accepts `tl_test_` keys, which work on the same data
    as live ones: for installations that are for trying out. `check_seconds` is for how long nginx may serve
    a yes of the check again; it counts whole seconds and may keep it for one more, and the gateway itself
    knows of a change after one: with the most that is allowed here, a revoked credential is dead after five
    seconds. The addresses are those of services in processes of their own.

    With `oidc_issuer` people can sign in at that provider, which knows us as `oidc_client_id` and sends them
    back to `oidc_redirect_url` (our `/v1/auth/oidc/callback` as browsers reach it). `oidc_link` says whether
    a verified e-mail address leads to the account that has it, or nothing but an administrator's link does;
    `oidc_create` opens an account with `oidc_roles` for whoever has none.
    """

    admin_password: SecretStr | None = None
    service_secret: SecretStr | None = None
    issuer: str = "tonglu"
    access_token_seconds: int = 900
    session_days: int = 30
    allow_test_keys: bool = False
    check_seconds: int = Field(default=1, ge=0, le=3)
    oidc_issuer: str | None = None
    oidc_client_id: str | None = Field(default=None, validate_default=True)
    oidc_client_secret: SecretStr | None = None
    oidc_redirect_url: str | None = Field(default=None, validate_default=True)
    oidc_scopes: str = "openid email profile"
    oidc_algorithms: str = "RS256 ES256"
    oidc_link: Literal["subject", "email"] = "subject"
    oidc_create: bool = False
    oidc_roles: str = "analyst"
    customer_url: str = "http://customer-svc:8000"
    interaction_url: str = "http://interaction-svc:8000"
    scoring_url: str = "http://scoring-svc:8000"
    notify_url: str = "http://notify-svc:8000"

    @field_validator(
        "oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_redirect_url", mode="before"
    )
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:
        return None if given == "" else given

    @field_validator("oidc_issuer", "oidc_redirect_url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        if url is not None and not safe_address(url):
            raise ValueError("must be an https address (http on this machine only)")
        return url

    @field_validator("oidc_client_id", "oidc_redirect_url")
    @classmethod
    def _together(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is None and info.data.get("oidc_issuer") is not None:
            raise ValueError("is needed with OIDC_ISSUER")
        return given

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("must hold openid")
        return " ".join(scopes.split())

    @field_validator("oidc_algorithms")
    @classmethod
    def _signing(cls, algorithms: str) -> str:
        return _words(algorithms, _ALGORITHMS)

    @field_validator("oidc_roles")
    @classmethod
    def _not_admin(cls, roles: str) -> str:
        return _words(roles, frozenset(ROLES) - {"admin"})

    def service_urls(self) -> dict[str, str]:
        """The address of each service."""
        return {
            "customer-svc": self.customer_url,
            "interaction-svc": self.interaction_url,
            "scoring-svc": self.scoring_url,
            "notify-svc": self.notify_url,
        }
