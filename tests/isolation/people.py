"""Those who ask: the owner's people, and strangers of every kind."""

from dataclasses import dataclass, field

from tests.composed import Partner, Person, hired
from tests.fuzz.operations import Operation

from shared.auth.permissions import EVERY_PERMISSION, GRANTABLE, permissions_of

BY_LINK = frozenset({"token"})
"""A link to a survey opens for whoever has it, signed in or not."""
OF_THE_COMPANY = BY_LINK | frozenset(
    {"channel_id", "distributor_id", "org_unit_id", "model_id", "version", "number", "plan_id", "staff_id"}
    | {
        "api_key_id",
        "key_id",
        "owner_id",
        "field_id",
        "calendar_id",
        "day",
        "policy_id",
        "team_id",
        "rule_id",
        "reminder_rule_id",
        "care_rule_id",
        "macro_id",
        "process_id",
        "form_id",
        "name",
        "survey_id",
        "simulation_id",
        "alarm_id",
        "sender_id",
        "message_template_id",
        "playbook_id",
    }
)
"""Registers that all staff may see who have the permission: partner firms and their keys, rules, accounts."""
OF_EVERYBODY = BY_LINK | frozenset({"channel_id", "field_id", "model_id", "survey_id", "form_id"})
"""Ids that a partner meets, too: it fills the company's fields, a score names the model that made it, and its
customers are asked what the company asks.
"""


@dataclass
class Asker:
    """Somebody with what they may; `common` names the records that they see whoever made them."""

    name: str
    person: Person
    permissions: frozenset[str]
    common: frozenset[str] = OF_THE_COMPANY
    id: str = ""
    signed_in: bool = field(default=True)

    @property
    def of_the_company(self) -> bool:
        """Whether it is a person, who sees the company's registers; a key is a partner's."""
        return bool(self.id)

    def may(self, operation: Operation) -> bool:
        """Whether they hold every permission that the operation asks for."""
        return operation.public or (self.signed_in and self.permissions.issuperset(operation.scopes))

    def __str__(self) -> str:
        return self.name


def nobody(admin: Person) -> Asker:
    """Whoever is not signed in."""
    return Asker("nobody", Person(admin.front), frozenset(), signed_in=False)


async def administrator(admin: Person) -> Asker:
    """Who may everything."""
    return Asker("the administrator", admin, EVERY_PERMISSION, id=await _id_of(admin))


async def partner(admin: Person, name: str, distributor: str) -> Asker:
    """A distributor's key with all that a key can be given."""
    body = {"name": name, "distributor_id": distributor, "scopes": sorted(GRANTABLE)}
    key = (await admin.made("/v1/api-keys", body))["key"]
    return Asker(name, Partner(admin.front, key), GRANTABLE, OF_EVERYBODY)


async def member(admin: Person, name: str, role: str, scope: str, unit: str | None = None) -> Asker:
    """A person of the company with a role, a data scope and a unit."""
    person = await hired(admin, name, role, data_scope=scope, org_unit_id=unit)
    return Asker(name, person, permissions_of([role]), id=await _id_of(person))


async def _id_of(person: Person) -> str:
    return str((await person("GET", "/v1/auth/me")).json()["id"])
