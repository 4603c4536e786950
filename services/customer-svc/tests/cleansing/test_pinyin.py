"""How names are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from customer_svc.cleansing.pinyin import full, initials


@pytest.mark.parametrize(
    ("name", "read", "short"),
    [
        ("上海海纳百货", "shanghaihainabaihuo", "shhnbh"),
        ("重庆长安汽车", "chongqingchanganqiche", "cqcaqc"),
        ("中国银行", "zhongguoyinhang", "zgyh"),
        ("长乐音乐", "changleyinyue", "clyy"),
        ("厦门大厦", "xiamendasha", "xmds"),
        ("3m中国", "3mzhongguo", "3mzg"),
        ("harbour lights", "harbourlights", "harbourlights"),
        ("绿地", "lvdi", "ld"),
        ("", "", ""),
    ],
)
def test_words_are_read_as_they_are_spoken(name, read, short):
    assert (full(name), initials(name)) == (read, short)


@pytest.mark.parametrize(
    ("name", "read", "short"),
    [
        ("单田芳", "shantianfang", "stf"),
        ("曾国藩", "zengguofan", "zgf"),
        ("仇英", "qiuying", "qy"),
        ("区小明", "ouxiaoming", "oxm"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("查良镛", "zhaliangyong", "zly"),
        ("万俟卨", "moqixie", "mqx"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("单", "dan", "d"),
    ],
)
def test_a_persons_surname_has_its_own_reading(name, read, short):
    assert (full(name, person=True), initials(name, person=True)) == (read, short)


def test_only_persons_have_surnames():
    assert full("单位") == "danwei"
    assert full("曾经", person=False) == "cengjing"


WORDS = st.lists(
    st.sampled_from(
        [
            "上海",
            "重庆",
            "银行",
            "音乐",
            "快乐",
            "长江",
            "长大",
            "海纳",
            "百货",
            "贸易",
            "科技",
            "重要",
            "重复",
            "中国",
            "厦门",
            "大厦",
            "参加",
            "人参",
        ]
    ),
    min_size=1,
    max_size=6,
)


@given(WORDS)
def test_the_readings_are_those_of_the_library_they_come_from(words):
    for word in words:
        assert full(word) == "".join(lazy_pinyin(word))


@given(st.text(max_size=30))
def test_any_text_can_be_read(text):
    assert len(initials(text)) <= len(full(text)) + len(text)
