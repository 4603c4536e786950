"""What the invented contacts and complaints say, in Chinese and English."""

from random import Random

_CONTACTS = (
    (
        "call",
        "outbound",
        "电话回访近期订单，客户对到货表示满意。",
        "Called about the last order; all arrived well.",
    ),
    (
        "call",
        "outbound",
        "询问库存与补货计划，客户说下月再定。",
        "Asked about stock; they decide next month.",
    ),
    ("call", "inbound", "客户来电询问新品目录。", "They rang to ask for the new catalogue."),
    ("email", "outbound", "发送当季新品目录与报价。", "Sent this season's catalogue and prices."),
    ("email", "inbound", "客户来信询问批量折扣。", "They wrote about a discount for larger quantities."),
    (
        "email",
        "inbound",
        "客户确认收到样品，将试销两周。",
        "They have the samples and will try them for two weeks.",
    ),
    ("chat", "inbound", "客户在线询问运费和到货时间。", "They asked in the chat about freight and delivery."),
    (
        "meeting",
        "outbound",
        "拜访门店，查看陈列并讨论节日备货。",
        "Visited the shop; talked about stock for the season.",
    ),
)
_NO_ANSWER = (
    ("致电无人接听，已留言。", "No answer; left a message."),
    ("再次致电，前台说负责人不在。", "Tried again; the buyer was not in."),
    ("致电未接通，已另发邮件。", "Could not get through; sent a mail as well."),
)
_COMPLAINTS = (
    (
        "delivery",
        ("到货延迟", "客户反映货物比约定晚到九天，错过销售时段。", "已退还运费，下一单提前两天发货。"),
        ("Delivered late", "The goods came nine days late and missed the season.", "Freight refunded."),
    ),
    (
        "quality",
        ("部分商品破损", "一箱中有数件开裂，客户要求换货。", "更换破损商品并加厚包装。"),
        (
            "Goods arrived broken",
            "Several pieces of one case were cracked.",
            "Replaced; packed better from now on.",
        ),
    ),
    (
        "billing",
        ("发票金额不符", "发票金额与报价不一致，客户要求更正。", "已更正发票并退还差额。"),
        (
            "Wrong amount invoiced",
            "The invoice does not match the offer.",
            "Invoice corrected, difference refunded.",
        ),
    ),
    (
        "service",
        ("咨询无人回复", "客户两次来信询问缺货商品，均未得到回复。", "已致歉并指定专人跟进。"),
        (
            "Nobody answered",
            "Two mails about missing items were left unanswered.",
            "Apologised; one person takes care now.",
        ),
    ),
)


def contact(chance: Random, *, zh: bool) -> tuple[str, str, str]:
    """Channel, direction and summary of some contact."""
    channel, direction, chinese, english = chance.choice(_CONTACTS)
    return channel, direction, chinese if zh else english


def no_answer(chance: Random, *, zh: bool) -> str:
    """The summary of a call that nobody took."""
    return chance.choice(_NO_ANSWER)[0 if zh else 1]


def complaint(chance: Random, *, zh: bool) -> tuple[str, str, str, str]:
    """Category, subject, description and result of some complaint."""
    category, chinese, english = chance.choice(_COMPLAINTS)
    subject, description, result = chinese if zh else english
    return category, subject, description, result
