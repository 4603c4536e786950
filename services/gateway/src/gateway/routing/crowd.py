"""How many requests of one credential, or of one address without any, may be open at the same time."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from shared.problems import TooMany

MOST_OPEN = 100
"""As many as nginx lets a credential have (`deploy/nginx/caps.conf`); a stream is open while it lasts."""


class Crowd:
    """Counts in this process, which is all there is of the embedded edge."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[Hashable] = Counter()

    @contextmanager
    def one_of(self, whose: Hashable) -> Iterator[None]:
        """One request more of this credential or address, until the block ends; raises TooMany."""
        if self._open[whose] >= self._most:
            raise TooMany(
                "too_many_open",
                en="Too many requests are open at the same time.",
                zh="同时进行的请求过多。",
                extra={"limit": "open"},
                retry_after=1,
            )
        self._open[whose] += 1
        try:
            yield
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]
