"""The door out to interaction-svc, for work that goes on for whoever began it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from customer_svc.batch import Outcome
from customer_svc.interactions.schemas import InteractionPage, Loaded, WithdrawalRead, Withdrawn
from shared.auth.delegation import Delegations
from shared.auth.tokens import HEADER
from shared.http.client import fetch_json
from shared.problems import Conflict, Forbidden, Problem, Unauthenticated, Unavailable
from shared.sealing import Sealer
from shared.usage import INNER

AUDIENCE = "interaction-svc"
MOST_BYTES = 8 * 1024 * 1024
"""So much fits beside everything else into one request."""
MOST_ROWS = 2000
_MOST_ANSWER = 256 * 1024 * 1024
_SECONDS = 60.0
_SEALED_AS = "token of work"

Answer = TypeVar("Answer", bound=BaseModel)


class Interactions:
    """Interactions as their service keeps them, asked for with the rights of whoever began the work.

    What is `kept` of the token with which the work was begun stands in the job that does it. Every call can
    raise Forbidden when the rights are lost, Conflict for a step that was another one, and Unavailable when
    nobody answers: then the same step is to be asked again.
    """

    def __init__(self, http_client: Any, delegations: Delegations, sealer: Sealer) -> None:
        """`http_client` reaches interaction-svc; it follows no redirects and obeys no proxy."""
        self._http = http_client
        self._delegations = delegations
        self._sealer = sealer

    def kept(self, token: str) -> str:
        """The internal token of a request, sealed."""
        return self._sealer.seal_text(_SEALED_AS, token.encode())

    async def load(
        self, kept: str, work: UUID, step: int, items: Sequence[Mapping[str, Any]], *, dry_run: bool
    ) -> list[Outcome]:
        """Store a step of an import once, however often it is asked for; an outcome for each item."""
        body = {"work_id": work, "step": step, "dry_run": dry_run, "items": items}
        answer = await self._asked("POST", "/load", kept, Loaded, content=to_json(body))
        return [one.outcome() for one in answer.outcomes]

    async def withdraw(
        self, kept: str, work: UUID, step: int, versions: Mapping[UUID, int]
    ) -> list[WithdrawalRead]:
        """Take those back that still have this version, once; what became of each."""
        items = [{"id": each, "version": version} for each, version in versions.items()]
        body = {"work_id": work, "step": step, "items": items}
        return (await self._asked("POST", "/withdraw", kept, Withdrawn, content=to_json(body))).outcomes

    async def page(self, kept: str, filters: Mapping[str, Any], cursor: str | None) -> InteractionPage:
        """The next of those that these filters of their list find, the newest entry first."""
        asked = {**filters, "limit": MOST_ROWS}
        params = asked if cursor is None else {**asked, "cursor": cursor}
        return await self._asked("GET", "", kept, InteractionPage, params=params)

    async def refused_filters(self, token: str, filters: Mapping[str, Any]) -> list[str]:
        """The names of the filters that their list does not understand; asked within the request itself."""
        status, answer = await self._sent("GET", "", token, params={**filters, "limit": 1})
        if status in _WRONG:
            return _names(answer)
        _read(status, answer, InteractionPage)
        return []

    async def _asked(self, method: str, place: str, kept: str, kind: type[Answer], **request: Any) -> Answer:
        original = self._sealer.open_text(_SEALED_AS, kept).decode()
        try:
            token = await self._delegations.token(original, AUDIENCE)
        except Unauthenticated:
            raise _access_ended() from None
        return _read(*await self._sent(method, place, token, **request), kind)

    async def _sent(self, method: str, place: str, token: str, **request: Any) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        headers = {HEADER: token, INNER: "1", "Content-Type": "application/json"}
        url = f"/internal/interactions{place}"
        try:
            return await fetch_json(
                self._http,
                method,
                url,
                seconds=_SECONDS,
                most=_MOST_ANSWER,
                headers=headers,
                timeout=_SECONDS,
                **request,
            )
        except (OSError, ValueError) as error:
            raise _no_answer() from error


def parted(items: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many of the items, in their order, go into each request."""
    sizes: list[int] = []
    used = MOST_BYTES
    for item in items:
        length = len(to_json(item))
        if used + length > MOST_BYTES:
            sizes.append(0)
            used = 0
        sizes[-1] += 1
        used += length
    return sizes


def _read(status: int, answer: Any, kind: type[Answer]) -> Answer:
    refusal = _REFUSALS.get(status)
    if refusal is not None:
        raise refusal()
    if status != HTTPStatus.OK:
        raise _no_answer()
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise _no_answer() from error


def _names(answer: Any) -> list[str]:
    """The query parameters that a problem points at."""
    try:
        pointers = [str(one["pointer"]) for one in answer["errors"]]
    except (KeyError, TypeError) as error:
        raise _no_answer() from error
    return [pointer.removeprefix("?") for pointer in pointers]


def _no_answer() -> Problem:
    return Unavailable(
        "interactions_unavailable",
        en="The service that keeps interactions does not answer now.",
        zh="沟通记录服务暂时无法访问。",
    )


def _access_ended() -> Problem:
    return Forbidden(
        "access_ended",
        en="Whoever began this may not do it any more.",
        zh="发起人已无权继续此操作。",
    )


def _changed_meanwhile() -> Problem:
    return Conflict(
        "changed_meanwhile",
        en="What the file refers to was changed while the work was interrupted. Send the file again.",
        zh="任务中断期间，文件所涉及的数据已变更，请重新发送文件。",
    )


_WRONG = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_REFUSALS: Mapping[int, Callable[[], Problem]] = {
    HTTPStatus.UNAUTHORIZED: _access_ended,
    HTTPStatus.FORBIDDEN: _access_ended,
    HTTPStatus.CONFLICT: _changed_meanwhile,
}
