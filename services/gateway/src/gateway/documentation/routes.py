"""The documents and the pages over HTTP."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.documentation import pages
from gateway.documentation.bookshelf import Bookshelf
from gateway.documentation.pages import Asset
from shared.problems import not_found

router = APIRouter()
_ALWAYS_ASK = "no-cache"
_FOR_A_DAY = "public, max-age=86400"


def _bookshelf(request: Request) -> Bookshelf:
    bookshelf: Bookshelf = request.state.bookshelf
    return bookshelf


def _answer(request: Request, asset: Asset, *, cache: str) -> Response:
    headers = {
        "ETag": asset.etag,
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": pages.POLICY,
    }
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = asset.packed, "gzip"
    return Response(body, headers=headers, media_type=asset.media_type)


async def home(_: Request) -> Response:
    """The first thing that a newcomer's browser asks for."""
    return RedirectResponse("/docs")


async def merged_document(request: Request) -> Response:
    """The OpenAPI 3.1 document of all services."""
    return _answer(request, await _bookshelf(request).merged(), cache=_ALWAYS_ASK)


async def service_document(request: Request) -> Response:
    """The OpenAPI 3.1 document of one service."""
    found = await _bookshelf(request).one(request.path_params["service"])
    if found is None:
        raise not_found("service", "服务")
    return _answer(request, found, cache=_ALWAYS_ASK)


async def events_document(request: Request) -> Response:
    """The AsyncAPI 3 document of the events."""
    return _answer(request, await _bookshelf(request).events(), cache=_ALWAYS_ASK)


async def events_page(request: Request) -> Response:
    """The events, for people."""
    return _answer(request, await _bookshelf(request).events_page(), cache=_ALWAYS_ASK)


async def swagger_page(request: Request) -> Response:
    """Swagger UI."""
    body = pages.swagger(await _bookshelf(request).services())
    return _answer(request, pages.asset(body, "text/html; charset=utf-8"), cache=_ALWAYS_ASK)


async def redoc_page(request: Request) -> Response:
    """Redoc."""
    return _answer(request, pages.asset(pages.redoc(), "text/html; charset=utf-8"), cache=_ALWAYS_ASK)


async def static_file(request: Request) -> Response:
    """A file that the pages are made of; those of others, in folders, change with their version only."""
    given = request.path_params
    name = "/".join(part for part in (given.get("folder"), given["file"]) if part)
    found = await asyncio.to_thread(_bookshelf(request).file, name)
    if found is None:
        raise not_found("file", "文件")
    return _answer(request, found, cache=_FOR_A_DAY if "folder" in given else _ALWAYS_ASK)


for _path, _page in (
    ("/", home),
    ("/openapi.json", merged_document),
    ("/openapi/{service}.json", service_document),
    ("/asyncapi.json", events_document),
    ("/events-docs", events_page),
    ("/docs", swagger_page),
    ("/redoc", redoc_page),
    ("/docs/static/{file}", static_file),
    ("/docs/static/{folder}/{file}", static_file),
):
    router.add_route(_path, _page, methods=["GET"], include_in_schema=False)
