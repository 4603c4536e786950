"""The provider's doors: its discovery document, its keys, and where a code is traded for an ID token."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from gateway.oidc.domain import Provider
from gateway.oidc.kept import Kept
from gateway.oidc.keys import Key, fitting, usable
from gateway.settings import safe_address
from shared.http.client import fetch_json
from shared.problems import Unauthenticated, Unavailable

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 2.0
_TRADE_SECONDS = 4.0
_MOST = 128 * 1024
_FRESH_SECONDS = 600.0
_KEYS_PAUSE_SECONDS = 30.0
_METADATA_PAUSE_SECONDS = 5.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself; `basic` is how the client shows its secret."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    basic: bool
    names_itself: bool


class Issuer:
    """Speaks to one provider. Nothing is fetched from an address that a token names."""

    def __init__(
        self,
        provider: Provider,
        client: httpx.AsyncClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._client = client
        self._metadata = Kept(
            "oidc metadata",
            self._discovered,
            fresh=_FRESH_SECONDS,
            pause=_METADATA_PAUSE_SECONDS,
            monotonic=monotonic,
        )
        self._keys = Kept(
            "oidc keys",
            self._fetched_keys,
            fresh=_FRESH_SECONDS,
            pause=_KEYS_PAUSE_SECONDS,
            monotonic=monotonic,
        )

    async def metadata(self) -> Metadata:
        """What the provider says of itself; raises Unavailable."""
        found = await self._metadata.get()
        if found is None:
            raise unavailable()
        return found

    async def key(self, algorithm: str, kid: str | None) -> Key | None:
        """The provider's key for this algorithm; raises Unavailable while no key is known at all.

        An unknown one leads to one new look in half a minute, whoever asks.
        """
        found = fitting(await self._known_keys(), algorithm, kid)
        if found is None and await self._keys.renewed():
            found = fitting(await self._known_keys(), algorithm, kid)
        return found

    async def _known_keys(self) -> list[Key]:
        keys = await self._keys.get()
        if keys is None:
            raise unavailable()
        return keys

    async def id_token(self, code: str, verifier: str) -> str:
        """What the code is worth. Unauthenticated if nothing, Unavailable if the provider cannot say."""
        metadata = await self.metadata()
        form, auth = self._shown(metadata)
        form |= {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        form["redirect_uri"] = self._provider.redirect_url
        try:
            status, answer = await fetch_json(
                self._client,
                "POST",
                metadata.token_endpoint,
                seconds=_TRADE_SECONDS,
                most=_MOST,
                data=form,
                auth=auth,
            )
        except (OSError, ValueError) as error:
            _log.warning("oidc_unavailable", reason="token", error=type(error).__name__)
            raise unavailable() from None
        return _id_token(status, answer)

    def _shown(self, metadata: Metadata) -> tuple[dict[str, str], httpx.BasicAuth | None]:
        """How the client says who it is (RFC 6749, 2.3.1)."""
        name, secret = self._provider.client_id, self._provider.client_secret
        if secret is not None and metadata.basic:
            return {}, httpx.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
        return {"client_id": name, **({} if secret is None else {"client_secret": secret})}, None

    async def _discovered(self) -> Metadata:
        document = await self._fetched(self._provider.issuer.rstrip("/") + _DISCOVERY)
        if document.get("issuer") != self._provider.issuer:
            raise ValueError("another issuer")
        given = document.get("token_endpoint_auth_methods_supported")
        ways = given if isinstance(given, list) else ["client_secret_basic"]
        return Metadata(
            self._address(document, "authorization_endpoint"),
            self._address(document, "token_endpoint"),
            self._address(document, "jwks_uri"),
            basic="client_secret_basic" in ways or "client_secret_post" not in ways,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    async def _fetched_keys(self) -> list[Key]:
        metadata = await self._metadata.get()
        if metadata is None:
            raise OSError("no metadata")
        return usable((await self._fetched(metadata.jwks_uri)).get("keys"))

    async def _fetched(self, url: str) -> dict[str, Any]:
        status, found = await fetch_json(self._client, "GET", url, seconds=_SECONDS, most=_MOST)
        if status != httpx.codes.OK or not isinstance(found, dict):
            raise ValueError("not what was asked for")
        return found

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        address = document.get(name)
        if not isinstance(address, str) or not safe_address(address):
            raise ValueError("not an address")
        return address


def _id_token(status: int, answer: Any) -> str:
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise unavailable()
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if status != httpx.codes.OK or not isinstance(token, str):
        raise failed()
    return token


def unavailable() -> Unavailable:
    """The provider cannot be reached, or does not speak as one."""
    return Unavailable(
        "oidc_unavailable",
        en="The sign-in provider cannot be reached now.",
        zh="暂时无法连接登录服务提供方。",
    )


def failed() -> Unauthenticated:
    """The one answer to everything that the provider did not vouch for."""
    return Unauthenticated(
        "oidc_failed", en="The sign-in could not be confirmed. Start again.", zh="无法确认登录，请重新开始。"
    )
