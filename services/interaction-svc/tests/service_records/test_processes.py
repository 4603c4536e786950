"""Templates of service processes: what they may be, their versions, and what runs keep of them."""

from typing import Any, get_args
from uuid import uuid4

import pytest

from interaction_svc.processes.domain import Role
from shared.auth.permissions import ROLES
from shared.testing import staff

from .steps import FAULT, MANAGER, changed, do, process, refused, run, step, wrong


def test_the_roles_of_steps_are_those_of_the_staff() -> None:
    assert get_args(Role) == ROLES


async def test_a_template_is_created_read_listed_and_removed(world: Any) -> None:
    made = await process(world, step("accept", form=[FAULT]), step("repair", role="sales"))
    assert (made["version"], made["active"], made["phase"]) == (1, True, "after_sale")
    assert made["steps"][0]["form"] == [
        {**FAULT, "label": {"en": "故障现象", "zh": "故障现象"}, "options": []}
    ]
    assert made["steps"][1]["name"] == {"en": "repair", "zh": "repair"}
    path = f"/v1/service-processes/{made['id']}"
    answer = await world.get(path, world.analyst)
    assert (answer.json(), answer.headers["etag"]) == (made, '"v1"')
    other = await process(world, phase="pre_sale", active=False)
    listing = "/v1/service-processes?"
    for query, wanted in (("", [other, made]), ("phase=pre_sale", [other]), ("active=true", [made])):
        assert (await world.get(listing + query, MANAGER)).json()["data"] == wanted
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 428
        assert (await client.delete(path, headers={"If-Match": '"v7"'})).status_code == 412
        assert (await client.delete(path, headers={"If-Match": '"v1"'})).status_code == 204
        assert (await client.delete(path, headers={"If-Match": "*"})).status_code == 404
    assert (await world.get(path, MANAGER)).status_code == 404
    assert (await world.get(f"{path}/versions/1", MANAGER)).status_code == 404


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({"steps": [step("a"), step("a")]}, "/steps", "code_twice"),
        ({"steps": [step("a", role="janitor")]}, "/steps/0/role", "not_a_choice"),
        ({"steps": [step("a", expected_minutes=0)]}, "/steps/0/expected_minutes", "out_of_range"),
        ({"steps": [step("a", expected_minutes=True)]}, "/steps/0/expected_minutes", "not_an_integer"),
        ({"steps": [step("..")]}, "/steps/0/code", "wrong_form"),
        ({"steps": [step("a", name={})]}, "/steps/0/name", "words_missing"),
        ({"steps": [step("a", form=[FAULT, FAULT])]}, "/steps/0/form", "code_twice"),
        ({"steps": [step("a", form=[{**FAULT, "type": "colour"}])]}, "/steps/0/form/0/type", "not_a_choice"),
        ({"steps": [step("a", form=[{**FAULT, "type": "choice"}])]}, "/steps/0/form/0", "options_wrong"),
        ({"steps": [step("a", form=[{**FAULT, "options": ["x"]}])]}, "/steps/0/form/0", "options_wrong"),
        (
            {"steps": [step("a", form=[{**FAULT, "type": "choice", "options": ["x", "x"]}])]},
            "/steps/0/form/0",
            "option_twice",
        ),
        ({"steps": []}, "/steps", "too_few"),
        ({"steps": [step(f"s{n}") for n in range(31)]}, "/steps", "too_many"),
        (
            {"steps": [step("a", form=[{**FAULT, "code": f"f{n}"} for n in range(31)])]},
            "/steps/0/form",
            "too_many",
        ),
        ({"phase": "never"}, "/phase", "not_a_choice"),
        ({"name": {"fr": "Réparation"}}, "/name/fr", "unknown_field"),
        ({"name": "\u202eevil"}, "/name/en", "forbidden_character"),
    ],
)
async def test_a_wrong_template_is_refused(
    world: Any, given: dict[str, Any], pointer: str, code: str
) -> None:
    body = {"name": "维修", "phase": "after_sale", "steps": [step("a")], **given}
    assert wrong(await world.post("/v1/service-processes", body, MANAGER))[pointer] == code
    made = await process(world)
    path = f"/v1/service-processes/{made['id']}"
    assert wrong(await world.patch(path, given, MANAGER, **{"If-Match": "*"}))[pointer] == code
    assert (await world.get(path, MANAGER)).json() == made


