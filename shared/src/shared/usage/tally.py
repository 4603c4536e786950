"""The counting itself: one entry in memory for each credential."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.auth import Principal

INNER = "x-internal-call"
"""The header of a call by which one service asks another in a caller's name: part of a counted one."""

_MOST_CREDENTIALS = 10_000
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(slots=True)
class Use:
    """What one credential asked since the last report; its roles tell the plan."""

    credential: UUID
    kind: str
    roles: frozenset[str]
    calls: int = 0
    client_errors: int = 0
    server_errors: int = 0

    def add(self, other: "Use") -> None:
        """Count the other's too."""
        self.calls += other.calls
        self.client_errors += other.client_errors
        self.server_errors += other.server_errors


class Tally:
    """Counts requests by credential until they are taken; the oldest are lost when nobody takes them."""

    def __init__(self, *, most: int = _MOST_CREDENTIALS) -> None:
        self._most = most
        self._uses: dict[UUID, Use] = {}

    def count(self, principal: Principal, status: int) -> None:
        """One request was answered with this status."""
        use = self._uses.get(principal.id)
        if use is None:
            use = self._entered(Use(principal.id, principal.kind, principal.roles))
        use.calls += 1
        if status >= _SERVER_ERROR:
            use.server_errors += 1
        elif status >= _CLIENT_ERROR:
            use.client_errors += 1

    def take(self) -> list[Use]:
        """Everything counted since the last time."""
        uses, self._uses = self._uses, {}
        return list(uses.values())

    def put_back(self, uses: Iterable[Use]) -> None:
        """It could not be told: count it again with what came since."""
        for use in uses:
            known = self._uses.get(use.credential)
            if known is None:
                self._entered(use)
            else:
                known.add(use)

    def _entered(self, use: Use) -> Use:
        while len(self._uses) >= self._most:
            del self._uses[next(iter(self._uses))]
        self._uses[use.credential] = use
        return use
