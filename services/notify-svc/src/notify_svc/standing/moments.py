"""When what is heard was told."""

from datetime import datetime

from shared.db import Tx
from shared.messaging.consumers import in_hand


def told_at(tx: Tx) -> datetime:
    """The moment of the event that is handled; now for what did not come through the inbox."""
    try:
        return in_hand(tx).time
    except KeyError:
        return tx.now
