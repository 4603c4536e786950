"""An OpenID provider of these tests' own: a real HTTP server with keys that rotate, and a browser."""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

CLIENT, SECRET = "tonglu", "s:cret%"
REDIRECT = "http://localhost:8080/v1/auth/oidc/callback"
Key = RSAKey | ECKey | OKPKey
_MADE: dict[str, Callable[[], Key]] = {}


def made_key(algorithm: str, kid: str) -> Key:
    """A signing key; an RSA key takes a while, so it is made once for all of a name."""
    parameters = {"kid": kid, "use": "sig", "alg": algorithm}
    name = f"{algorithm} {kid}"
    if name not in _MADE:
        if algorithm == "RS256":
            made: Key = RSAKey.generate_key(2048, parameters)  # type: ignore[arg-type]
        elif algorithm == "ES256":
            made = ECKey.generate_key("P-256", parameters)  # type: ignore[arg-type]
        else:
            made = OKPKey.generate_key("Ed25519", parameters)  # type: ignore[arg-type]
        _MADE[name] = lambda: made
    return _MADE[name]()


@dataclass
class Asked:
    """What an authorization request asked for, until its code is traded."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class LocalIssuer:
    """Listens on a port of this machine; a test says who signs in, what is signed, and what fails."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ada"})
    signing: tuple[str, Key] = field(default_factory=lambda: ("RS256", made_key("RS256", "first")))
    published: list[Key] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    forge: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    refuses: str | None = None
    secret: str | None = SECRET
    hits: Counter[str] = field(default_factory=Counter)
    asked: dict[str, Asked] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    stalled: asyncio.Event | None = None

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.published = [self.signing[1]]
        return server

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        algorithm, key = self.signing
        head = {"alg": algorithm, "kid": key.kid, **header}
        return jwt.encode(head, claims, key, algorithms=[algorithm], default_type=None)

    def token(self, asked: Asked) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.nonce,
            **self.person,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not ...}
        return self.forge(kept) if self.forge else self.sign(kept)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
        raw = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head.split("\r\n")[1:-2]}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        self.hits[path] += 1
        if self.stalled is not None:
            await self.stalled.wait()
        status, more, content = self._answer(method, path, query, raw, body)
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *more]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        await writer.drain()
        writer.close()

    def _answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[str], bytes]:
        if path in self.answers:
            status, content = self.answers[path]
            return status, ["Location: http://127.0.0.1:9/elsewhere"] if status == 302 else [], content
        if path == "/.well-known/openid-configuration":
            return 200, [], json.dumps(self._document()).encode()
        if path == "/keys":
            return 200, [], json.dumps(KeySet(self.published).as_dict(private=False)).encode()
        if path == "/authorize":
            return 302, [f"Location: {self._authorized(_flat(query))}"], b""
        if path == "/token" and method == "POST":
            status, answer = self._traded(_flat(body.decode()), headers.get("authorization"))
            return status, [], json.dumps(answer).encode()
        return 404, [], b"{}"

    def _document(self) -> dict[str, Any]:
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **self.metadata,
        }
        return {name: value for name, value in found.items() if value is not ...}

    def _authorized(self, asked: dict[str, str]) -> str:
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        back: dict[str, str] = {"state": asked["state"], "session_state": "xyz"}
        if self.refuses:
            back["error"] = self.refuses
        else:
            back["code"] = secrets.token_urlsafe(8)
            self.asked[back["code"]] = Asked(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _traded(self, form: dict[str, str], authorization: str | None) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        shown = (form.get("client_id"), form.get("client_secret"))
        if authorization is not None:
            name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            shown = (unquote(name), unquote(secret))
        asked = self.asked.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if shown != (CLIENT, self.secret) or asked is None:
            return 400, {"error": "invalid_grant"}
        if base64.urlsafe_b64encode(proof).decode().rstrip("=") != asked.challenge:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != asked.redirect_uri:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "theirs", "token_type": "Bearer", "id_token": self.token(asked)}


@dataclass
class Browser:
    """Follows redirects between the two houses by hand, and keeps our cookie."""

    edge: httpx.AsyncClient
    cookie: str | None = None

    async def start(self, return_to: str | None = None) -> httpx.Response:
        query = {} if return_to is None else {"return_to": return_to}
        answer = await self.edge.get("/v1/auth/oidc/start", params=query, headers=self._headers())
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    async def visit(self, url: str) -> str:
        """The provider's page; where it sends the browser back to."""
        async with httpx.AsyncClient(trust_env=False) as network:
            answer = await network.get(url)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def come_back(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        return await self.edge.get(f"{parts.path}?{parts.query}", headers=self._headers())

    async def exchange(self, location: str) -> httpx.Response:
        code = location.partition("#oidc=")[2]
        body = {"code": code}
        return await self.edge.post("/v1/auth/oidc/exchange", json=body, headers=self._headers())

    async def returned(self, return_to: str | None = None) -> httpx.Response:
        """Out and back; the answer of our callback."""
        started = await self.start(return_to)
        assert started.status_code == 302, started.text
        return await self.come_back(await self.visit(started.headers["location"]))

    async def signed_in(self) -> httpx.Response:
        """The whole way; the answer of the exchange."""
        returned = await self.returned()
        assert returned.status_code == 302, returned.text
        return await self.exchange(returned.headers["location"])

    def _headers(self) -> dict[str, str]:
        return {} if self.cookie is None else {"Cookie": f"theme=dark; {self.cookie}"}


def _flat(form: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(form).items()}
