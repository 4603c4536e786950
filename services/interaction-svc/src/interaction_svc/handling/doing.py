"""What every verb of a complaint's course needs: the case, who does it, the version they know, the answer."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from interaction_svc.complaints import commands
from interaction_svc.handling.moves import move_of
from interaction_svc.handling.schemas import ComplaintMerge
from shared.auth import Principal
from shared.db import Tx
from shared.http import Caller, IfMatch, WriteTx, set_etag


@dataclass(frozen=True, slots=True)
class Doing:
    """One request to do something to a case."""

    complaint_id: UUID
    tx: Tx
    caller: Principal
    expected: int | None
    response: Response

    async def do(self, body: Any) -> dict[str, Any]:
        """Do what the body asks for; the complaint as it stands afterwards, its version in the ETag."""
        how, note = move_of(body)
        row = await commands.move(
            self.tx, self.complaint_id, how, by=self.caller.id, note=note, expected=self.expected
        )
        set_etag(self.response, row["version"])
        return row

    async def merge(self, body: ComplaintMerge) -> dict[str, Any]:
        """Merge it into another one; otherwise as `do`."""
        row = await commands.merge(
            self.tx,
            self.complaint_id,
            body.into_id,
            by=self.caller.id,
            note=body.reason,
            expected=self.expected,
        )
        set_etag(self.response, row["version"])
        return row


def _doing(complaint_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response) -> Doing:
    return Doing(complaint_id, tx, caller, expected, response)


Asked = Annotated[Doing, Depends(_doing)]
