"""The published document, read as operations that can be called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
NOT_BY_EXAMPLE = {
    "signIn",
    "refreshTokens",
    "changeOwnPassword",
    "signOut",
    "startOidcSignIn",
    "finishOidcSignIn",
    "exchangeOidcCode",
    "getOidcLink",
    "linkOidc",
    "unlinkOidc",
    "getVisitCalendar",
    "answerSurveyPage",
    "sendComplaintPage",
}
"""Their success depends on a secret, a provider or a page that no example knows; their services' tests do."""


@dataclass(frozen=True)
class Operation:
    """One operation of the merged document."""

    id: str
    method: str
    path: str
    described: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def public(self) -> bool:
        return bool(self.described.get("security") == [])

    @property
    def scopes(self) -> list[str]:
        return list(self.described.get("x-scopes", ()))

    @cached_property
    def parameters(self) -> dict[str, list[dict[str, Any]]]:
        """Parameters by place: path, query, header."""
        found: dict[str, list[dict[str, Any]]] = {"path": [], "query": [], "header": [], "cookie": []}
        for each in self.described.get("parameters", ()):
            found[each["in"]].append(each)
        return found

    @cached_property
    def media(self) -> str | None:
        """The content type of the body that it reads."""
        return next(iter(self.described.get("requestBody", {}).get("content", {})), None)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The schema of its body, without the alternative null."""
        if self.media is None:
            return {}
        return self.resolved(self.described["requestBody"]["content"][self.media]["schema"])

    def resolved(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The schema itself: references followed, the first alternative that is not null taken."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
                schema = next(each for each in alternatives if each.get("type") != "null")
            else:
                return dict(schema)

    def answers(self, status: int) -> dict[str, Any] | None:
        """What the document says of this status; None if nothing."""
        found: dict[str, Any] | None = self.described["responses"].get(str(status))
        return found

    def __str__(self) -> str:
        return f"{self.id} ({self.method} {self.path})"


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    return list(_operations(document))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(item[method]["operationId"], method.upper(), path, item[method], document)
