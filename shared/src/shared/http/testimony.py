"""What the door tells the audit of a request: who asked, for what, from where, and with which result."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from shared.audit import Entry, Journal
from shared.audit.entries import MOST_SUBJECTS, Kind, entry_id
from shared.audit.readings import PERSONAL, Reading, customers_in, records_in
from shared.auth import Principal
from shared.db import Tx
from shared.problems import Problem

_READING: Final = frozenset({"GET", "HEAD"})
_REFUSED: Final = 400
_SHORTEST: Final = 32
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Deed:
    """A route in the words of the audit; `changes` says that it must be told in its transaction."""

    action: str
    resource: str
    changes: bool
    personal: bool


def deed_of(route: APIRoute, permissions: Iterable[str]) -> Deed:
    """An operation is named by its id, its resource by the first segment of its path after the version.

    What only the other services reach stands below `internal` instead of a version.
    """
    segments = [each for each in route.path.split("/") if each and each not in ("v1", "internal")]
    reads = set(route.methods or ()) <= _READING
    named = {permission.partition(":")[0] for permission in permissions}
    return Deed(
        action=route.operation_id or route.name,
        resource=segments[0] if segments else "",
        changes=not reads,
        personal=reads and not PERSONAL.isdisjoint(named),
    )


@dataclass(frozen=True, slots=True)
class Witness:
    """Who asks for an operation and from where, for commands that tell the audit themselves.

    Operations that commit in transactions of their own (signing in) tell of a change by `changed`, in the
    transaction of the change, and of a refusal by `refused`.
    """

    journal: Journal
    deed: Deed
    actor_kind: str = ""
    actor_id: UUID | None = None
    address: bytes = b""
    request_id: str = ""

    def changed(self, tx: Tx, *subjects: UUID | str, status: int = 200, code: str = "") -> None:
        """Have this written with the transaction's changes."""
        self.journal.change(tx, self._entry("change", tx.now, subjects, status, code))

    def refused(self, problem: Problem, at: datetime, *subjects: UUID | str) -> None:
        """Count that this was refused, and about whom as far as that is known."""
        self.journal.refusal(self._entry("refusal", at, subjects, problem.status, problem.code))

    def by(self, staff_id: UUID) -> "Witness":
        """The same, once it is known who it is."""
        return replace(self, actor_kind="staff", actor_id=staff_id)

    def _entry(
        self, kind: Kind, at: datetime, subjects: Sequence[UUID | str], status: int, code: str
    ) -> Entry:
        return Entry(
            entry_id(at),
            at,
            kind,
            self.deed.action,
            self.deed.resource,
            self.actor_kind,
            self.actor_id,
            tuple(map(str, subjects[:MOST_SUBJECTS])),
            len(subjects),
            status=status,
            code=code,
            address=self.address,
            request_id=self.request_id,
        )


def witness_of(request: Request, deed: Deed) -> Witness:
    """The witness of a request."""
    state = request.state
    principal: Principal | None = state.principal
    journal: Journal = state.journal
    return Witness(
        journal,
        deed,
        principal.kind if principal else "",
        principal.id if principal else None,
        journal.address(state.client),
        state.request_id,
    )


def changed(request: Request, deed: Deed, response: Response, tx: Tx) -> None:
    """Have a change written in its transaction: about the records in its path and the one that it made."""
    made = _ID.findall(response.headers.get("location", ""))
    found = _subjects((*_asked(request), *made), _body(response))
    witness_of(request, deed).changed(tx, *found, status=response.status_code)


def of_people(request: Request, people: Iterable[UUID]) -> None:
    """Have this read noted as one about these people, although mostly its route tells only of the caller.

    Unavailable (`audit_unavailable`) when no more can be noted.
    """
    request.state.journal.admit()
    request.state.of_people = tuple(map(str, people))


def is_personal(request: Request, deed: Deed) -> bool:
    """Whether this read is to be noted: by its route, or by what was asked for."""
    return deed.personal or hasattr(request.state, "of_people")


def read(request: Request, deed: Deed, response: Response) -> None:
    """Have a read of personal data written soon; a refusal is no read."""
    if response.status_code >= _REFUSED:
        return
    state = request.state
    principal: Principal = state.principal
    journal: Journal = state.journal
    people: tuple[str, ...] = getattr(state, "of_people", ())
    subjects = _subjects(_asked(request), _body(response))
    journal.read(
        Reading(
            state.database.now(),
            deed.action,
            deed.resource,
            principal.kind,
            principal.id,
            tuple(sorted(set(request.query_params))) if request.scope["query_string"] else (),
            response.status_code,
            journal.address(state.client),
            state.request_id,
            tuple(dict.fromkeys((*people, *subjects))) if people else subjects,
        )
    )


def refused(request: Request, deed: Deed, problem: Problem) -> None:
    """Count what was refused to somebody known, who asked for what they may not or for what is not there."""
    if request.state.principal is not None and (deed.changes or deed.personal):
        witness_of(request, deed).refused(problem, request.state.database.now())


def _subjects(asked: tuple[str, ...], answer: bytes) -> tuple[str, ...]:
    """What was asked for, or else what was answered, and the customers that the answer names; each once."""
    customers = customers_in(answer)
    if len(asked) == 1 and not customers:
        return asked
    return tuple(dict.fromkeys((*(asked or records_in(answer)), *customers)))


def _asked(request: Request) -> tuple[str, ...]:
    return tuple(found for value in request.path_params.values() if (found := _id(value)))


def _id(value: str) -> str | None:
    """The id as PostgreSQL writes it; None when the value is none."""
    if _ID.fullmatch(value):
        return value
    try:
        return str(UUID(value)) if len(value) >= _SHORTEST else None
    except ValueError:
        return None


def _body(response: Response) -> bytes:
    body = getattr(response, "body", b"")
    return body if isinstance(body, bytes) else b""
