"""Words that invented customers are made of."""

from functools import cache
from random import Random

from customer_svc.cleansing.addresses import names_of_regions, short

SIGNS = (
    "海纳永辉华润绿地恒瑞鼎泰宏图金鹏天宇东方明珠长江黄河泰山昆仑星辰云帆嘉禾德胜安康福源百盛万隆广利顺达"
    "新锐远景博雅文轩宝龙兴旺祥和美佳立信中诚合众联创智慧伟业聚丰盈凯歌雅居乐悠仁义礼诺亚龙腾飞跃启明正阳"
    "春晖秋实千禧佰仕邦科尔迅捷凌志尚品优选沃野青禾蓝海红杉紫荆白鹭银河鸿运浩瀚晨曦晶莹瑞丰朗润融汇"
)
TRADES = (
    *("百货", "贸易", "科技", "食品", "服装", "建材", "物流", "电子", "医药", "餐饮", "机械", "化工", "文化"),
    *("家具", "汽车", "五金", "塑料", "纺织", "印刷", "包装", "农业", "水产", "旅游", "酒店", "房产", "装饰"),
    *("广告", "传媒", "软件", "网络", "通信", "能源", "环保", "珠宝", "家电", "玩具", "图书", "体育", "茶业"),
    *("管理咨询", "信息技术", "生物工程", "电子商务", "供应链", "进出口", "教育"),
)
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "商行", "")
LATIN_FORMS = ("Ltd", "Limited", "Co., Ltd.", "Inc.", "LLC", "GmbH", "")
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁沈任"
)
SURNAME_WEIGHTS = [725, 719, 683, 538, 453, 308, 223, 205, 202, 202, 177, 152, 141, 134, 131, 125, 118] + [
    max(110 - 3 * place, 30) for place in range(len(SURNAMES) - 17)
]
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲燕红春华建国志梅雪飞鹏宇浩然子轩欣怡雨桐梓涵思佳"
    "俊晨博嘉瑞琳颖晓东海波斌亮莉婷云龙小玉凤林峰宁丹萍倩毅恒睿泽诗琪依诺一凡天翔振兴永康德仁义善良福荣光耀祖"
)
GIVEN_WEIGHTS = [max(100 - place, 12) for place in range(len(GIVEN))]
MORE = "汉航鸿弘虹洪辉惠汇慧会佳家嘉加健建剑键锦进晋京晶静竞居巨康抗丽力立利联连林临灵零龙隆路陆"
ROADS = (
    *(
        "中山路",
        "人民路",
        "解放路",
        "建设路",
        "和平路",
        "新华街",
        "长江路",
        "黄河路",
        "北京路",
        "南京西路",
        "世纪大道",
    ),
    *(
        "文化路",
        "学府路",
        "工业园路",
        "滨河路",
        "东风路",
        "胜利街",
        "光明路",
        "青年路",
        "迎宾大道",
        "朝阳街",
        "花园路",
    ),
    *(
        "科技路",
        "创业路",
        "复兴路",
        "延安路",
        "淮海路",
        "天河路",
        "深南大道",
        "友谊路",
        "幸福路",
        "平安大街",
        "西湖路",
    ),
)
LATIN = (
    *(
        "Harbour",
        "North",
        "Golden",
        "Silver",
        "Ocean",
        "River",
        "Summit",
        "Crystal",
        "Royal",
        "Pacific",
        "Atlas",
    ),
    *("Orion", "Phoenix", "Falcon", "Cedar", "Maple", "Willow", "Granite", "Sterling", "Meridian", "Pioneer"),
    *(
        "Horizon",
        "Evergreen",
        "Beacon",
        "Lighthouse",
        "Redwood",
        "Bluebird",
        "Kingfisher",
        "Sapphire",
        "Titan",
    ),
    *(
        "Vertex",
        "Quantum",
        "Nimbus",
        "Aurora",
        "Cobalt",
        "Emerald",
        "Juniper",
        "Keystone",
        "Lexington",
        "Monarch",
    ),
    *(
        "Nordic",
        "Oakwood",
        "Pinnacle",
        "Quartz",
        "Riverside",
        "Stanford",
        "Trident",
        "Union",
        "Valley",
        "Westfield",
    ),
    *(
        "Zenith",
        "Albion",
        "Brighton",
        "Cambridge",
        "Dover",
        "Everest",
        "Fairmont",
        "Greenwich",
        "Hampton",
        "Imperial",
    ),
)
LATIN_TRADES = (
    *(
        "Trading",
        "Foods",
        "Textiles",
        "Logistics",
        "Electronics",
        "Furniture",
        "Services",
        "Consulting",
        "Motors",
    ),
    *(
        "International",
        "Industries",
        "Pharma",
        "Lighting",
        "Stores",
        "Media",
        "Software",
        "Engineering",
        "Travel",
    ),
)
FIRST_NAMES = (
    *(
        "James",
        "Mary",
        "Robert",
        "Patricia",
        "John",
        "Jennifer",
        "Michael",
        "Linda",
        "David",
        "Elizabeth",
        "William",
    ),
    *(
        "Barbara",
        "Richard",
        "Susan",
        "Joseph",
        "Jessica",
        "Thomas",
        "Sarah",
        "Charles",
        "Karen",
        "Daniel",
        "Nancy",
    ),
    *(
        "Matthew",
        "Lisa",
        "Anthony",
        "Margaret",
        "Mark",
        "Sandra",
        "Steven",
        "Ashley",
        "Andrew",
        "Emily",
        "Paul",
    ),
    *(
        "Donna",
        "Joshua",
        "Michelle",
        "Kenneth",
        "Carol",
        "Kevin",
        "Amanda",
        "Brian",
        "Melissa",
        "George",
        "Deborah",
    ),
)
LAST_NAMES = (
    *("Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez"),
    *(
        "Hernandez",
        "Lopez",
        "Gonzalez",
        "Wilson",
        "Anderson",
        "Thomas",
        "Taylor",
        "Moore",
        "Jackson",
        "Martin",
    ),
    *(
        "Lee",
        "Perez",
        "Thompson",
        "White",
        "Harris",
        "Sanchez",
        "Clark",
        "Ramirez",
        "Lewis",
        "Robinson",
        "Walker",
    ),
    *(
        "Young",
        "Allen",
        "King",
        "Wright",
        "Scott",
        "Torres",
        "Nguyen",
        "Hill",
        "Flores",
        "Green",
        "Adams",
        "Nelson",
    ),
    *(
        "Baker",
        "Hall",
        "Rivera",
        "Campbell",
        "Mitchell",
        "Carter",
        "Roberts",
        "Phillips",
        "Evans",
        "Turner",
        "Parker",
    ),
    *(
        "Collins",
        "Edwards",
        "Stewart",
        "Morris",
        "Murphy",
        "Cook",
        "Rogers",
        "Morgan",
        "Peterson",
        "Cooper",
        "Reed",
    ),
)
PLACES_ABROAD = (
    "London",
    "Bristol",
    "Manchester",
    "Leeds",
    "Glasgow",
    "Dublin",
    "Hamburg",
    "Lyon",
    "Milan",
    "Porto",
)
STREETS_ABROAD = (
    *(
        "High Street",
        "Station Road",
        "Church Lane",
        "Victoria Road",
        "Mill Lane",
        "Park Avenue",
        "Queens Road",
    ),
    *(
        "Bridge Street",
        "Kings Road",
        "Albert Street",
        "London Road",
        "Market Place",
        "Dock Street",
        "Canal Side",
    ),
)
LARGE_CITIES = ("3101", "1101", "4401", "4403", "3301", "5101", "4201", "3205")
"""Beginnings of their counties' codes."""
BOXES = ("info", "sales", "buying", "office", "contact", "service", "hr", "admin")
MAIL_HOSTS = ("qq.com", "163.com", "126.com", "gmail.com", "outlook.com", "sina.com", "foxmail.com")


def ending(chance: Random) -> str:
    """How a domain ends."""
    return chance.choice(("com", "cn", "com.cn", "net", "co.uk"))


@cache
def counties() -> list[str]:
    """Counties of which the names around are known."""
    names = names_of_regions()
    return [code for code in names if code[4:] != "00" and f"{code[:2]}0000" in names]


@cache
def large_cities() -> list[str]:
    return [code for code in counties() if code.startswith(LARGE_CITIES)]


def city(code: str) -> str:
    """The prefecture of a county as people say it; of a municipality itself."""
    names = names_of_regions()
    return short(names.get(f"{code[:4]}00") or names[f"{code[:2]}0000"])
