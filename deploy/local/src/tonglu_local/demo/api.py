"""The public HTTP API, as somebody uses it who has signed in."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

_TRIES = 8
_LATER = frozenset({429, 503})
_PAGE = 200


class DemoError(Exception):
    """The sample cannot be loaded or read; the text is a sentence for the user."""


class SignInRefused(DemoError):
    """The account or its password is not known here."""


class Api:
    """One account's calls. Whatever asks to come back later is asked again; a worn-out token is renewed.

    Raises DemoError for an answer that no caller expects.
    """

    def __init__(self, http: httpx.AsyncClient, username: str, password: str) -> None:
        self._http = http
        self._username = username
        self._password = password
        self._headers: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Raises SignInRefused."""
        form = {"username": self._username, "password": self._password}
        answer = await self._http.post("/v1/auth/token", data=form)
        if answer.status_code in {400, 401}:
            raise SignInRefused(f"the account {self._username} cannot sign in with the password it was given")
        self._headers = {"Authorization": f"Bearer {_checked(answer)['access_token']}"}

    async def get(self, path: str, *, language: str = "en", **query: Any) -> Any:
        """The document at this path; `created_at__gte=` is written for `created_at[gte]`."""
        asked = {_filter(name): str(value) for name, value in query.items()}
        return _checked(await self.ask("GET", path, params=asked, headers={"Accept-Language": language}))

    async def total(self, path: str, **query: Any) -> int:
        """How many there are."""
        document = await self.get(path, limit=1, count="exact", **query)
        return int(document["page"]["total"])

    async def every(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """All there are, page by page."""
        more: dict[str, str] = {}
        while True:
            document = await self.get(path, limit=_PAGE, **query, **more)
            for one in document["data"]:
                yield one
            if not document["page"]["has_more"]:
                return
            more = {"cursor": document["page"]["next_cursor"]}

    async def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """The answer's document; `key` makes sending it again harmless."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return _checked(await self.ask("POST", path, json=body, headers=headers))

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        """The answer, whatever it is, once it is neither "later" nor "sign in"."""
        answer = await self._once(method, path, headers, parts)
        for _ in range(_TRIES):
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                await self.sign_in()
            elif answer.status_code in _LATER:
                await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
            else:
                break
            answer = await self._once(method, path, headers, parts)
        return answer

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str] | None, parts: Mapping[str, Any]
    ) -> httpx.Response:
        return await self._http.request(method, path, headers={**self._headers, **(headers or {})}, **parts)


def _filter(name: str) -> str:
    field, _, comparison = name.partition("__")
    return f"{field}[{comparison}]" if comparison else field


def _checked(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else None
    raise DemoError(
        f"{answer.request.method} {answer.request.url.path} answered {answer.status_code} {code or ''}".strip()
    )
