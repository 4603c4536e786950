"""How an operation follows the job that does it."""

from uuid import UUID

from shared.db import Reader, Tx
from shared.operations import commands, domain, queries


class OperationFollower:
    """Moves the operation with its job: queued → running → succeeded, failed or cancelled."""

    async def started(self, tx: Tx, operation_id: UUID) -> bool:
        """False when it was cancelled while it waited."""
        return await commands.run(tx, operation_id)

    async def cancelled(self, reader: Reader, operation_id: UUID) -> bool:
        """Whether its creator asked for an end."""
        return await queries.cancel_requested(reader, operation_id)

    async def succeeded(self, tx: Tx, operation_id: UUID) -> None:
        """The handler returned."""
        await commands.succeed(tx, operation_id)

    async def stopped(self, tx: Tx, operation_id: UUID) -> None:
        """The handler returned after it was told to stop."""
        await commands.stop(tx, operation_id)

    async def failed(self, tx: Tx, operation_id: UUID, error: BaseException) -> None:
        """The handler's last try failed."""
        await commands.fail(tx, operation_id, domain.failure(error))
