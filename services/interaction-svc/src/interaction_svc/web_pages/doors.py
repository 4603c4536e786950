"""A door for people with a browser: what is refused is a page there, and a problem document elsewhere."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, get_args
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from interaction_svc.web_pages.domain import Language, Sent
from interaction_svc.web_pages.html import Pages
from shared.http import errors
from shared.http.door import DoorRoute
from shared.problems import FieldError, Malformed, Problem, UnsupportedMedia

FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 500
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(DoorRoute):
    """A door whose refusals are pages for whoever accepts HTML; a refusal rolls back either way."""

    pages: ClassVar[Pages]

    def get_route_handler(self) -> _Handler:
        """The door, with the pages around it."""
        door = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await door(request)
            except (Problem, RequestValidationError) as error:
                if not accepts_page(request):
                    raise
                told = error if isinstance(error, Problem) else errors.invalid_input(error.errors())
                return self.shown(told, request)

        return handle

    def shown(self, problem: Problem, request: Request) -> Response:
        """The page instead of a problem."""
        return self.pages.refused(problem, language_of(request, None))


def accepts_page(request: Request) -> bool:
    """Whether a browser asks, which says so itself; `*/*` alone is a program."""
    return "text/html" in request.headers.get("accept", "")


def language_of(request: Request, invited: Language | None) -> Language:
    """What the address says, else the invitation, else what the browser prefers."""
    told = request.query_params.get("lang")
    if told in get_args(Language):
        return told  # type: ignore[return-value]
    return invited or ("zh" if errors.chinese(request.headers.get("accept-language")) else "en")


def check_address(request: Request, *known: str) -> None:
    """Refuse parameters that are not known, but to browsers: messengers append theirs to links."""
    unknown = [name for name in request.query_params if name not in ("lang", *known)]
    if unknown and not accepts_page(request):
        raise Malformed(
            "unknown_parameter",
            en="A query parameter is not known.",
            zh="存在未知的查询参数。",
            errors=tuple(
                FieldError(f"?{name[:100]}", "unknown_parameter", "is not a known parameter", "是未知参数")
                for name in unknown[:20]
            ),
        )


async def sent_by(request: Request) -> Sent:
    """The fields of the form. Raises UnsupportedMedia for another kind of body, Malformed for a broken."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMedia(
            "unsupported_media", en="This content type is not read here.", zh="不支持该内容类型。"
        )
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        wrong = FieldError("", "unreadable", "cannot be read", "无法读取")
        raise Malformed(
            "form_unreadable", en="The form cannot be read.", zh="无法读取该表单。", errors=(wrong,)
        ) from None
    return Sent.of(pairs)
