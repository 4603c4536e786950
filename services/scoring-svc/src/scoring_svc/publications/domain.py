"""When a simulation is good enough to be published."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.problems import Conflict, Problem

AT_ONCE, LATER = 0.01, 0.1
"""Tolerances of a policy that holds at once, and of one that holds from later on."""
LONGEST = timedelta(days=7)


def tolerance_of(asked: float | None, *, later: bool) -> float:
    """The share of customers that may have changed."""
    if asked is not None:
        return asked
    return LATER if later else AT_ONCE


def check_simulation(
    simulated: Mapping[str, Any] | None, policy: Mapping[str, Any], now: datetime
) -> Mapping[str, Any]:
    """The simulation; Conflict unless it has succeeded, lately, on this very document."""
    if simulated is None or simulated["policy_version"] != policy["version"]:
        raise Conflict(
            "simulation_unknown",
            en="There is no such simulation of this policy.",
            zh="该策略没有这次模拟。",
        )
    if simulated["finished_at"] is None:
        raise Conflict(
            "simulation_unfinished",
            en="This simulation has not succeeded: it is under way, was cancelled, or failed.",
            zh="该模拟未成功完成：仍在进行、已取消或失败。",
        )
    if simulated["digest"] != policy["digest"]:
        raise Conflict(
            "simulation_outdated",
            en="The policy was changed since; simulate it again.",
            zh="策略在模拟后已修改，请重新模拟。",
        )
    if now - simulated["taken_at"] > LONGEST:
        raise Conflict(
            "simulation_outdated",
            en="This simulation is more than a week old; simulate again.",
            zh="该模拟已超过一周，请重新模拟。",
        )
    return simulated


def check_base(simulated: Mapping[str, Any], current: Mapping[str, Any] | None, model: Any) -> None:
    """Conflict if another policy or model decides now than when it was simulated."""
    if current is not None and current["applied_at"] is None:
        raise running()
    if current is not None and current["version"] != simulated["base_version"]:
        raise replaced()
    if model != simulated["model_id"]:
        raise Conflict(
            "model_changed",
            en="A new model was learnt since, which ranks everybody anew; simulate again.",
            zh="模拟后评分模型已更新，请重新模拟。",
        )


def replaced() -> Problem:
    """The problem of whoever meant to follow a policy that has been followed by another one."""
    return Conflict(
        "policy_replaced",
        en="Another policy was published since; simulate again.",
        zh="已有其他策略发布，请重新模拟。",
    )


def running() -> Problem:
    """The problem of whoever publishes while the tiers of another policy are still being set."""
    return Conflict(
        "publication_running",
        en="Another policy is being published; wait for its end.",
        zh="另一策略正在发布，请等待其完成。",
    )


def check_moved(counts: Mapping[str, int], customers: int, tolerance: float) -> None:
    """Conflict with the numbers if more than this share of customers changed, came or went."""
    share = sum(counts.values()) / max(customers, 1)
    if share > tolerance:
        raise data_moved(counts, customers, share, tolerance)


def data_moved(counts: Mapping[str, int], customers: int, share: float, tolerance: float) -> Conflict:
    """The problem of a simulation that reality has left behind."""
    return Conflict(
        "data_moved",
        en=f"{share:.1%} of the customers changed since the simulation, more than {tolerance:.1%}.",
        zh=f"模拟后有 {share:.1%} 的客户数据已变动，超过允许的 {tolerance:.1%}。",
        extra={
            **counts,
            "customers": customers,
            "share": round(share, 6),
            "tolerance": tolerance,
        },
    )
