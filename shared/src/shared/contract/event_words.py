"""What events and their fields are called in Chinese, what the fields mean, and values to show them with.

Whoever adds an event adds its words here; a test names what is missing.
"""

from typing import Any

TITLES = {
    "audit.anchored.v1": "审计链末端已公布",
    "churn.cleared.v1": "流失预警已解除",
    "churn.warned.v1": "客户有流失风险",
    "complaint.assigned.v1": "投诉已指派",
    "complaint.closed.v1": "投诉已关闭",
    "complaint.opened.v1": "客户提出投诉",
    "complaint.reopened.v1": "投诉已重新打开",
    "complaint.resolved.v1": "投诉已解决",
    "customer.assigned.v1": "客户已变更负责人",
    "customer.merged.v1": "客户已并入另一个客户",
    "customer.registered.v1": "客户已登记",
    "customer.unmerged.v1": "客户合并已撤销",
    "customer.updated.v1": "客户资料已变更",
    "customers.imported.v1": "一批客户已导入",
    "distributor.changed.v1": "渠道商新建或变更",
    "interaction.logged.v1": "与客户的互动已记录",
    "interactions.imported.v1": "一批互动记录已导入",
    "interactions.withdrawn.v1": "一批互动记录已撤回",
    "key.created.v1": "合作伙伴密钥已创建",
    "key.revoked.v1": "合作伙伴密钥已吊销",
    "order.recorded.v1": "销售订单已记录",
    "order.returned.v1": "退货已记录",
    "order.voided.v1": "订单已作废",
    "orders.imported.v1": "一批订单已导入",
    "orders.voided.v1": "一批订单已作废",
    "org_unit.changed.v1": "组织单元新建或变更",
    "promise.broken.v1": "承诺逾期未兑现",
    "promise.kept.v1": "承诺已兑现",
    "promise.moved.v1": "承诺已改期",
    "promise.made.v1": "已向客户作出承诺",
    "reminder.done.v1": "提醒已完成",
    "reminder.due.v1": "提醒已到期",
    "score.changed.v1": "客户评分已更新",
    "scoring.completed.v1": "批量评分已完成",
    "staff.changed.v1": "员工新建或变更",
    "stage.changed.v1": "客户所处阶段已变化",
    "tier.changed.v1": "客户分级已变化",
}
"""By type."""

_HASH = "9f2c4e7d1b8a6053c4d2e9f80716a5b3c8d7e6f5041322310fedcba987654321"

_CONTACT = {
    "interaction_id": "0196f0c5-11aa-7b3c-8d4e-1f2a3b4c5d6e",
    "customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e",
    "distributor_id": "0196f0c4-87f2-790e-9823-5ce34dff14e3",
    "channel": "call",
    "direction": "outbound",
    "occurred_at": "2026-03-01T09:30:00Z",
}

MADE: Any = object()
"""Instead of a value: whatever fits the field's schema."""

