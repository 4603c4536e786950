"""The passage: out to the provider, back with what it says, and on to the page that asked."""

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import httpx
import structlog

from gateway.oidc import commands, domain, id_token
from gateway.oidc.clients import Issuer, failed
from gateway.oidc.domain import Handover, Identity, Journey, Provider, Refusal
from gateway.oidc.schemas import Returned
from gateway.sessions.commands import Begun
from gateway.sessions.desk import Desk
from gateway.sessions.domain import Program
from gateway.sessions.schemas import TokenPair
from gateway.settings import Settings
from gateway.staff import queries as staff
from gateway.staff.passwords import Passwords
from shared.db import Database, Tx
from shared.http.client import make_client
from shared.http.testimony import Witness
from shared.problems import FieldError, Forbidden, Malformed, Problem, Unauthenticated
from shared.sealing import Sealer, Unsealable

_JOURNEY, _HANDOVER = "oidc-journey", "oidc-handover"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and the secret that its cookie is to keep."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a passage is made of, beside the provider."""

    database: Database
    sealer: Sealer
    desk: Desk
    passwords: Passwords


def passage_of(settings: Settings, client: httpx.AsyncClient | None, parts: Parts) -> "Passage | None":
    """The passage of these settings; None when they name no provider. `client` reaches it."""
    if settings.oidc_issuer is None:
        return None
    provider = _provider(settings)
    return Passage(provider, Issuer(provider, client or make_client()), parts)


def _provider(settings: Settings) -> Provider:
    secret = settings.oidc_client_secret
    return Provider(
        issuer=str(settings.oidc_issuer),
        client_id=str(settings.oidc_client_id),
        client_secret=secret.get_secret_value() if secret else None,
        redirect_url=str(settings.oidc_redirect_url),
        scopes=settings.oidc_scopes,
        algorithms=frozenset(settings.oidc_algorithms.split()),
        link=settings.oidc_link,
        create=settings.oidc_create,
        roles=tuple(settings.oidc_roles.split()),  # type: ignore[arg-type]  # the settings know the roles
    )


