"""Which field the columns of a file mean, by how people call them in Chinese and English."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_svc.transfers.columns import ATTRIBUTES, FIELDS, NEEDED, REASONS, known_field, plain_field
from customer_svc.transfers.domain import SUGGESTED, Entity

_PEOPLE: Mapping[str, str] = {
    "post": "职位 职务 岗位 title jobtitle position",
    "phone": "手机 手机号 手机号码 移动电话 联系电话 电话 电话号码 联系方式 mobile "
    "mobilephone telephone tel phonenumber",
    "email": "邮箱 电子邮箱 电子邮件 邮件 邮箱地址 emailaddress mail",
}
_PLACES: Mapping[str, str] = {
    "address": "地址 详细地址 联系地址 通讯地址 streetaddress",
    "region": "地区 区域 省市 所在地区 所在地 省份 area province",
}
_WHOSE: Mapping[str, str] = {
    "customer_code": "客户编号 客户代码 客户编码 客户号 customerno customernumber",
    "customer_id": "客户id 客户ID customerid",
    "channel": "渠道 来源渠道 销售渠道 平台 来源 saleschannel source platform",
    "external_id": "外部编号 外部id 渠道编号 平台id 会员号 会员id openid unionid externalid memberid userid",
}
_BIRTHDAY = "生日 出生日期 birthdate dateofbirth dob"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "customers": {
        **_PEOPLE,
        **_PLACES,
        "code": "客户编号 客户代码 客户编码 编号 代码 编码 customercode customerno customernumber number id",
        "name": "客户名称 客户名 客户 公司名称 公司 企业名称 单位名称 名称 姓名 客户姓名"
        " customername customer company companyname fullname accountname",
        "kind": "类型 客户类型 性质 客户性质 type customertype accounttype",
        "tax_number": "税号 纳税人识别号 统一社会信用代码 社会信用代码 taxid taxno vatnumber uscc",
        "business_scope": "经营范围 主营业务 业务范围 businessfield",
        "industry": "行业 所属行业 客户行业 sector",
        "size": "规模 企业规模 公司规模 人数 companysize employees",
        "website": "网址 网站 官网 主页 公司网址 web url homepage",
        "channel": _WHOSE["channel"],
        "external_id": _WHOSE["external_id"],
        "distributor_code": "经销商 经销商代码 经销商编号 代理商 代理商代码 distributor dealer "
        "dealercode partnercode",
        "owner_id": "负责人id 所有者id 跟进人id ownerid",
        "referred_by": "推荐人id 推荐客户id 介绍人id referrerid referredbyid referrer",
        "birthday": _BIRTHDAY,
        "tags": "标签 客户标签 分类标签 labels",
        "contact_name": "联系人 联系人姓名 联系人名称 主要联系人 contact contactperson",
        "contact_post": "联系人职位 联系人职务 contacttitle contactposition",
        "contact_phone": "联系人电话 联系人手机 联系人手机号 联系人联系方式 contactmobile contacttel",
        "contact_email": "联系人邮箱 联系人电子邮箱 联系人邮件 contactmail",
    },
    "orders": {
        **_WHOSE,
        "order_no": "订单号 订单编号 单号 订单 交易号 orderno ordernumber orderid order invoiceno",
        "ordered_at": "下单时间 订单时间 下单日期 订单日期 成交时间 交易时间 日期 时间 付款时间"
        " orderdate orderedat date orderedon time createdat",
        "amount": "金额 订单金额 总金额 实付金额 销售额 总价 成交金额 total totalamount "
        "price value ordertotal",
        "amount_minor": "金额分 金额（分） amountminor amountincents cents",
        "currency": "币种 货币 currencycode",
        "kind": "类型 订单类型 交易类型 type ordertype",
        "return_of": "原订单号 退货原单 原单号 returnof originalorder originalorderno",
        "sku": "货号 商品编码 商品编号 产品编号 产品编码 物料编码 productcode itemno productid stockcode",
        "name": "商品名称 产品名称 商品 产品 品名 product productname item itemname description",
        "category": "品类 类别 商品类别 产品类别 分类 productcategory",
        "quantity": "数量 件数 购买数量 qty units count",
        "lines": "明细 订单明细 商品明细 orderlines lineitems items",
    },
    "contacts": {
        **_PEOPLE,
        **_WHOSE,
        "name": "姓名 联系人 联系人姓名 名称 contact contactname fullname contactperson",
        "role": "角色 决策角色 decisionrole",
        "relation_strength": "关系强度 关系 亲密度 strength relationship",
        "birthday": _BIRTHDAY,
    },
    "distributors": {
        **_PLACES,
        "code": "经销商编号 经销商代码 经销商编码 编号 代码 编码 distributorcode "
        "dealercode distributorno number id",
        "name": "经销商名称 经销商 名称 公司名称 代理商 代理商名称 distributor "
        "distributorname dealer company companyname",
        "status": "状态 合作状态 state",
        "classification": "分类 类别 经销商类型 类型 type class",
        "level": "级别 等级 经销商级别 grade tier",
        "territory": "负责区域 销售区域 授权区域 区域代码 territories",
        "product_lines": "产品线 产品系列 授权产品 productlines lines",
        "parent_code": "上级 上级经销商 上级代码 上级编号 上级经销商代码 parent parentdistributor",
        "contact_name": "联系人 联系人姓名 contact contactperson",
        "contact_phone": "联系电话 电话 手机 联系人电话 联系人手机 phone mobile telephone tel",
        "contact_email": "邮箱 电子邮箱 联系人邮箱 email mail",
    },
    "interactions": {
        "customer_code": _WHOSE["customer_code"],
        "customer_id": _WHOSE["customer_id"],
        "identity_channel": "身份渠道 会员渠道 平台 来源平台 platform source",
        "external_id": _WHOSE["external_id"],
        "channel": "沟通方式 沟通渠道 联系方式 跟进方式 方式 渠道 类型 method medium type",
        "direction": "方向 沟通方向 inout",
        "occurred_at": "沟通时间 联系时间 跟进时间 发生时间 沟通日期 跟进日期 日期 时间"
        " date time occurredon calledat contactedat",
        "participants": "参与人 参与者 参加人员 沟通人 attendees people who",
        "summary": "沟通内容 内容 摘要 跟进内容 跟进记录 沟通记录 备注"
        " notes note content description subject",
        "agreement": "约定 约定事项 结论 下一步 agreed outcome nextsteps nextstep result",
        "attachments": "附件 附件链接 files links attachment",
    },
}
_BESIDE = re.compile(r"[(\[【<].*?[)\]】>]")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Field → column; the columns that mean nothing known; of each group of fields one that is missing."""

    mapping: dict[str, str]
    unmapped: list[str]
    missing: list[list[str]]


