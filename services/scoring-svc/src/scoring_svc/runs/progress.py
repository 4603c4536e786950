"""How a run tells how far it is."""

from collections.abc import Awaitable, Callable

Progress = Callable[[int, int], Awaitable[bool]]
"""Takes how many are done and how many there are; False stops the run."""
