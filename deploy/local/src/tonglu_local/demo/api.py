"""The public HTTP API, as somebody uses it who has signed in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import IO, Any

import httpx

_TRIES = 8
_LATER = frozenset({429, 503})
_PAGE = 200
_BOUNDARY = "tonglu-demo-3f1c7a5e"  # always the same, so that the same file is the same request


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
        self._headers = {"Authorization": f"Bearer {checked(answer)['access_token']}"}

    async def get(self, path: str, *, language: str = "en", **query: Any) -> Any:
        """The document at this path; `created_at__gte=` is written for `created_at[gte]`."""
        asked = {_filter(name): str(value) for name, value in query.items()}
        return checked(await self.ask("GET", path, params=asked, headers={"Accept-Language": language}))

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
        return checked(await self.ask("POST", path, json=body, headers=headers))

    async def upload(
        self, path: str, fields: Mapping[str, str], name: str, content: Callable[[], IO[bytes]], *, key: str
    ) -> httpx.Response:
        """Send a file as it is written; `content` begins it anew when it has to be sent again."""
        headers = {"Idempotency-Key": key, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}

        async def send() -> httpx.Response:
            files = {"file": (name, content(), "text/csv")}
            return await self._once("POST", path, headers, {"data": fields, "files": files})

        return await self._patiently(send)

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        """The answer, whatever it is, once it is neither "later" nor "sign in"."""
        return await self._patiently(lambda: self._once(method, path, headers or {}, parts))

    async def _patiently(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        answer = await send()
        for _ in range(_TRIES):
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                await self.sign_in()
            elif answer.status_code in _LATER:
                await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
            else:
                break
            answer = await send()
        return answer

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str], parts: Mapping[str, Any]
    ) -> httpx.Response:
        return await self._http.request(method, path, headers={**self._headers, **headers}, **parts)


def _filter(name: str) -> str:
    field, _, comparison = name.partition("__")
    return f"{field}[{comparison}]" if comparison else field


def checked(answer: httpx.Response) -> Any:
    """The document of an answer that says yes."""
    if answer.is_success:
        return answer.json()
    code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else None
    asked = f"{answer.request.method} {answer.request.url.path}"
    raise DemoError(f"{asked} answered {answer.status_code} {code or ''}".strip())
