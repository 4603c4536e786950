"""The nouns and verbs of the contract in English and Chinese: tags, and what a permission is for.

Whoever adds a tag or a permission adds its words here; a test names what is missing.
"""

CONTACT = {"name": "Tonglu 通路"}
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}

TAGS = {
    "auth": (
        "Sign in, stay signed in, sign out; who is signed in",
        "登录、续期、退出，以及当前身份",
    ),
    "staff": ("Accounts of the people who work here", "员工账号"),
    "api keys": (
        "Keys of distributors: give, change, rotate and revoke them",
        "经销商密钥：发放、修改、轮换与吊销",
    ),
    "plans": ("How much a role, a key or an address may ask", "限额方案"),
    "usage": ("How much each key and person called", "调用量统计"),
    "profile": ("One customer all around, from every service", "客户全景：汇集各服务的信息"),
    "customers": ("Organisations and persons, with their history", "客户（组织与个人）及其变更历史"),
    "merges": ("Two customers that are one, and taking them apart again", "合并客户与撤销合并"),
    "duplicates": (
        "Customers that may be in the archive twice",
        "疑似重复的客户",
    ),
    "identities": (
        "Under which ids the channels know a customer",
        "客户在各渠道中的标识",
    ),
    "contacts": ("People at a customer", "客户联系人"),
    "orders": ("Sales and returns", "销售与退货订单"),
    "contracts": (
        "Sales contracts, service and confidentiality agreements with customers",
        "与客户的销售合同、服务协议与保密协议",
    ),
    "distributors": ("Partners of the channel and their tree", "渠道商及其层级"),
    "org units": ("How the company divides the work on customers, as a tree", "组织单元及其层级"),
    "channels": ("The register of sales channels", "销售渠道登记"),
    "quality": (
        "What is missing, invalid or stale of customers, and where to begin",
        "数据质量：客户资料缺失、无效或过期之处，以及从何处着手",
    ),
    "views": ("Lists as somebody wants to see them again", "保存的列表视图：筛选、排序与列"),
    "fields": ("The company's own fields of customers and contacts", "客户与联系人的自定义字段"),
    "imports": (
        "Customers, orders, contacts and distributors from files",
        "从文件导入客户、订单、联系人与经销商",
    ),
    "exports": (
        "Customers, orders, contacts and distributors as files",
        "将客户、订单、联系人与经销商导出为文件",
    ),
    "interactions": ("Calls, visits, messages with customers", "与客户的通话、拜访与消息"),
    "attachments": ("Files of customers, kept here and fetched by links", "附件：客户文件的上传、引用与下载"),
    "complaints": ("Complaints and their course, with deadlines", "投诉及其处理过程与时限"),
    "calendars": (
        "When people work: weeks, holidays, make-up workdays, and deadlines in working time",
        "工作日历：每周工时、节假日与调休，以及按工作时间计算的截止时间",
    ),
    "service levels": (
        "Within which time what has to happen with complaints, and who is told when it does not",
        "服务级别：投诉各项时限、升级对象与服务团队",
    ),
    "service processes": (
        "Templates of services: steps, who is responsible, how long they may take, what is asked",
        "服务流程模板：步骤、责任角色、时限与表单",
    ),
    "service records": (
        "Services before, in and after a sale, step by step, and how customers rate them",
        "售前、售中、售后服务记录：步骤、等待与处理时长、客户评价",
    ),
    "promises": ("What was promised to customers, and by when", "对客户的承诺与期限"),
    "visits": (
        "Visits to customers: planned, repeated, reported, and as a calendar",
        "客户拜访：计划、周期、签到与报告，以及日历订阅",
    ),
    "surveys": ("Questionnaires, invitations, and what customers answered", "满意度问卷、邀请与答复"),
    "satisfaction": ("How satisfied customers are, and with what they are not", "客户满意度指标与常见问题"),
    "timeline": ("Everything that happened with a customer", "客户时间线"),
    "scores": ("Tier, stage and churn risk of customers, with reasons", "客户分级、阶段与流失风险及原因"),
    "lifecycle": (
        "The stages of customers: since when, by what cause, and who is lost",
        "客户生命周期：阶段、时间与原因",
    ),
    "churn warnings": (
        "Customers who may be lost, while something can be done: who does what, and what came of it",
        "流失预警：负责人、措施、容量与成效",
    ),
    "recommended actions": ("What to do for which reason, as the company says", "推荐措施：由公司按原因设定"),
    "insights": (
        "How customers buy, come back, stand and move; as reports",
        "经营分析：购买行为、留存、分级与流失",
    ),
    "recommendations": ("What to offer a customer, or with a product", "商品推荐"),
    "tier policies": ("The rules by which tiers and stages are decided", "分级策略"),
    "tier overrides": (
        "Tiers that people gave, each with a reason and an end",
        "等级覆盖：手动指定的客户等级",
    ),
    "tier simulations": (
        "What a policy would make of every customer, before anybody feels it",
        "策略模拟：发布前查看对每个客户的影响",
    ),
    "decisions": (
        "What was decided automatically about customers, made again, reviewed, and objected to",
        "自动决定：记录、重算、人工复核与客户异议",
    ),
    "models": ("What the scores were learnt from, and how good it is", "评分模型及其回测"),
    "scoring runs": ("Scoring every customer", "批量评分"),
    "reminders": ("What somebody shall do at a moment", "定时提醒"),
    "senders": ("Where messages leave by", "发送渠道"),
    "messages": ("What was sent to whom, and what came of it", "消息记录"),
    "preferences": (
        "What customers want of us: consent, do-not-contact, quiet hours, how often",
        "客户联系偏好与联系策略",
    ),
    "templates": ("What messages say, in Chinese and English", "消息模板"),
    "inbox": ("What was brought before a person", "收件箱"),
    "playbooks": (
        "What is done step by step for customers who begin, rise, leave or complain, and each customer's way",
        "生命周期策略：触发、步骤、版本、试运行，以及每位客户的运行过程",
    ),
    "care": (
        "Greetings and reminders on birthdays, feasts and days of the company, and what was done",
        "客户关怀：生日、节日与公司纪念日的祝福和提醒，以及关怀记录",
    ),
    "webhooks": (
        "Events sent to other systems: signed, retried, logged, sent again",
        "Webhook：向其他系统推送事件，含签名、重试、投递记录与重放",
    ),
    "operations": ("Long work: read it, watch it, cancel it", "后台任务：查看、跟踪与取消"),
    "operators": ("For those who run the system: dead letters and the outbox", "运维：死信与发件箱"),
    "audit": ("Who did what, to what, from where, with which result", "审计：何人、何事、何处、结果如何"),
    "health": ("Whether the system is alive and ready", "健康检查"),
}
"""By tag: what its operations are about."""

