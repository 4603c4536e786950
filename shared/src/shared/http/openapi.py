"""The OpenAPI document of a service, completed with what every operation can answer."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem. `code` is stable; the texts follow Accept-Language (en, zh-CN).",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_TEXTS = {
    "400": "The request cannot be read",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "There is no such record in sight",
    "409": "The state of things forbids it",
    "412": "Changed meanwhile (If-Match)",
    "413": "The body is too large",
    "415": "This content type is not read here",
    "422": "Some fields are missing or wrong",
    "428": "If-Match is required",
    "429": "Too many requests",
    "500": "Something failed on our side",
    "503": "Temporarily unavailable; see Retry-After",
}
_METHODS = ("get", "post", "put", "patch", "delete")
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Send the same key again to get the first answer again (kept 24 hours).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def install(app: FastAPI) -> None:
    """Make `app.openapi()` give the completed document."""
    original: Callable[[], dict[str, Any]] = app.openapi

    def completed() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(original())
        return app.openapi_schema

    app.openapi = completed  # type: ignore[method-assign]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add problems, security and the idempotency header; drop what only OpenAPI 3.2 knows."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = {
        "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "partner": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                _complete_operation(item[method], method, has_id="{" in path)
    return document


def _complete_operation(operation: dict[str, Any], method: str, *, has_id: bool) -> None:
    guarded = operation.get("security") != []
    if guarded:
        operation["security"] = [{"staff": []}, {"partner": []}]
    if method == "post" and guarded:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
    responses = operation.setdefault("responses", {})
    declared = [status for status in responses if status in _TEXTS]
    for status in [*declared, *_statuses(operation, method, guarded=guarded, has_id=has_id)]:
        responses[status] = _problem_response(status)
    for response in responses.values():
        _without_item_schema(response)


def _statuses(operation: dict[str, Any], method: str, *, guarded: bool, has_id: bool) -> list[str]:
    wanted = ["400", "422", "429", "500", "503"]
    wanted += ["401", "403"] if guarded else []
    wanted += ["404"] if has_id else []
    wanted += ["409", "413"] if method != "get" else []
    names = {parameter.get("name") for parameter in operation.get("parameters", ())}
    wanted += ["412", "428"] if "If-Match" in names else []
    return sorted(wanted)


def _problem_response(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _TEXTS[status], "content": {"application/problem+json": {"schema": schema}}}


def _without_item_schema(response: dict[str, Any]) -> None:
    for media in response.get("content", {}).values():
        if "itemSchema" in media:
            media.pop("itemSchema")
            media.setdefault("schema", {"type": "string"})