async def test_only_managers_change_templates_and_partners_read_none(world: Any) -> None:
    made = await process(world)
    path = f"/v1/service-processes/{made['id']}"
    body = {"name": "维修", "phase": "after_sale", "steps": [step("a")]}
    for who in (world.lin, world.analyst):
        refused(await world.post("/v1/service-processes", body, who), 403, "permission_missing")
        refused(
            await world.patch(path, {"active": False}, who, **{"If-Match": "*"}), 403, "permission_missing"
        )
    assert (await world.get(path, world.partner(uuid4()))).status_code == 403


async def test_a_change_makes_a_version_and_runs_keep_theirs(world: Any) -> None:
    first = await process(world, step("accept", form=[FAULT]), step("repair"))
    old = await run(world, first)
    second = await changed(world, first, steps=[step("look", name="查看")], name="上门维修")
    assert (second["version"], second["name"]) == (2, {"en": "上门维修", "zh": "上门维修"})
    new = await run(world, second)
    assert [one["process_version"] for one in (old, new)] == [1, 2]
    assert [each["code"] for each in new["steps"]] == ["look"]
    kept = (await world.get(f"/v1/service-records/{old['id']}")).json()
    assert kept["steps"] == old["steps"]
    await do(world, old, "start", "accept")
    missing = await do(world, old, "complete", "accept")
    assert wrong(missing) == {"/form/fault": "required"}
    path = f"/v1/service-processes/{first['id']}"
    assert (await world.get(f"{path}/versions/1", MANAGER)).json() == first
    assert (await world.get(f"{path}/versions/2", MANAGER)).json() == second
    assert (await world.get(f"{path}/versions/3", MANAGER)).status_code == 404
    assert (await world.get(f"{path}/versions/{2**40}", MANAGER)).status_code == 422


async def test_who_changes_what_another_changed_is_told(world: Any) -> None:
    made = await process(world)
    path = f"/v1/service-processes/{made['id']}"
    assert (await world.patch(path, {"active": False}, MANAGER)).status_code == 428
    await changed(world, made, active=False)
    stale = await world.patch(path, {"active": True}, MANAGER, **{"If-Match": '"v1"'})
    refused(stale, 412, "version_stale")
    same = await world.patch(path, {"active": False}, MANAGER, **{"If-Match": '"v2"'})
    assert (same.status_code, same.json()["version"]) == (200, 2)


async def test_a_template_with_services_stays_and_can_be_put_out_of_use(world: Any) -> None:
    made = await process(world)
    running = await run(world, made)
    async with world.client(MANAGER) as client:
        answer = await client.delete(f"/v1/service-processes/{made['id']}", headers={"If-Match": "*"})
    refused(answer, 409, "process_in_use")
    await changed(world, made, active=False)
    body = {"customer_id": await world.customer(), "process_id": made["id"]}
    refused(await world.post("/v1/service-records", body), 409, "process_inactive")
    assert (await do(world, running, "start", "accept")).status_code == 200
    unknown = await world.post("/v1/service-records", {**body, "process_id": str(uuid4())})
    assert wrong(unknown) == {"/process_id": "process_unknown"}


async def test_markup_in_a_template_is_text(world: Any) -> None:
    markup = "<script>alert('故障')</script>"
    made = await process(world, step("a", name=markup, form=[{**FAULT, "label": markup}]), name=markup)
    assert made["name"]["zh"] == made["steps"][0]["name"]["en"] == made["steps"][0]["form"][0]["label"]["zh"]
    assert made["name"]["zh"] == markup


async def test_examples_are_answered_as_they_promise(world: Any) -> None:
    schemas = world.service.app.openapi()["components"]["schemas"]
    for example in schemas["ServiceProcessCreate"]["examples"]:
        answer = await world.post("/v1/service-processes", example, staff("admin"))
        assert answer.status_code == 201, answer.text
        asked = [(each["code"], [field["code"] for field in each["form"]]) for each in example["steps"]]
        made = answer.json()["steps"]
        assert [(each["code"], [field["code"] for field in each["form"]]) for each in made] == asked
