"""What an operation's id and status mean."""

from typing import Any
from uuid import UUID

from shared.problems import Problem

FINAL = frozenset({"succeeded", "failed", "cancelled"})
_LAST_DIGIT = 0xF


def operation_id(made: UUID, service_number: int) -> UUID:
    """The id with its last hex digit naming the service that owns it, so that a door can route by it."""
    if not 0 < service_number <= _LAST_DIGIT:
        raise ValueError("a service's number is one hex digit and not 0")
    return UUID(int=(made.int & ~_LAST_DIGIT) | service_number)


def service_number(operation: UUID) -> int:
    """The number of the service that owns the operation."""
    return operation.int & _LAST_DIGIT


def record_of(problem: Problem) -> dict[str, Any]:
    """The problem in both languages, to be stored until somebody asks in one of them."""
    errors = [{"pointer": e.pointer, "code": e.code, "en": e.en, "zh": e.zh} for e in problem.errors]
    return {
        "code": problem.code,
        "status": problem.status,
        "title": {"en": problem.title_en, "zh": problem.title_zh},
        "detail": {"en": problem.en, "zh": problem.zh},
        "errors": errors,
        "extra": dict(problem.extra),
    }


def document_of(record: dict[str, Any], *, zh: bool) -> dict[str, Any]:
    """A stored problem as the members of a problem document (RFC 9457) in one language."""
    language = "zh" if zh else "en"
    document = {
        "type": f"urn:tonglu:problem:{record['code']}",
        "title": record["title"][language],
        "status": record["status"],
        "detail": record["detail"][language],
        "code": record["code"],
    }
    if record["errors"]:
        document["errors"] = [
            {"pointer": e["pointer"], "code": e["code"], "message": e[language]} for e in record["errors"]
        ]
    return {**document, **record["extra"]}


def failure(error: BaseException) -> Problem:
    """What the caller may know of an error: a problem's own words, and nothing of any other."""
    if isinstance(error, Problem):
        return error
    return Problem("operation_failed", en="Something failed on our side.", zh="服务器发生错误，操作未完成。")