class Passage:
    """Leads people to the provider and back.

    Nothing is stored on the way out: the state is sealed for one browser, whose cookie holds the secret from
    which the PKCE verifier and the nonce follow. On the way back the state is used up.
    """

    def __init__(self, provider: Provider, issuer: Issuer, parts: Parts) -> None:
        self.provider = provider
        self._issuer = issuer
        self._database = parts.database
        self._sealer = parts.sealer
        self._desk = parts.desk
        self._passwords = parts.passwords

    async def depart(self, return_to: str, browser: str | None) -> Departure:
        """Begin a journey; raises Malformed, or Unavailable when the provider cannot be found."""
        page = domain.own_page(return_to)
        metadata = await self._issuer.metadata()
        secret = browser if browser and domain.is_browser(browser) else secrets.token_urlsafe(32)
        journey = Journey(self._new_id(), page, self._now() + domain.JOURNEY_SECONDS)
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.provider.redirect_url,
            "scope": self.provider.scopes,
            "state": self._sealer.seal_text(_JOURNEY, domain.written(journey), _bound(secret)),
            "nonce": domain.derived(secret, "nonce", journey.id),
            "code_challenge": domain.challenge(domain.derived(secret, "verifier", journey.id)),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return Departure(f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}", secret)

    async def arrive(self, returned: Returned, browser: str | None) -> str:
        """The page to go on to; what the journey came to stands behind `#oidc=`, for `hand_over`.

        Raises Malformed for a state that is not this browser's, or was used; Unauthenticated for what the
        provider does not vouch for; Unavailable when it cannot be asked.
        """
        journey, secret = self._opened_journey(returned.state, browser)
        async with self._database.begin() as tx:
            first = await commands.spend(tx, journey.id)
        if not first:
            raise _wrong_state()
        metadata = await self._issuer.metadata()
        if not domain.comes_from(self.provider, returned.iss, always_named=metadata.names_itself):
            raise _not_vouched("iss")
        if returned.error is not None or returned.code is None:
            return self._onward(journey, secret, refusal="oidc_denied")
        who = await self._vouched(journey, secret, returned.code)
        async with self._database.begin() as tx:
            staff_id = await commands.account_of(tx, self._passwords, self.provider, who)
        return self._onward(journey, secret, staff_id=staff_id, refusal=None if staff_id else "oidc_unlinked")

    async def hand_over(
        self, code: str, browser: str | None, witness: Witness, *, program: Program
    ) -> TokenPair:
        """Tokens for what a journey came to, once and in the same browser.

        Raises Unauthenticated, and Forbidden when nobody here goes by the account.
        """
        handover = self._opened_handover(code, browser)
        async with self._database.begin() as tx:
            first = await commands.spend(tx, handover.id)
            begun: Begun | None = None
            if first and handover.staff_id is not None and await _active(tx, handover.staff_id):
                begun = await self._desk.begin(tx, handover.staff_id, program, "oidc")
                witness.by(begun.staff_id).changed(tx, begun.staff_id, begun.session_id)
        if begun is not None:
            return await self._desk.pair(begun)
        refused = _why_not(handover) if first else _wrong_code()
        witness.refused(refused, self._database.now(), *([handover.staff_id] if handover.staff_id else []))
        raise refused

    async def _vouched(self, journey: Journey, secret: str, code: str) -> Identity:
        token = await self._issuer.id_token(code, domain.derived(secret, "verifier", journey.id))
        nonce = domain.derived(secret, "nonce", journey.id)
        who = await id_token.read(token, self._issuer.key, self.provider, nonce=nonce, now=self._now())
        if who is None:
            raise _not_vouched("id_token")
        return who

    def _onward(
        self, journey: Journey, secret: str, *, staff_id: UUID | None = None, refusal: Refusal | None
    ) -> str:
        handover = Handover(self._new_id(), self._now() + domain.HANDOVER_SECONDS, staff_id, refusal)
        sealed = self._sealer.seal_text(_HANDOVER, domain.written(handover), _bound(secret))
        return f"{journey.return_to}#oidc={sealed}"

    def _opened_journey(self, state: str, browser: str | None) -> tuple[Journey, str]:
        if browser is None or not domain.is_browser(browser):
            raise _wrong_state()
        try:
            journey = domain.read_journey(self._sealer.open_text(_JOURNEY, state, _bound(browser)))
        except Unsealable:
            raise _wrong_state() from None
        if journey.until < self._now():
            raise _wrong_state()
        return journey, browser

    def _opened_handover(self, code: str, browser: str | None) -> Handover:
        if browser is None or not domain.is_browser(browser):
            raise _wrong_code()
        try:
            handover = domain.read_handover(self._sealer.open_text(_HANDOVER, code, _bound(browser)))
        except Unsealable:
            raise _wrong_code() from None
        if handover.until < self._now():
            raise _wrong_code()
        return handover

    def _now(self) -> int:
        return int(self._database.now().timestamp())

    def _new_id(self) -> UUID:
        return UUID(bytes=secrets.token_bytes(16), version=4)


def _bound(browser: str) -> bytes:
    """What a seal is bound to, so that it opens for one browser only."""
    return hashlib.sha256(browser.encode()).digest()


async def _active(tx: Tx, staff_id: UUID) -> bool:
    return bool((await staff.staff_by_id(tx, staff_id))["status"] == "active")


def _not_vouched(what: str) -> Unauthenticated:
    _log.warning("oidc_refused", reason=what)
    return failed()


def _wrong_state() -> Malformed:
    texts = "is not of a sign-in that this browser has begun", "不属于此浏览器发起的登录"
    return Malformed(
        "oidc_state_invalid",
        en="This sign-in was not begun here, is over, or took too long. Start again.",
        zh="此次登录并非由此浏览器发起、已结束或已超时，请重新开始。",
        errors=(FieldError("?state", "oidc_state_invalid", *texts),),
    )


def _wrong_code() -> Unauthenticated:
    return Unauthenticated(
        "oidc_code_invalid",
        en="This code is not of this browser, was used, or is too old. Start again.",
        zh="此代码不属于此浏览器、已使用或已过期，请重新登录。",
    )


def _why_not(handover: Handover) -> Problem:
    return _denied() if handover.refusal == "oidc_denied" else _unlinked()


def _denied() -> Unauthenticated:
    return Unauthenticated(
        "oidc_denied", en="The sign-in was not completed at the provider.", zh="未在登录服务提供方完成登录。"
    )


def _unlinked() -> Forbidden:
    return Forbidden(
        "oidc_unlinked",
        en="No active account here is linked with yours. Ask an administrator to link it.",
        zh="您的外部账号未关联任何有效的员工账号，请联系管理员。",
    )
