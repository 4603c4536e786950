"""Passwords hashed by argon2id (RFC 9106) in a thread, a few at a time."""

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from shared.problems import Unavailable

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_WAIT_SECONDS = 3


class Passwords:
    """Hashes and verifies; at most `at_once` threads work, who waits longer than three seconds gets a 503."""

    def __init__(self, at_once: int = 2) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def hashed(self, password: str) -> str:
        """The salted hash to keep."""
        await self._turn()
        try:
            return await asyncio.to_thread(_HASHER.hash, password)
        finally:
            self._free.release()

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; without an account (None) it takes as long and says no."""
        await self._turn()
        try:
            return await asyncio.to_thread(_verified, password, kept)
        finally:
            self._free.release()

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("sign_in_busy", en="Too many sign-ins now.", zh="当前登录人数过多。") from None


def outdated(kept: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _HASHER.check_needs_rehash(kept)


def generated() -> str:
    """A password that nobody could guess: 120 bits."""
    return secrets.token_urlsafe(15)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _verified(password: str, kept: str | None) -> bool:
    try:
        right = _HASHER.verify(kept or _nobodys(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return right and kept is not None
