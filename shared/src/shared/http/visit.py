"""What one request holds while its handler works."""

from contextlib import AsyncExitStack

from starlette.responses import Response

from shared.db import Tx
from shared.http.claims import Claim


class Visit:
    """Open connections, the transaction, and the idempotency key that was taken for it."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.tx: Tx | None = None
        self.claim: Claim | None = None
        self.replay: Response | None = None
