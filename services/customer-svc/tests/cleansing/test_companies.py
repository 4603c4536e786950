"""What is left of a company's name when place, legal form and branch are gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.cleansing.companies import core
from shared.searching.characters import plain


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (
            (
                "上海海纳百货有限公司",
                "上海海納百貨有限公司北京分公司",
                "海纳（上海）百货有限公司",
                "海纳百货股份有限公司上海第一分公司",
                "上海市海纳百货有限责任公司",
                "海纳百货第二分店",
                "海纳百货（集团）有限公司",
                "海纳百货集团",
                "上海 海纳百货 有限公司",
            ),
            "海纳百货",
        ),
        (
            ("Harbour Lights Ltd.", "The Harbour-Lights Co., Ltd", "HARBOUR LIGHTS (Holdings) plc"),
            "harbour lights",
        ),
        (("A&B Trading Pte. Ltd.", "A and B Trading"), "a and b trading"),
        (("杭州海纳投资合伙企业（有限合伙）",), "海纳投资"),
        (("重庆长安汽车股份有限公司",), "长安汽车"),
        (("中国银行股份有限公司",), "中国银行"),
        (("深圳市腾讯计算机系统有限公司",), "腾讯计算机系统"),
    ],
)
def test_names_of_one_company_have_one_core(names, left):
    assert {core(plain(name)) for name in names} == {left}


@pytest.mark.parametrize("name", ["公司", "集团", "上海", "GmbH", "王小明", "有限公司", "&", "(上海)"])
def test_something_is_always_left(name):
    assert core(plain(name))


@given(st.text(min_size=1, max_size=40))
def test_any_name_has_a_core_no_longer_than_itself(name):
    text = plain(name)
    assert len(core(text)) <= max(len(text) + 4 * text.count("&"), 1)
