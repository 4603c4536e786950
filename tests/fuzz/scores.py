"""Records of scoring-svc for operations to be called with."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from tests.fuzz.maker import NOT_FOUND, Maker, now
from tests.fuzz.operations import Operation

from scoring_svc.decisions.commands import record
from scoring_svc.decisions.domain import Decision, Inputs
from scoring_svc.warnings.commands import Finding, warn

_SAID = {"text_en": "It is late.", "text_zh": "已逾期。"}


class ScoringRecords(Maker):
    """What comes of scoring."""

    async def warning(self, customer: str | None = None, **whose: UUID) -> str:
        """Of a customer that the models fear for; `whose` are its distributor and its owner."""
        async with self.database("scoring-svc").begin() as tx:
            found = await warn(
                tx,
                Finding(
                    customer_id=uuid4() if customer is None else UUID(customer),
                    distributor_id=whose.get("distributor_id"),
                    owner_id=whose.get("owner_id"),
                    level="high",
                    probability=0.9,
                    expected_value_minor=1000,
                    contributed_52_minor=2000,
                    currency="CNY",
                    reasons=[{"code": "own_rhythm_broken", "category": "purchase", "weight": 1.0, **_SAID}],
                    recommended_action={"code": "call_customer", **_SAID},
                ),
            )
        return str(found)

    async def tier_policy(self, operation: Operation) -> str:
        """A draft; one that was simulated to be published, and one of before to go back to."""
        await self.published()
        if operation.id != "rollBackTierPolicy":
            return await self.tier_draft(simulated=operation.id == "publishTierPolicy")
        for _ in range(2):
            listed = await self.admin("GET", "/v1/tier-policies", status="retired")
            before = listed.json()["data"]
            if before:
                break
            version = await self.tier_draft(simulated=True)
            await self.admin.made(f"/v1/tier-policies/{version}/publish", self.simulated)
            await self.published()
        return str(before[0]["version"])

    async def tier_draft(self, *, simulated: bool = False) -> str:
        version = str((await self.admin.made("/v1/tier-policies", {"document": {}}))["version"])
        if simulated:
            await self.simulation(version)
        return version

    async def simulation(self, version: str | None = None) -> str:
        """A draft's, when it has ended."""
        version = version or await self.tier_draft()
        begun = await self.admin.made(f"/v1/tier-policies/{version}/simulate")
        await self.ended(begun["id"])
        self.simulated = {"simulation_id": begun["simulation_id"], "tolerance": 1}
        return str(begun["simulation_id"])

    async def for_publishTierPolicy(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """By the simulation that was made last."""
        return self.simulated

    async def ended(self, operation: str) -> None:
        async with asyncio.timeout(60):
            while (await self._read(f"/v1/operations/{operation}"))["finished_at"] is None:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)

    async def published(self) -> None:
        """Wait until no policy is about to take another one's place."""
        async with asyncio.timeout(60):
            while True:
                async with self.database("scoring-svc").begin() as tx:
                    going = await tx.connection.fetchval(
                        "SELECT count(*) FROM operation WHERE kind LIKE 'tier-%' AND finished_at IS NULL"
                    )
                if not going:
                    return
                await asyncio.sleep(0.05)

    async def override(self) -> str:
        body = await self.for_createTierOverride()
        return str((await self.admin.made("/v1/tier-overrides", body))["id"])

    async def for_createTierOverride(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        """Of a customer that scoring-svc has heard of."""
        customer = await self.customer()
        async with asyncio.timeout(20):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status == NOT_FOUND:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        reason = self.said("明年春季新开三店")
        return {"customer_id": customer, "tier": "core", "reason": reason, "expires_at": now(days=30)}

    async def decision(self) -> str:
        """That a customer is core, by the model and the policy that there are."""
        about = UUID(await self.customer_to_score())
        async with self.database("scoring-svc").begin() as tx:
            row = await tx.connection.fetchrow(
                "SELECT s.*, p.digest FROM score s, tier_policy p WHERE s.customer_id = $1 AND p.version = 1",
                UUID(self.kept["scored"]),
            )
            record(
                tx,
                [
                    Decision(
                        customer_id=about,
                        kind="tier",
                        decided={"tier": "core", "from_tier": None},
                        inputs=Inputs(
                            as_of=row["scored_at"].replace(tzinfo=None).isoformat(),
                            features=row["features"],
                            held=None,
                            figures={"tier": "core"},
                            thresholds={},
                        ),
                        policy_version=1,
                        policy_digest=row["digest"],
                        model_id=row["model_id"],
                    )
                ],
            )
        async with self.database("scoring-svc").begin() as tx:
            found = await tx.connection.fetchval("SELECT id FROM decision WHERE customer_id = $1", about)
        return str(found)

    async def objection(self) -> str:
        return str((await self.admin.made("/v1/objections", await self.for_createObjection()))["id"])

    async def for_createObjection(self) -> dict[str, Any]:  # noqa: N802 - the operation's name
        return {"customer_id": await self.customer_to_score(), "reason": self.said("人来决定")}

    async def customer_to_score(self) -> str:
        """One that scoring-svc has heard of."""
        customer = await self.customer()
        async with asyncio.timeout(20):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status == NOT_FOUND:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        return customer

    async def alarm(self) -> str:
        """Of the model that speaks."""
        async with self.database("scoring-svc").begin() as tx:
            found = await tx.connection.fetchval(
                "INSERT INTO model_alarm (id, model_id, measure, level, figure, bound, state, opened_at,"
                " seen_at, version)"
                " VALUES ($1, $2, $3, 'warn', 0.2, 0.1, 'open', now(), now(), 1) RETURNING id",
                uuid4(),
                UUID(self.kept["model_id"]),
                self.unique("psi"),
            )
        return str(found)

    async def shadow(self) -> str:
        """A model that does not speak, as the speaking one was."""
        async with self.database("scoring-svc").begin() as tx:
            found = await tx.connection.fetchval(
                "INSERT INTO model SELECT (jsonb_populate_record(m, jsonb_build_object('id', $1::text,"
                " 'status', 'shadow'))).* FROM model m WHERE status = 'champion' RETURNING id",
                str(uuid4()),
            )
        return str(found)

    async def champion(self) -> str:
        """The model that speaks, after one that did before."""
        shadow = await self.shadow()
        await self.admin.made(f"/v1/models/{shadow}/promote")
        return shadow

    async def feared_lost(self, operation: Operation) -> str:
        """A customer that scoring-svc has heard of, declared lost unless that is what comes."""
        customer = await self.customer()
        path = f"/v1/scores/{customer}"
        async with asyncio.timeout(30):
            while (await self.admin("GET", f"{path}/stages")).status != 200:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        if operation.id != "declareLost":
            await self.admin.made(f"{path}/declare-lost", {"reason": "other"})
        return customer

    async def scored(self) -> None:
        """A customer with orders and a score, a model, a finished run."""
        customer = await self.customer()
        for _ in range(4):
            await self.admin.made("/v1/orders", await self.order_fields(customer))
        async with asyncio.timeout(60):
            while (await self.admin("GET", f"/v1/scores/{customer}")).status != 200:
                operation = await self.operation()
                while (await self._read(f"/v1/operations/{operation}"))["finished_at"] is None:  # noqa: ASYNC110 - only asking tells
                    await asyncio.sleep(0.05)
        self.kept["scored"] = customer
        self.kept["model_id"] = (await self.admin("GET", "/v1/models")).json()["data"][0]["id"]
