"""What is found of a customer's data: pure rules."""

from datetime import UTC, datetime, timedelta

import pytest

from customer_svc.quality.domain import BY_CODE, CODES, FULL, Facts, judge, told
from customer_svc.quality.tables import CustomerQuality, QualityFigure

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
FIRM = {
    "name": "上海海纳百货有限公司",
    "kind": "organisation",
    "phone": "+862162881234",
    "email": "buying@haina.cn",
    "tax_number": "91310000MA1FL0001R",
    "industry": "零售",
    "size": "50-100",
    "region": "310000",
    "address": "上海市黄浦区南京东路 1 号",
    "channel": "exhibition",
    "owner_id": 1,
    "distributor_id": None,
    "birthday": None,
    "updated_at": NOW,
}
PERSON = {**FIRM, "name": "王小明", "kind": "person", "industry": None, "size": None, "tax_number": None}
PERSON |= {"birthday": {"calendar": "solar", "month": 5, "day": 1}}
KNOWN = Facts(contacts=True, deciders=True, strong_identity=True, phone_verified=True)


def found(row, facts=KNOWN, at=NOW, **changed):
    return list(judge({**row, **changed}, facts, at).codes)


@pytest.mark.parametrize("row", [FIRM, PERSON])
def test_nothing_is_found_of_whom_everything_is_known(row):
    verdict = judge(row, KNOWN, NOW)
    assert (verdict.codes, verdict.score) == ((), FULL)


@pytest.mark.parametrize(
    ("row", "changed", "code"),
    [
        (FIRM, {"phone": None, "email": None}, "reach_missing"),
        (FIRM, {"region": None}, "region_missing"),
        (FIRM, {"address": None}, "address_missing"),
        (FIRM, {"industry": None}, "industry_missing"),
        (FIRM, {"size": None}, "size_missing"),
        (FIRM, {"tax_number": None}, "tax_number_missing"),
        (PERSON, {"birthday": None}, "birthday_missing"),
        (PERSON, {"channel": None}, "channel_missing"),
        (FIRM, {"owner_id": None}, "owner_missing"),
        (FIRM, {"name": "无"}, "name_invalid"),
        (FIRM, {"name": "Test"}, "name_invalid"),
        (FIRM, {"phone": "+8613800000000"}, "phone_invalid"),
        (FIRM, {"phone": "+8613800138000"}, "phone_invalid"),
        (FIRM, {"phone": "+8613912345678"}, "phone_invalid"),
        (FIRM, {"phone": "+86123"}, "phone_invalid"),
        (FIRM, {"phone": "021-62881234"}, "phone_invalid"),
        (FIRM, {"email": "test@test.com"}, "email_invalid"),
        (FIRM, {"email": "someone@shop.example"}, "email_invalid"),
        (FIRM, {"email": "haina.cn"}, "email_invalid"),
        (FIRM, {"tax_number": "91310000MA1FL0002R"}, "tax_number_invalid"),
        (FIRM, {"region": "399999"}, "region_invalid"),
        (FIRM, {"region": "暂无"}, "region_invalid"),
        (FIRM, {"address": "浙江省杭州市西湖区文三路 1 号"}, "region_contradicted"),
        (FIRM, {"address": "-"}, "address_invalid"),
        (FIRM, {"industry": "N/A"}, "industry_invalid"),
        (FIRM, {"size": "000"}, "size_invalid"),
    ],
)
def test_each_fault_is_found_alone_and_costs_its_weight(row, changed, code):
    verdict = judge({**row, **changed}, KNOWN, NOW)
    assert verdict.codes == (code,)
    assert verdict.score == FULL - BY_CODE[code].weight(row["kind"])


@pytest.mark.parametrize(
    "changed",
    [
        {"phone": None},
        {"email": None},
        {"owner_id": None, "distributor_id": 1},
        {"phone": "+8613988888888"},
        {"region": "310101"},
        {"region": "上海"},
        {"region": "Devon", "address": "1 Harbour Road, Exeter"},
        {"region": "Devon"},
        {"size": "1"},
        {"email": "tester@haina.cn"},
    ],
)
def test_what_may_well_be_so_is_not_found(changed):
    assert found(FIRM, **changed) == []


def test_a_firm_needs_people_and_a_person_an_identity():
    assert found(FIRM, KNOWN._replace(contacts=False, deciders=False)) == ["contact_missing"]
    assert found(FIRM, KNOWN._replace(deciders=False)) == ["decider_missing"]
    assert found(PERSON, KNOWN._replace(strong_identity=False)) == ["identity_missing"]
    assert found(PERSON, KNOWN._replace(contacts=False, deciders=False)) == []


def test_what_nobody_touched_for_a_year_is_stale_until_it_is_confirmed():
    old = NOW - timedelta(days=365)
    assert found(FIRM, updated_at=old) == ["record_stale"]
    assert found(FIRM, KNOWN._replace(phone_verified=False), updated_at=old) == [
        "record_stale",
        "phone_stale",
    ]
    assert found(FIRM, updated_at=old + timedelta(seconds=1)) == []
    confirmed = KNOWN._replace(confirmed_at=NOW - timedelta(days=1))
    verdict = judge({**FIRM, "updated_at": old}, confirmed, NOW)
    assert (verdict.codes, verdict.stale_at) == ((), NOW + timedelta(days=364))


@pytest.mark.parametrize("kind", ["organisation", "person"])
def test_whoever_is_known_by_name_alone_is_poor_and_no_score_is_negative(kind):
    nothing = {**dict.fromkeys(FIRM), "name": "海纳", "kind": kind, "updated_at": NOW}
    assert 0 < judge(nothing, Facts(), NOW).score < 25
    worst = {**nothing, "name": "-", "phone": "0", "email": "0", "address": "-", "region": "-"}
    worst["updated_at"] = NOW - timedelta(days=999)
    assert judge(worst, Facts(), NOW).score >= 0


def test_every_finding_has_words_a_column_and_a_weight_for_somebody():
    for table in (CustomerQuality, QualityFigure):
        assert set(CODES) <= set(table.__table__.c.keys())
    for code, rule in BY_CODE.items():
        kind = "person" if rule.weight("person") else "organisation"
        (english,), (chinese,) = (told([code], kind, zh=zh) for zh in (False, True))
        assert english["text"] != chinese["text"]
        assert english["weight"] == chinese["weight"] > 0
