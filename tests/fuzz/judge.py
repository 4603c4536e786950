"""What every answer must be like, whatever was asked."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from tests.composed import Answer, Ask
from tests.fuzz.operations import Operation

MARK = "Zq9Secret"
PROBLEM = "application/problem+json"
_MOST_SHOWN = 25
_FIELDS_NAMED = {400, 422}
_ANYWHERE = {405, 431}
"""Statuses that belong to the method and to the connection, not to an operation."""


class Judge:
    """Collects what is wrong with answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        described = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource("urn:doc", described)
        self._validators: dict[tuple[str, int], Draft202012Validator] = {}
        self.findings: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.reached: set[str] = set()

    def hear(self, operation: Operation, request: Ask, answer: Answer, *, refused: bool = False) -> None:
        """Look at one answer; `refused` says that it must be a refusal."""
        self.statuses[answer.status] += 1
        found = list(self._complaints(operation, answer))
        if refused and not _refused(answer):
            found.append("was accepted")
        if 200 <= answer.status < 300:
            self.reached.add(operation.id)
        self.findings += [f"{operation.id}: {each} · {request} → {answer.status}" for each in found]

    def note(self, operation: Operation, said: str) -> None:
        """Something else that is wrong."""
        self.findings.append(f"{operation.id}: {said}")

    def verdict(self) -> None:
        """Fail with the first findings, each kind of finding once for an operation."""
        shown = {each.partition(" · ")[0]: each for each in reversed(self.findings)}
        lines = "\n".join(sorted(shown.values())[:_MOST_SHOWN])
        assert not self.findings, f"{len(self.findings)} findings ({len(shown)} kinds):\n{lines}"

    def _complaints(self, operation: Operation, answer: Answer) -> Any:
        if answer.status >= 500 and operation.id != "getReadiness":
            yield f"failed with {answer.status} {_code(answer)}"
        elif answer.status >= 400:
            yield from refusal(answer)
            if answer.status not in _ANYWHERE and operation.answers(answer.status) is None:
                yield f"answers {answer.status} {_code(answer)}, which it does not declare"
        else:
            yield from self._unlike_promise(operation, answer)
        if "x-request-id" not in answer.headers:
            yield "has no X-Request-Id"

    def _unlike_promise(self, operation: Operation, answer: Answer) -> Any:
        promise = operation.answers(answer.status)
        if promise is None:
            yield f"answers {answer.status}, which it does not declare"
            return
        for name in _promised_headers(self._document, promise):
            if name.lower() not in answer.headers:
                yield f"answers {answer.status} without its header {name}"
        media = promise.get("content", {}).get(answer.media)
        if media is None:
            if answer.body or promise.get("content"):
                yield f"answers {answer.status} as {answer.media!r}, which it does not declare"
        elif answer.media == "application/json":
            errors = sorted(self._validator(operation, answer.status).iter_errors(answer.json()), key=str)
            for error in errors[:3]:
                yield f"promises otherwise: {error.json_path} {error.message[:200]}"

    def _validator(self, operation: Operation, status: int) -> Draft202012Validator:
        key = (operation.id, status)
        if key not in self._validators:
            path = (
                operation.path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
            )
            where = f"#/paths/{path}/{operation.method.lower()}/responses/{status}"
            schema = {"$ref": f"urn:doc{where}/content/application~1json/schema"}
            self._validators[key] = Draft202012Validator(
                schema, registry=self._registry, format_checker=Draft202012Validator.FORMAT_CHECKER
            )
        return self._validators[key]


def refusal(answer: Answer) -> Any:
    """What is wrong with a refusal, apart from its operation."""
    if MARK in answer.body.decode("utf-8", "replace") or MARK in str(answer.headers):
        yield "echoes the value that it refuses"
    if answer.media != PROBLEM:
        yield f"refuses as {answer.media!r}"
        return
    problem = answer.json()
    missing = {"type", "title", "status", "detail", "instance", "code", "request_id"} - problem.keys()
    if missing:
        yield f"refuses without {sorted(missing)}"
    if problem.get("status") != answer.status or problem.get("request_id") != answer.headers.get(
        "x-request-id"
    ):
        yield "contradicts its headers"
    if answer.status in _FIELDS_NAMED and not all(
        "pointer" in each for each in problem.get("errors") or [{}]
    ):
        yield f"refuses with {problem.get('code')} without saying where"
    if answer.status in {429, 503} and "retry-after" not in answer.headers:
        yield "does not say when to try again"
    if answer.status == 401 and "www-authenticate" not in answer.headers:
        yield "does not say how to sign in"


def _promised_headers(document: dict[str, Any], promise: dict[str, Any]) -> Iterator[str]:
    for name, header in promise.get("headers", {}).items():
        named = header.get("$ref", "").rpartition("/")[2]
        if document["components"]["headers"].get(named, header).get("required"):
            yield name


def _refused(answer: Answer) -> bool:
    """Whether all of it, or at least an item of the batch, was refused."""
    if answer.status == 207:
        return any(item["status"] >= 400 for item in answer.json()["results"])
    return answer.status >= 400


def _code(answer: Answer) -> str:
    return str(answer.json().get("code")) if answer.media == PROBLEM else answer.media
