"""The desk where people sign in; it opens its own transactions, because a refusal must be kept too."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from gateway.keys.ring import KeyRing
from gateway.sessions import commands, tokens
from gateway.sessions.commands import Begun
from gateway.sessions.schemas import TokenPair
from gateway.staff import commands as staff_commands
from gateway.staff import queries as staff_queries
from gateway.staff.passwords import Passwords, outdated
from shared.db import Database, Record
from shared.problems import Invalid, Unauthenticated


@dataclass(frozen=True, slots=True)
class Terms:
    """How long tokens live, who issues them, and what user names are hashed with."""

    issuer: str
    access_life: timedelta
    session_life: timedelta
    pepper: bytes


class Desk:
    """Hands out tokens against passwords and against refresh tokens."""

    def __init__(self, database: Database, ring: KeyRing, passwords: Passwords, terms: Terms) -> None:
        self._database = database
        self._ring = ring
        self._passwords = passwords
        self._terms = terms

    async def sign_in(self, username: str, password: str) -> TokenPair:
        """Tokens for the right password. Raises Unauthenticated, or TooMany before anything is computed.

        An unknown name, a wrong password and a disabled account get the same answer in the same time.
        """
        account = await self._proved(username, password)
        async with self._database.begin() as tx:
            await commands.forgive(tx, self._guard_key(username))
            if outdated(account["password_hash"]):
                await staff_commands.renew_hash(tx, account["id"], await self._passwords.hashed(password))
            begun = await commands.begin_session(tx, account["id"], life=self._terms.session_life)
        return await self._pair(begun)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """The next pair; a token that was used before ends its family. Raises Unauthenticated."""
        given = tokens.read_refresh(refresh_token)
        async with self._database.begin() as tx:
            begun = await commands.rotate(tx, given)
        if begun is None:
            raise tokens.refused()
        return await self._pair(begun)

    async def sign_out(self, refresh_token: str) -> None:
        """End the family of this token; idempotent."""
        given = tokens.read_refresh(refresh_token)
        async with self._database.begin() as tx:
            await commands.sign_out(tx, given)

    async def change_password(self, staff_id: UUID, current: str, new: str) -> None:
        """Replace one's own password, which ends every session. Raises Invalid, or TooMany while locked."""
        async with self._database.read() as reader:
            username = (await staff_queries.staff_by_id(reader, staff_id))["username"]
        try:
            await self._proved(username, current)
        except Unauthenticated:
            raise Invalid.at(
                "/current_password", "password_wrong", en="is not the password", zh="密码不正确"
            ) from None
        async with self._database.begin() as tx:
            await commands.forgive(tx, self._guard_key(username))
            await staff_commands.change_staff(tx, self._passwords, staff_id, {"password": new}, expected=None)

    async def _proved(self, username: str, password: str) -> Record:
        async with self._database.begin() as tx:
            await commands.count_attempt(tx, self._guard_key(username))
            account = await staff_queries.credentials(tx, username)
        kept = None if account is None else account["password_hash"]
        right = await self._passwords.matches(password, kept)
        if account is None or not right or account["status"] != "active":
            raise Unauthenticated(
                "credentials_wrong", en="User name or password is wrong.", zh="用户名或密码错误。"
            )
        return account

    async def _pair(self, begun: Begun) -> TokenPair:
        now = self._database.now()
        life = self._terms.access_life
        access = tokens.Access(begun.staff_id, begun.session_id, (now + life).timestamp())
        key = await self._ring.signing("access")
        return TokenPair(
            access_token=tokens.issue(access, key, issuer=self._terms.issuer, now=now),
            refresh_token=begun.refresh_token,
            expires_in=int(life.total_seconds()),
        )

    def _guard_key(self, username: str) -> bytes:
        return hmac.digest(self._terms.pepper, username.lower().encode(), hashlib.sha256)