FIELDS: dict[str, tuple[str, str, Any]] = {
    "active": ("Whether the account can sign in", "账号是否可登录", True),
    "amount_minor": ("In minor units of the currency (CNY: fen)", "以最小货币单位计（人民币：分）", 12900),
    "assignee_id": ("Whose reminder it is", "提醒对象", MADE),
    "category": ("What the complaint is about", "投诉类别", "delivery"),
    "changed": ("How many customers changed", "有变化的客户数", 118),
    "channel": ("Code of the sales channel or way of contact", "渠道代码", "online_shop"),
    "closed_at": ("When it was closed; null until then", "关闭时间，未关闭为空", None),
    "created_by": ("Who made it", "创建人", MADE),
    "currency": ("ISO 4217", "ISO 4217 货币代码", "CNY"),
    "customer_id": ("The customer for whom it was recorded", "所记录的客户", MADE),
    "customers": ("Their reference rows, at most 1000", "客户的引用数据，至多 1000 条", MADE),
    "data_scope": ("How far the person sees", "数据范围", "unit"),
    "direction": ("Who began it", "发起方", "outbound"),
    "distributor_id": ("Whose customer it is; null: the company's", "所属渠道商，空为公司直属", MADE),
    "done_at": ("When it was done", "完成时间", MADE),
    "due_at": ("By when", "到期时间", "2026-03-04T01:00:00Z"),
    "expected_value_minor": ("Expected over the horizon, in minor units", "预期价值，最小货币单位", 458000),
    "finished_at": ("When it ended", "结束时间", "2026-03-01T09:31:12Z"),
    "from_stage": ("The stage before; null the first time", "原阶段，首次为空", "active"),
    "from_tier": ("The tier before; null the first time", "原分级，首次为空", "important"),
    "hash": ("Keyed hash of the last link of the chain", "链末端的密钥散列", _HASH),
    "interaction_id": ("The interaction", "互动记录", MADE),
    "interactions": ("The interactions, at most 1000", "互动记录，至多 1000 条", MADE),
    "kind": ("Of what kind", "类型", MADE),
    "level": ("How great the risk is", "风险等级", "high"),
    "number": ("Of the last link, from 1", "末端链节序号，从 1 起", 81240),
    "merged_into": ("The customer that keeps what was its own", "并入的客户", MADE),
    "occurred_at": ("When it took place", "发生时间", MADE),
    "opened_at": ("When it was opened", "提出时间", MADE),
    "order_id": ("The order", "订单", MADE),
    "ordered_at": ("When it was ordered", "下单时间", MADE),
    "orders": ("The orders, at most 1000", "订单，至多 1000 条", MADE),
    "org_unit_id": ("The org unit", "组织单元", MADE),
    "owner_id": ("Who looks after it; null: nobody", "负责人，空为无人", MADE),
    "p_alive": ("Chance of still being a customer, 0 to 1", "仍为客户的概率，0 至 1", 0.81),
    "parent_id": ("The one above it; null at the top", "上级，顶层为空", MADE),
    "previous_hash": ("Of the link of the last anchor, as it is now", "上一锚点链节的现有散列", _HASH),
    "previous_number": ("The number that was told before", "上一锚点的序号", 81180),
    "probability": ("Chance of leaving, 0 to 1", "流失概率，0 至 1", 0.62),
    "promised_by": ("Who has to keep it", "承诺人", MADE),
    "reason": ("Why it was made", "产生原因", "manual"),
    "reasons": ("Codes of the reasons, the strongest first", "原因代码，最强者在前", ["own_rhythm_broken"]),
    "recommended_action": ("What to do about it", "建议行动", "call_customer"),
    "resolved_at": ("When its cause was removed; null until then", "解决时间，未解决为空", None),
    "revoked_by": ("Who ended it", "吊销人", MADE),
    "roles": ("What the person may do", "角色", ["sales"]),
    "scored": ("How many customers were scored", "已评分客户数", 22190),
    "scored_at": ("When it was scored", "评分时间", MADE),
    "service": ("Whose chain it is", "所属服务", "customer-svc"),
    "severity": ("How bad it is", "严重程度", "high"),
    "stage": ("The stage of its life", "所处阶段", "at_risk"),
    "started_at": ("When it began", "开始时间", MADE),
    "status": ("Its state", "状态", "active"),
    "tier": ("The tier", "分级", "core"),
    "to_stage": ("The stage now", "现阶段", "at_risk"),
    "to_tier": ("The tier now", "现分级", "core"),
    "version": ("The version of that record after the fact", "该记录变更后的版本", 3),
    "warned": ("How many warnings were opened", "新开预警数", 7),
}
"""By field: what it means in English and Chinese, and a value to show it with."""

MORE: dict[str, dict[str, Any]] = {
    "complaint.closed.v1": {"resolved_at": "2026-03-03T10:00:00Z", "closed_at": "2026-03-04T08:00:00Z"},
    "complaint.resolved.v1": {"resolved_at": "2026-03-03T10:00:00Z"},
    "interaction.logged.v1": {"channel": "call", "kind": "contact"},
    "interactions.imported.v1": {"interactions": [_CONTACT]},
    "interactions.withdrawn.v1": {"interactions": [_CONTACT]},
}
"""By type: values of its example that differ from those of the fields."""
