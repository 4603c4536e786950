"""Every table is behind row security by distributors and holders, or says why it need not be."""

import re
from collections.abc import Mapping

import asyncpg

OPEN: Mapping[str, str] = {
    "alembic_version": "the version of the tables",
    "audit_anchor": "the audit's chain: digests",
    "audit_block": "the audit's chain: digests",
    "audit_checkpoint": "the audit's chain: digests",
    "audit_entry": "who did what to which ids; read by who may read the audit",
    "idempotency": "answers sealed under a key that only their caller has",
    "inbox": "which events were heard: ids",
    "job": "which work waits: kinds and ids, read by workers only",
    "operation": "how far work is: counts; shown to who began it",
    # customer-svc
    "channel": "the company's register of channels",
    "customer_piece": "hashes under the data key, which lead to rows that are narrowed themselves",
    "custom_field": "the company's register of its own fields",
    "org_unit": "the company's register of org units",
    "saved_view": "how people list, shown to its owner or to all staff; rows are narrowed when listed",
    "staff_ref": "who works where: ids",
    # interaction-svc, scoring-svc, notify-svc
    "complaint_piece": "hashes under the data key, which lead to rows that are narrowed themselves",
    "interaction_piece": "hashes under the data key, which lead to rows that are narrowed themselves",
    "stored_object": "which objects the store holds: ids and states",
    "playbook": "the company's rules",
    "playbook_version": "the company's rules",
    "calendar": "when the company's people work",
    "calendar_day": "when the company's people work",
    "assignment_rule": "the company's rules",
    "complaint_form": "the company's forms",
    "complaint_macro": "the company's rules",
    "rule_revision": "which state of the company's rules counts",
    "service_process": "the company's rules",
    "service_process_version": "the company's rules",
    "sla_policy": "the company's rules",
    "team": "who works together: ids",
    "team_member": "who works together: ids and codes",
    "visit_feed": "of people's calendar addresses the hashes; a person makes and ends their own",
    "visit_rule": "the company's rule",
    "survey": "the company's questionnaires",
    "survey_version": "the company's questionnaires",
    "load_foreseen": "what previews would have stored: ids and keyed hashes",
    "load_step": "what became of steps of files: ids and reasons, answered to who took the step",
    "message_sender": "the company's ways out; secrets are sealed",
    "message_sender_lane": "who sends by them now",
    "contact_policy": "the company's rule",
    "message_template": "the company's texts",
    "message_template_version": "the company's texts",
    "inbox_box": "how many items a person ever got",
    "inbox_settings": "how people want to be told; a person reads and sets their own",
    "reminder_rule": "the company's rules",
    "care_rule": "the company's rules",
    "digest_day": "on which days a person was told, and of how many",
    "model": "what was learnt from all customers, about none of them",
    "recommended_action": "the company's rules",
    "model_alarm": "how far shares of all customers moved",
    "model_drift": "how far shares of all customers moved",
    "model_move": "which model spoke when",
    "order_word": "which channels and categories there are; whose they are is said in books",
    "recommender": "what was learnt from all customers, about none of them",
    "recommender_product": "which products go together, learnt from all customers, about none of them",
    "scoring_run": "how many customers were scored",
    "tier_policy": "the company's rules",
    "tier_grids": "what was learnt from all customers, about none of them",
    "tier_simulation": "sums over all customers, shown to who may publish policies",
    "warning_capacity": "the company's rule",
    # gateway: accounts and credentials, no customers
    "auth_failure": "guesses at credentials",
    "limit_bucket": "how much of a plan is used",
    "oidc_link": "which account of a provider is whose",
    "oidc_spent": "sign-ins that were used",
    "plan": "how fast somebody may ask",
    "usage_hour": "how often a credential asked",
    "distributor_ref": "the tree that scopes are made from",
    "org_unit_ref": "the tree that scopes are made from",
    "refresh_token": "sessions of staff",
    "session": "sessions of staff",
    "sign_in_guard": "failed sign-ins",
    "signing_key": "sealed keys",
    "staff": "accounts of staff",
}
BY_DISTRIBUTOR_ALONE = {"api_key", "distributor", "distributor_change"}
"""Staff see all partner firms and their keys; a partner sees its own part of the tree."""

_TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
           coalesce(
               array_agg(pg_get_expr(p.polqual, p.polrelid)) FILTER (WHERE p.polcmd = '*'), '{}'
           ) AS seen,
           coalesce(
               array_agg(pg_get_expr(p.polwithcheck, p.polrelid)) FILTER (WHERE p.polcmd = '*'), '{}'
           ) AS written,
           coalesce(array_agg(p.polcmd::text) FILTER (WHERE p.polcmd <> '*'), '{}') AS others
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid
"""


async def tables(url: str) -> dict[str, asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return {row["name"]: row for row in await connection.fetch(_TABLES)}
    finally:
        await connection.close()


def wrong(row: asyncpg.Record, narrowed: set[str]) -> str | None:
    """What is wrong with how a table is narrowed."""
    if not row["forced"]:
        return "is not forced"
    if len(row["seen"]) != 1 or row["seen"] != row["written"]:
        return "has not one rule for what is seen and what is written"
    if set(row["others"]) - {"a"}:
        return "has a further policy by which rows are seen"
    rule = row["seen"][0]
    through = set(re.findall(r"FROM (\w+)", rule))
    settings = {name for name in ("app.distributor", "app.holders") if name in rule}
    wanted = (
        {"app.distributor"} if row["name"] in BY_DISTRIBUTOR_ALONE else {"app.distributor", "app.holders"}
    )
    if settings != wanted:
        return f"reads {sorted(settings)}"
    return None if through <= narrowed else f"is seen through {sorted(through - narrowed)}, which is open"


async def test_every_table_is_narrowed_or_says_why_it_need_not_be(owner_urls: dict[str, str]) -> None:
    found = {service: await tables(url) for service, url in owner_urls.items()}
    findings = []
    for service, there in found.items():
        narrowed = {name for name, row in there.items() if row["seen"]}
        for name, row in there.items():
            if name in OPEN:
                findings += [f"{service}.{name} is narrowed and stands in OPEN"] if row["seen"] else []
            elif not row["seen"]:
                findings.append(f"{service}.{name} has no row security and no reason in OPEN")
            elif (said := wrong(row, narrowed)) is not None:
                findings.append(f"{service}.{name} {said}")
    assert findings == []
    assert OPEN.keys() - {name for there in found.values() for name in there} == set(), "no longer there"
