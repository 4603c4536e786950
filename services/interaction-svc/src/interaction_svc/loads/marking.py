"""Marks of interactions: keyed hashes, equal for equal values, by which one is known again."""

import json
from collections.abc import Mapping
from typing import Any

from interaction_svc.loads.domain import CONTENT, Key
from shared.db import Record
from shared.sealing import Sealer

_BYTES = 16


class Marking:
    """Makes marks. Keyed, because a summary of few words could be guessed from a plain hash."""

    def __init__(self, sealer: Sealer) -> None:
        self._sign = sealer.signer("interactions of a load")

    def content(self, values: Mapping[str, Any] | Record) -> dict[str, bytes]:
        """The marks of what an interaction says, by field; `values` as they are stored."""
        return {name: self._mark(values[name]) for name in CONTENT}

    def key(self, key: Key) -> bytes:
        """The mark of a key whoever its customer is: that can be merged into another one."""
        return self._mark([key.occurred_at.isoformat(), key.channel, key.direction, key.summary])

    def _mark(self, value: Any) -> bytes:
        return self._sign(json.dumps(value, sort_keys=True).encode())[:_BYTES]
