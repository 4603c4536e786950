"""The desk where people sign in; it opens its own transactions, because a refusal must be kept too."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from gateway.keys.ring import KeyRing
from gateway.sessions import commands, tokens
from gateway.sessions.commands import Begun
from gateway.sessions.domain import Method, Program
from gateway.sessions.schemas import TokenPair
from gateway.staff import commands as staff_commands
from gateway.staff import queries as staff_queries
from gateway.staff.passwords import Passwords, outdated
from shared.db import Database, Record, Tx
from shared.http.testimony import Witness
from shared.problems import Invalid, Problem, TooMany, Unauthenticated


@dataclass(frozen=True, slots=True)
class Terms:
    """How long tokens live, who issues them, and what user names are hashed with."""

    issuer: str
    access_life: timedelta
    session_life: timedelta
    pepper: bytes

    def guard_key(self, username: str) -> bytes:
        """What the failures of this user name are counted under."""
        return hmac.digest(self.pepper, username.lower().encode(), hashlib.sha256)


class Desk:
    """Hands out tokens against passwords and against refresh tokens; the witness tells the audit of it."""

    def __init__(self, database: Database, ring: KeyRing, passwords: Passwords, terms: Terms) -> None:
        self._database = database
        self._ring = ring
        self._passwords = passwords
        self._terms = terms

    async def sign_in(
        self, username: str, password: str, witness: Witness, *, program: Program = "other"
    ) -> TokenPair:
        """Tokens for the right password. Raises Unauthenticated, or TooMany before anything is computed.

        An unknown name, a wrong password and a disabled account get the same answer in the same time.
        """
        account = await self._proved(username, password, witness)
        async with self._database.begin() as tx:
            await commands.forgive(tx, self._terms.guard_key(username))
            if outdated(account["password_hash"]):
                await staff_commands.renew_hash(tx, account["id"], await self._passwords.hashed(password))
            begun = await self.begin(tx, account["id"], program, "password")
            witness.by(begun.staff_id).changed(tx, begun.staff_id, begun.session_id)
        return await self.pair(begun)

    async def begin(self, tx: Tx, staff_id: UUID, program: Program, method: Method) -> Begun:
        """A session for somebody who has proved who they are."""
        life = self._terms.session_life
        return await commands.begin_session(tx, staff_id, life=life, program=program, method=method)

    async def refresh(self, refresh_token: str, witness: Witness) -> TokenPair:
        """The next pair; a token that was used before ends its family. Raises Unauthenticated."""
        given = tokens.read_refresh(refresh_token)
        async with self._database.begin() as tx:
            begun = await commands.rotate(tx, given, witness)
        if begun is None:
            raise self._noted(tokens.refused(), witness)
        return await self.pair(begun)

    async def sign_out(self, refresh_token: str, witness: Witness) -> None:
        """End the family of this token; idempotent."""
        given = tokens.read_refresh(refresh_token)
        async with self._database.begin() as tx:
            await commands.sign_out(tx, given, witness)

    async def change_password(self, staff_id: UUID, current: str, new: str, witness: Witness) -> None:
        """Replace one's own password, which ends every session. Raises Invalid, or TooMany while locked."""
        async with self._database.read() as reader:
            username = (await staff_queries.staff_by_id(reader, staff_id))["username"]
        try:
            await self._proved(username, current, witness)
        except Unauthenticated:
            raise Invalid.at(
                "/current_password", "password_wrong", en="is not the password", zh="密码不正确"
            ) from None
        async with self._database.begin() as tx:
            await commands.forgive(tx, self._terms.guard_key(username))
            await staff_commands.change_staff(tx, self._passwords, staff_id, {"password": new}, expected=None)
            witness.changed(tx, staff_id)

    async def _proved(self, username: str, password: str, witness: Witness) -> Record:
        async with self._database.begin() as tx:
            account = await staff_queries.credentials(tx, username)
            try:
                await commands.count_attempt(tx, self._terms.guard_key(username))
            except TooMany as locked:
                raise self._noted(locked, witness, account) from None
        kept = None if account is None else account["password_hash"]
        right = await self._passwords.matches(password, kept)
        if account is None or not right or account["status"] != "active":
            wrong = Unauthenticated(
                "credentials_wrong", en="User name or password is wrong.", zh="用户名或密码错误。"
            )
            raise self._noted(wrong, witness, account)
        return account

    def _noted(self, problem: Problem, witness: Witness, account: Record | None = None) -> Problem:
        """The problem, after the audit was told whom it concerns; names that nobody has are not kept."""
        witness.refused(problem, self._database.now(), *([account["id"]] if account else []))
        return problem

    async def pair(self, begun: Begun) -> TokenPair:
        """The tokens of a session; after the transaction that began it."""
        now = self._database.now()
        life = self._terms.access_life
        access = tokens.Access(begun.staff_id, begun.session_id, (now + life).timestamp())
        key = await self._ring.signing("access")
        return TokenPair(
            access_token=tokens.issue(access, key, issuer=self._terms.issuer, now=now),
            refresh_token=begun.refresh_token,
            expires_in=int(life.total_seconds()),
        )
