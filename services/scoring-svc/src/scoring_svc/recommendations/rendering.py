"""Reasons in the caller's language."""

from typing import Any


def reasons(item: dict[str, Any], *, zh: bool) -> list[dict[str, Any]]:
    """Why a product is recommended, in words."""
    if item["basis"] == "co_purchase":
        return [_with(sku, customers, zh=zh) for sku, customers in item["because"]]
    customers = item["customers"]
    if item["basis"] == "bought_before":
        text = (
            f"此前购买过 {round(item['weight'])} 次" if zh else f"bought {round(item['weight'])} times before"
        )
        return [{"code": "bought_before", "sku": None, "customers": None, "text": text}]
    place, place_zh = _PLACES[item["basis"]]
    if customers is None:
        text = f"{place_zh}热销" if zh else f"sells best {place}"
    else:
        text = (
            f"{place_zh}热销：{customers} 位客户购买" if zh else f"sells best {place}: {customers} customers"
        )
    return [{"code": item["basis"], "sku": None, "customers": customers, "text": text}]


_PLACES = {
    "most_popular": ("of all products", "全部产品中"),
    "popular_in_categories": ("in categories bought of before", "所购品类中"),
    "popular_in_segment": ("in the customer's industry", "所在行业中"),
}


def _with(sku: str, customers: int | None, *, zh: bool) -> dict[str, Any]:
    if customers is None:
        text = f"常与 {sku} 一起购买" if zh else f"often bought with {sku}"
    else:
        text = f"{customers} 位客户同时购买了 {sku}" if zh else f"bought with {sku} by {customers} customers"
    return {"code": "bought_with", "sku": sku, "customers": customers, "text": text}
