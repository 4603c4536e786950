"""Doors that playbooks look through for what they name; handed in by `app.py`."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from shared.db import Reader

KnownSenders = Callable[[Reader, Sequence[UUID]], Awaitable[frozenset[UUID]]]
"""Which of these are active senders of the kind `webhook`."""
