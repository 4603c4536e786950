"""What two records have in common, what it weighs, and how well that tells doubles from look-alikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.bench.doubles import invented
from tools.bench.parts.duplicates import REPORTED_ON, TUNED_ON, quality

from customer_svc.cleansing.companies import branch
from customer_svc.cleansing.sounds import sounds
from customer_svc.customers.keys import is_of_sound, keys_of
from customer_svc.customers.profiles import COMPARED, Profile
from customer_svc.duplicates import domain, words
from customer_svc.duplicates.comparing import agreements
from customer_svc.duplicates.domain import judge

KEY = bytes(32)
PHONE = "+862162881234"


def profile(name, kind="organisation", **fields):
    return Profile.of({**dict.fromkeys(COMPARED), "name": name, "kind": kind, **fields})


def agreement(feature, one, other):
    return dict(agreements(one, other, 2)).get(feature)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张欣", "章新"),
        ("东方", "dong fang"),
        ("王莉娜", "wang lina"),
        ("harbour lights", "harbor lights"),
        ("harbour", "harbuor"),
    ],
)
def test_what_people_confuse_sounds_alike(one, other):
    assert sounds(one) == sounds(other)


@pytest.mark.parametrize(
    ("one", "other"), [("海纳", "海南"), ("harbour", "barbour"), ("8号", "9号"), ("1号", "11号")]
)
def test_what_they_do_not_confuse_does_not(one, other):
    assert sounds(one) != sounds(other)


@given(st.text(max_size=30))
def test_every_text_has_a_sound(text):
    assert all(sounds(text)) or not text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("海纳百货有限公司北京分公司", "北京分公司"),
        ("海纳百货第二分店", "第二分店"),
        ("海纳百货有限公司", ""),
        ("harbour lights ltd", ""),
    ],
)
def test_a_name_says_which_branch_it_is(name, said):
    assert branch(name) == said


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("上海海纳百货有限公司", "海納百貨", "same"),
        ("海纳百货", "海那百货", "sound"),
        ("海纳百货", "纳海百货", "sound"),
        ("海纳百货贸易", "海纳百货贸意思", "near"),
        ("海纳百货贸易", "海纳百货", "near"),
        ("永辉生物工程食品", "永辉", "part"),
        ("Monarch International Trading", "Monarch Intl Trading", "part"),
        ("Hongkong Shanghai Banking Corp", "HSB", "part"),
        ("Harbour Lights Ltd", "Harbour Light Limited", "near"),
        ("Customer A", "Customer B", "alike"),
        ("海纳百货1店", "海纳百货2店", "apart"),
        ("Harbour 3fa2b1 Lights Ltd", "Harbour 77c01d Lights Ltd", "apart"),
        ("海纳百货", "永辉超市", "apart"),
    ],
)
def test_names_of_firms_agree_in_levels(one, other, how):
    assert agreement("name", profile(one), profile(other)) == how
    assert agreement("name", profile(other), profile(one)) == how


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("王小明", "王小明先生", "same"),
        ("王小明", "Xiaoming Wang", "sound"),
        ("王小明", "王晓明", "sound"),
        ("王小明", "王小红", "apart"),
        ("John Smith", "Smith, John", "same"),
        ("John Smith", "John Smyth", "sound"),
        ("John Smith", "John Smiht", "sound"),
        ("John Smith", "John Smitz", "near"),
        ("John Smith", "J. Smith", "part"),
        ("John Smith", "John Q. Smith", "sound"),
        ("John Smith", "Jane Smith", "apart"),
        ("User1 Test", "User2 Test", "apart"),
    ],
)
def test_names_of_persons_agree_in_levels(one, other, how):
    assert agreement("name", profile(one, "person"), profile(other, "person")) in (how, f"{how}_short")


@pytest.mark.parametrize(
    ("feature", "field", "one", "other", "how"),
    [
        ("phone", "phone", PHONE, "+862162881243", "near"),
        ("phone", "phone", PHONE, "+862199999999", "differs"),
        ("email", "email", "Li.Lei@x.com", "li.lei@x.com", "same"),
        ("email", "email", "lilei@x.com", "lilie@x.com", "near"),
        ("email", "email", "info@x.com", "info@y.com", "differs"),
        ("email", "email", "lilei@qq.com", "wang@qq.com", "differs"),
        ("email", "email", "sales@haina.cn", "info@haina.cn", "domain"),
        ("region", "region", "310115", "310000", "same"),
        ("region", "region", "330106", "330100", "same"),
        ("region", "region", "330106", "330108", "near"),
        ("region", "region", "330106", "440300", "differs"),
        ("host", "website", "https://www.haina.cn/a", "haina.cn", "same"),
        ("host", "website", "https://haina.tmall.com", "https://haina.tmall.com", None),
        ("street", "address", "上海市浦东新区世纪大道100号", "浦东新区世纪大道100", "near"),
        ("street", "address", "上海市浦东新区世纪大道100号", "浦东新区世纪大道101号", "differs"),
    ],
)
def test_other_features_agree_in_levels(feature, field, one, other, how):
    assert agreement(feature, profile("海纳", **{field: one}), profile("海纳", **{field: other})) == how


def test_keys_lead_to_each_other_within_one_distributor():
    mine = keys_of(profile("上海海纳百货有限公司", phone=PHONE, region="310115"), None, KEY)
    twin = keys_of(profile("海那百货", phone=PHONE, region="310000"), None, KEY)
    assert mine.sound == twin.sound
    assert set(mine.proving) == set(twin.proving)
    assert [is_of_sound(key) for key in mine.all()] == [True] + [False] * (len(mine.all()) - 1)
    from_elsewhere = keys_of(profile("上海海纳百货有限公司", phone=PHONE), "0192f0c1", KEY)
    assert set(mine.all()).isdisjoint(from_elsewhere.all())
    assert set(mine.all()).isdisjoint(keys_of(profile("海纳百货", phone=PHONE), None, b"1" * 32).all())


def test_an_equal_name_alone_proves_nothing_and_among_many_is_not_even_likely():
    for kind in ("organisation", "person"):
        both = profile("海纳百货", kind), profile("海纳百货", kind)
        assert not judge(*both, 2).proven
        assert judge(*both, 30).level != "likely"


def test_firms_whose_names_begin_with_different_towns_are_not_likely_one():
    towns = profile("合肥和顺礼品有限公司"), profile("苏州和顺礼品（集团）有限公司")
    assert judge(*towns, 2).level != "likely"
    country = [each._replace(region="china", place="china") for each in towns]
    assert judge(*country, 2).level != "likely"
    assert (
        judge(profile("合肥和顺礼品有限公司"), profile("合肥和顺礼品（集团）有限公司"), 2).level == "likely"
    )


def test_a_family_shares_all_but_names_and_is_not_likely_one_person():
    home = {"phone": PHONE, "email": "li@haina.cn", "region": "310115", "address": "世纪大道100号"}
    father, son = profile("李建国", "person", **home), profile("李小明", "person", **home)
    assert judge(father, son, 0).level != "likely"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"tax_number": ("91310000MA1FL0001R", "91310000MA1FL0002P")},
        {"name": ("海纳百货有限公司北京分公司", "海纳百货有限公司上海分公司")},
    ],
)
def test_a_contradiction_is_never_likely(contradiction):
    both = {"phone": PHONE, "email": "a@haina.cn", "region": "310115"}
    one, other = (
        profile(**{"name": "海纳百货", **both, **{name: pair[which] for name, pair in contradiction.items()}})
        for which in (0, 1)
    )
    assert judge(one, other, 2).level != "likely"


def test_the_score_is_what_its_features_add_up_to():
    one, other = profile("海纳百货", phone=PHONE), profile("海纳百货", phone=PHONE, email="a@x.cn")
    verdict = judge(one, other, 2)
    bits = domain._PRIOR_OF_FIRMS + sum(each.weight for each in verdict.features)
    assert verdict.score == pytest.approx(1 / (1 + 2**-bits), abs=1e-4)
    assert judge(other, one, 2) == verdict


def test_every_feature_and_agreement_has_words_in_two_languages():
    for feature, level in domain._FIRMS.keys() | domain._PERSONS.keys():
        en, zh = words.said(feature, level)
        assert en.isascii()
        assert not zh.isascii()


def test_doubles_are_told_from_look_alikes():
    """The 100,000 of `make bench ONLY=duplicates` tell more; these are few enough to look at each time."""
    assert TUNED_ON != REPORTED_ON
    found = quality(list(invented(3000, REPORTED_ON)))
    assert found["likely"].precision >= 0.98
    assert found["likely"].recall >= 0.94
    assert found["likely and possible"].precision >= 0.95
    assert found["likely and possible"].recall >= 0.95