def suggest(entity: Entity, header: Sequence[str]) -> Suggestion:
    """What the columns of a file probably mean; a column goes into one field and a field has one column.

    A column that is called as a field is that field; of two that mean the same the one with the better
    name is taken, then the left one.
    """
    columns = [name.strip() for name in header]
    mapping = {field: name for name in columns if (field := plain_field(name)) in FIELDS[entity]}
    mapping |= {name: name for name in columns if entity == "customers" and name.startswith(ATTRIBUTES)}
    taken = set(mapping.values())
    for _, field, name in sorted(_meanings(entity, columns), key=lambda found: found[0]):
        if name not in taken and field not in mapping and columns.count(name) == 1:
            mapping[field] = name
            taken.add(name)
    unmapped = [name for name in columns if name and name not in taken and name not in REASONS]
    missing = [list(group) for group in NEEDED[entity] if mapping.keys().isdisjoint(group)]
    return Suggestion(mapping, unmapped, missing)


def _meanings(entity: Entity, columns: Iterable[str]) -> Iterable[tuple[int, str, str]]:
    """How good a name (0 is best), the field, the column."""
    known: dict[str, list[tuple[int, str]]] = {}
    for field, words in _WORDS[entity].items():
        for rank, word in enumerate([field, *words.split()]):
            known.setdefault(_plain(word), []).append((rank, field))
    for name in columns:
        for rank, field in known.get(_plain(name), ()):
            yield rank, field, name


def _plain(name: str) -> str:
    """Letters and digits alone, without what stands in brackets: `手机 (必填)*` is `手机`."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _NO_LETTER.sub("", _BESIDE.sub("", folded)) or _NO_LETTER.sub("", folded)


def mapping_of(entry: Mapping[str, Any], header: Sequence[str]) -> dict[str, str] | None:
    """The mapping of an import whose file has this header; None if its columns are called as fields."""
    if entry["mapping"] == SUGGESTED:
        return suggest(entry["entity"], header).mapping
    mapping: dict[str, str] | None = entry["mapping"]
    return mapping


def applied(entry: Mapping[str, Any], header: Sequence[str]) -> dict[str, str]:
    """Which column of a file is read into which field."""
    mapping = mapping_of(entry, header)
    if mapping is not None:
        return mapping
    named = ((plain_field(name.strip()), name) for name in header)
    return {field: name for field, name in named if known_field(entry["entity"], field)}


def field_of(entry: Mapping[str, Any], header: Sequence[str], column: str) -> str | None:
    """The field into which a column goes, None if into none."""
    found = applied(entry, header).items()
    return next((field for field, name in found if name.strip() == column.strip()), None)
