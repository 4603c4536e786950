"""Figures that are safe to show: shares of nothing are unknown, and sums fit into what JSON clients read."""

from typing import Any

_LARGEST = 2**63 - 1


def share(part: float, whole: float) -> float | None:
    """The part as a share of the whole; None of nothing."""
    return float(part) / float(whole) if whole else None


def change(now: float, before: float) -> float | None:
    """By which share it grew; None after nothing."""
    return float(now - before) / float(before) if before > 0 else None


def money(amount: Any, currency: str) -> dict[str, Any]:
    """An amount of money as the API tells it; what no 64 bits hold is told as the most that they do."""
    whole = round(amount or 0)
    return {"amount_minor": max(-_LARGEST, min(_LARGEST, whole)), "currency": currency}


def mean_money(amount: Any, count: int, currency: str) -> dict[str, Any] | None:
    """The mean; None of nothing."""
    return money(float(amount or 0) / int(count), currency) if count else None
