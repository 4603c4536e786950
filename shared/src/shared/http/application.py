"""A service's FastAPI application, made the same way everywhere."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, FastAPI

from shared.contract import words
from shared.http import errors, openapi

MOST_BODY = 1024 * 1024


def create_app(
    *,
    title: str,
    description: str,
    version: str,
    routers: Sequence[APIRouter],
    most_body: int = MOST_BODY,
    consumes: Iterable[str] = (),
) -> FastAPI:
    """The application with problems for every failure and a completed OpenAPI document.

    `consumes` are the types of the events that the service hears; the document carries them. Its own
    documentation pages are off: the gateway shows them. A route that takes uploads sets its own
    `max_body_size`.
    """
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        contact=words.CONTACT,
        license_info=words.LICENCE,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        max_body_size=most_body,
        telemetry={"tracing": False, "logs": False, "operation_spans": False},
    )
    for router in routers:
        # An included router is asked twice, route by route: a tenth of a request that reads one record.
        app.router.routes.extend(router.routes)
    errors.install(app)
    openapi.install(app, consumes)
    return app
