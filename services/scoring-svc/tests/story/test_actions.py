"""The company says what is recommended, and whoever may not read no more than that."""

from typing import Any

import httpx
import pytest

from scoring_svc.actions.domain import DEFAULTS
from shared.composition import Service
from shared.testing import service_client, staff

_PATH = "/v1/recommended-actions"
_CALL: dict[str, Any] = {
    "reason": "complaint_open",
    "tier": "core",
    "action": "manager_calls",
    "text_en": "The manager calls",
    "text_zh": "经理致电",
    "priority": 5,
}


async def test_ours_stand_until_the_company_sets_its_own_and_again_after_a_reset(
    boss: httpx.AsyncClient,
) -> None:
    before = (await boss.get(_PATH)).json()["data"]
    assert {each["name"] for each in before} == DEFAULTS.keys()
    assert {each["version"] for each in before} == {0}
    ours = await boss.get(f"{_PATH}/complaint_open")
    assert (ours.json()["action"], ours.headers["etag"]) == ("resolve_complaint", '"v0"')
    put = await boss.put(f"{_PATH}/complaint_open", json=_CALL, headers={"If-Match": '"v0"'})
    assert (put.status_code, put.json()["version"], put.json()["default"]) == (200, 1, True)
    assert (
        await boss.put(f"{_PATH}/complaint_open", json=_CALL, headers={"If-Match": '"v0"'})
    ).status_code == 412
    again = await boss.put(f"{_PATH}/complaint_open", json={**_CALL, "active": False})
    assert again.headers["etag"] == '"v2"'
    assert (await boss.delete(f"{_PATH}/complaint_open")).status_code == 428
    gone = await boss.delete(f"{_PATH}/complaint_open", headers={"If-Match": '"v2"'})
    assert gone.status_code == 204
    assert (await boss.get(f"{_PATH}/complaint_open")).json() == ours.json()


async def test_the_company_adds_and_removes_rules_of_its_own(boss: httpx.AsyncClient) -> None:
    own = {"stage": "at_risk", "action": "visit", "text_en": "Visit", "text_zh": "拜访"}
    assert (await boss.put(f"{_PATH}/visit_at_risk", json=own)).json()["default"] is False
    assert "visit_at_risk" in {each["name"] for each in (await boss.get(_PATH)).json()["data"]}
    assert (await boss.delete(f"{_PATH}/visit_at_risk", headers={"If-Match": '"v1"'})).status_code == 204
    assert (await boss.get(f"{_PATH}/visit_at_risk")).status_code == 404
    assert (await boss.delete(f"{_PATH}/visit_at_risk", headers={"If-Match": '"v1"'})).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason": "moon_phase"}, "/reason"),
        ({"category": "complaint"}, ""),
        ({"tier": "golden"}, "/tier"),
        ({"priority": 101}, "/priority"),
        ({"text_zh": ""}, "/text_zh"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_where_it_is_wrong(
    boss: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    wrong = await boss.put(f"{_PATH}/mine", json={**_CALL, **change})
    assert wrong.status_code == 422
    assert [each["pointer"] for each in wrong.json()["errors"]] == [pointer]


async def test_others_read(asleep: Service) -> None:
    async with service_client(asleep, staff("sales")) as seller:
        assert (await seller.get(_PATH)).status_code == 200
        assert (await seller.put(f"{_PATH}/mine", json=_CALL)).status_code == 403
        assert (await seller.put("/v1/churn-warning-capacity", json={"most": 1})).status_code == 403
