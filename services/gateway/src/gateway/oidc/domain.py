"""Rules of signing in elsewhere: the way there and back, what is believed on return, whose account it is."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from gateway.staff.domain import Role
from shared.problems import FieldError, Malformed

JOURNEY_SECONDS = 600
HANDOVER_SECONDS = 60
LEEWAY_SECONDS = 30
_OLDEST_SECONDS = 600
_MOST_SUBJECT = 255
# Own pages only: neither another host (`//…`, `/\…`) nor the API itself, whose answers may lead elsewhere.
_OWN_PAGE = re.compile(r"/(?![/\\])(?!v1(?:[/?]|\Z))[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500}\Z")
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}\Z")

Refusal = Literal["oidc_denied", "oidc_unlinked"]
"""What is told to the page: the person or the provider said no; nobody here goes by that account."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom we believe, and on which terms.

    `algorithms` are those of ID tokens. `link` says what leads to an account that is not linked yet: nothing
    but an administrator (`subject`), or a verified e-mail address as well. `create` opens accounts with
    `roles` for those who have none.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_url: str
    scopes: str
    algorithms: frozenset[str]
    link: Literal["subject", "email"]
    create: bool
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """One attempt to sign in; it works once, until then (seconds since 1970), in one browser."""

    id: UUID
    return_to: str
    until: int


@dataclass(frozen=True, slots=True)
class Handover:
    """What a journey came to, for the page that asked: a person, or why not. It works once."""

    id: UUID
    until: int
    staff_id: UUID | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider speaks of; `email` only if the provider has verified it."""

    subject: str
    email: str | None = None
    username: str | None = None
    name: str | None = None


def own_page(path: str) -> str:
    """The path itself; raises Malformed for anything but a page of our own."""
    if _OWN_PAGE.match(path):
        return path
    texts = "must be the path of a page here", "必须是本站页面的路径"
    raise Malformed(
        "return_not_allowed",
        en=f"return_to {texts[0]}.",
        zh=f"return_to {texts[1]}。",
        errors=(FieldError("?return_to", "return_not_allowed", *texts),),
    )


def is_browser(secret: str | None) -> bool:
    """Whether this looks like the secret that our cookie keeps in a browser."""
    return secret is not None and _BROWSER.match(secret) is not None


def derived(browser: str, purpose: str, journey: UUID) -> str:
    """A secret of one journey that only this browser can lead back to; 43 characters."""
    made = hmac.digest(browser.encode(), f"{purpose}|{journey}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def written(value: Journey | Handover) -> bytes:
    """As JSON, to be sealed."""
    fields = {name: getattr(value, name) for name in value.__slots__}
    return json.dumps(fields, default=str).encode()


def read_journey(text: bytes) -> Journey:
    """What `written` wrote."""
    fields = json.loads(text)
    return Journey(UUID(fields["id"]), fields["return_to"], fields["until"])


def read_handover(text: bytes) -> Handover:
    """What `written` wrote."""
    fields = json.loads(text)
    staff_id = fields["staff_id"]
    return Handover(
        UUID(fields["id"]), fields["until"], None if staff_id is None else UUID(staff_id), fields["refusal"]
    )


def comes_from(provider: Provider, named: str | None, *, always_named: bool) -> bool:
    """Whether an answer is that of our provider; `iss` guards against mixing two up (RFC 9207)."""
    return not always_named if named is None else named == provider.issuer


def believed(claims: Mapping[str, Any], provider: Provider, nonce: str, now: float) -> Identity | None:
    """Whom these claims of a well signed ID token speak of, or None (OpenID Connect Core, 3.1.3.7)."""
    subject = claims.get("sub")
    if not (
        claims.get("iss") == provider.issuer
        and _for_us(claims, provider.client_id)
        and _in_time(claims, now)
        and isinstance(claims.get("nonce"), str)
        and hmac.compare_digest(claims["nonce"].encode(), nonce.encode())
        and isinstance(subject, str)
        and 0 < len(subject) <= _MOST_SUBJECT
        and subject.isascii()
        and subject.isprintable()
    ):
        return None
    verified = claims.get("email_verified") is True
    return Identity(
        subject,
        email=_text(claims.get("email")) if verified else None,
        username=_text(claims.get("preferred_username")),
        name=_text(claims.get("name")),
    )


def _for_us(claims: Mapping[str, Any], client_id: str) -> bool:
    """For us, and if for others too, or for a named party, then asked for by us."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    alone = audiences == [client_id] and "azp" not in claims
    return client_id in audiences and (alone or claims.get("azp") == client_id)


def _in_time(claims: Mapping[str, Any], now: float) -> bool:
    issued, ends, begins = claims.get("iat"), claims.get("exp"), claims.get("nbf", 0)
    if not all(_is_number(each) for each in (issued, ends, begins)):
        return False
    fresh = now - _OLDEST_SECONDS <= issued <= now + LEEWAY_SECONDS  # type: ignore[operator]
    return bool(fresh and ends > now - LEEWAY_SECONDS and begins <= now + LEEWAY_SECONDS)  # type: ignore[operator]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None
