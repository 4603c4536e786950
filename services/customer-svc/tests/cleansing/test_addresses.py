"""Which region an address names."""

import pytest
from pydantic import TypeAdapter

from customer_svc.cleansing.addresses import names_of_regions, region_of, short
from customer_svc.regions import RegionCode
from shared.searching.characters import plain


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("上海市浦东新区世纪大道100号", "310115"),
        ("上海浦东世纪大道", "310115"),
        ("浙江省杭州市西湖区文三路", "330106"),
        ("中国 广东省 深圳市 南山区", "440305"),
        ("广西南宁青秀区", "450103"),
        ("内蒙古呼和浩特", "150100"),
        ("恩施土家族苗族自治州恩施市", "422801"),
        ("湖北仙桃市", "429004"),
        ("吉林省吉林市船营区", "220204"),
        ("吉林市船营区", "220204"),
        ("重庆市云阳县", "500235"),
        ("江苏昆山", "320583"),
        ("台灣台北", "710000"),
        ("浦东新区世纪大道", "310115"),
    ],
)
def test_the_smallest_region_that_is_named_is_found(address, code):
    assert region_of(plain(address)) == code


@pytest.mark.parametrize(
    "address", ["朝阳区建国路", "西湖区文三路", "海淀中关村", "1 High St, London", "", "区"]
)
def test_what_may_be_several_places_is_none(address):
    assert region_of(plain(address)) is None


def test_every_region_is_found_by_its_full_address_and_has_a_valid_code():
    names = names_of_regions()
    valid = TypeAdapter(RegionCode)
    wrong = []
    for code, name in names.items():
        if code[:2] in ("81", "82"):
            continue
        around = [names.get(f"{code[:2]}0000"), names.get(f"{code[:4]}00")]
        address = "".join(each for each in dict.fromkeys([*around, name]) if each)
        if region_of(plain(address)) != code or valid.validate_python(code) != code:
            wrong.append((code, address, region_of(plain(address))))
    assert wrong == []


def test_short_names_are_as_people_say_them():
    said = {
        "广西壮族自治区": "广西",
        "内蒙古自治区": "内蒙古",
        "恩施土家族苗族自治州": "恩施",
        "赵县": "赵县",
    }
    assert {name: short(name) for name in said} == said
