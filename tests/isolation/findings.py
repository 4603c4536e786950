"""What is wrong with what strangers were told, collected over all operations."""

from collections import Counter
from collections.abc import Container

from tests.composed import Answer, Ask
from tests.fuzz.operations import Operation
from tests.isolation.likeness import Secrets, code_of, unlike
from tests.isolation.people import Asker
from tests.isolation.probes import Probe

_MOST_SHOWN = 150


class Findings:
    """Asks and compares; `asked` counts who asked which operation, `shown` what told the owner a secret."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.lines: list[str] = []
        self.asked: Counter[tuple[str, str]] = Counter()
        self.shown: Counter[str] = Counter()

    def note(self, operation: Operation, asker: Asker, said: str) -> None:
        self.lines.append(f"{operation}, asked by {asker}: {said}")

    async def answer(
        self, operation: Operation, asker: Asker, request: Ask, *, owner: bool = False
    ) -> Answer:
        """Have somebody ask; unless it is the owner, nothing of the owner's may be in the answer."""
        answer = await asker.person.send(request)
        self.asked[operation.id, asker.name] += 1
        if answer.status >= 500 and operation.id != "getReadiness":
            self.note(operation, asker, f"fails with {answer.status}: {request}")
        told = self._secrets.told(answer, request, inside=asker.of_the_company)
        if owner:
            self.shown[operation.id] += bool(told)
        elif told:
            self.note(operation, asker, f"tells {told[:3]}: {request} → {answer.status}")
        return answer

    async def compare(self, operation: Operation, asker: Asker, probe: Probe) -> Answer:
        """Ask both; a foreign record must be answered like a ghost."""
        there = await self.answer(operation, asker, probe.foreign)
        nowhere = await self.answer(operation, asker, probe.ghost)
        if (difference := unlike(there, nowhere, probe.sent)) is not None:
            self.note(operation, asker, f"tells a foreign id in {probe.place} from a ghost: {difference}")
        return there

    def expect(self, operation: Operation, asker: Asker, answer: Answer, wanted: Container[int]) -> None:
        """The status must be one of these."""
        if answer.status not in wanted:
            self.note(operation, asker, f"is answered {answer.status} {code_of(answer)}, not {wanted}")

    def verdict(self) -> None:
        shown = "\n".join(self.lines[:_MOST_SHOWN])
        assert not self.lines, f"{len(self.lines)} findings:\n{shown}"