THINGS = {
    "api_keys": ("keys of partners", "合作伙伴密钥"),
    "audit": ("the audit", "审计记录"),
    "channels": ("sales channels", "销售渠道"),
    "complaints": ("complaints", "投诉"),
    "complaint_notes": ("internal notes on complaints", "投诉内部备注"),
    "customers": ("customers", "客户"),
    "deadletters": ("dead letters", "死信"),
    "distributors": ("distributors", "渠道商"),
    "duplicates": ("duplicates", "疑似重复"),
    "fields": ("custom fields", "自定义字段"),
    "imports": ("imports", "导入任务"),
    "exports": ("exports", "导出任务"),
    "inbox": ("the inbox", "收件箱"),
    "interactions": ("interactions", "互动记录"),
    "operations": ("long-running operations", "后台任务"),
    "orders": ("orders", "订单"),
    "contracts": ("contracts", "合同"),
    "org_units": ("org units", "组织单元"),
    "plans": ("limit plans", "限额方案"),
    "models": ("models and scoring runs", "模型与评分运行"),
    "policies": (
        "the company's rules: tiers, service levels, calendars",
        "公司规则：分级、服务级别与工作日历",
    ),
    "reminders": ("reminders", "提醒"),
    "scores": ("scores and churn warnings", "评分与流失预警"),
    "staff": ("staff accounts", "员工账号"),
    "senders": ("senders of messages", "发送渠道"),
    "messages": ("the log of messages", "消息记录"),
    "preferences": ("what customers want of us", "客户联系偏好"),
    "contact_policy": ("the contact policy", "联系策略"),
    "templates": ("templates of messages", "消息模板"),
    "tier_overrides": ("tier overrides", "等级覆盖"),
    "usage": ("usage figures", "调用量统计"),
    "views": ("saved views", "已保存的视图"),
    "webhooks": ("webhooks", "Webhook"),
    "playbooks": ("playbooks", "生命周期策略"),
    "playbook_runs": ("runs of playbooks", "策略运行"),
}
"""What stands before the colon of a permission."""

DEEDS = {
    "all": ("See everybody's {}", "查看所有人的{}"),
    "assign": ("Assign {}", "分配{}"),
    "merge": ("Merge {}", "合并{}"),
    "read": ("Read {}", "查看{}"),
    "write": ("Create and change {}", "新建和修改{}"),
}
"""What stands behind it."""

PARAMETERS = {
    "limit": ("The most items of a page", "每页最多条数"),
    "cursor": ("`page.next_cursor` of the page before", "上一页的 `page.next_cursor`"),
    "sort": ("What to sort by; with `-` before it, falling", "排序字段，前置 `-` 为降序"),
    "count": ("`exact` adds `page.total`", "`exact` 时附带 `page.total`"),
    "q": ("Part of the name", "名称的一部分"),
    "If-Match": (
        "The ETag that was read; with another version the answer is 412",
        "读取到的 ETag，不符则 412",
    ),
    "Last-Event-ID": ("Go on behind this event", "从此事件之后继续"),
}
"""What a parameter is for, where its own field does not say."""


def of_parameter(name: str, place: str) -> str:
    """A parameter in English and Chinese, by its own words or by its form."""
    stem, _, bound = name.partition("[")
    plain = stem.removesuffix("_id").replace("_", " ")
    if name in PARAMETERS:
        en, zh = PARAMETERS[name]
    elif place == "path":
        en, zh = f"Which {plain}", f"{stem}，路径参数"
    elif bound == "gte]":
        en, zh = f"At this {plain} or after it", f"{stem} 不早于此值"
    elif bound == "lt]":
        en, zh = f"Before this {plain}", f"{stem} 早于此值"
    else:
        en, zh = f"Only what has this {plain}", f"按 {stem} 筛选"
    return f"{en} · {zh}"


def of_permission(permission: str) -> str:
    """A permission in English and Chinese; its own letters where a word is missing."""
    thing, _, deed = permission.partition(":")
    en, zh = THINGS.get(thing, (thing, thing))
    do, do_zh = DEEDS.get(deed, (f"{deed} {{}}", f"{deed} {{}}"))
    return f"{do.format(en)} · {do_zh.format(zh)}"


def of_tag(tag: str) -> dict[str, str]:
    """A tag as OpenAPI lists it."""
    en, zh = TAGS.get(tag, (tag, tag))
    return {"name": tag, "description": f"{en}.\n\n{zh}。"}
