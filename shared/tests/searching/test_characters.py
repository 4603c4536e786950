"""One way of writing for what means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.searching.characters import plain


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("上海海納百貨有限公司", "上海海纳百货有限公司"),
        ("ＡＢＣ　百貨（上海）", "abc 百货(上海)"),
        ("  Harbour   LIGHTS  ", "harbour lights"),
        ("臺灣積體電路", "台湾积体电路"),
        ("乾隆", "乾隆"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_width_case_and_characters_do_not_matter(written, compared):
    assert plain(written) == compared


@given(st.text(max_size=30))
def test_any_text_becomes_caseless_with_single_spaces(text):
    assert plain(text) == " ".join(plain(text).split())
    assert plain(text).casefold() == plain(text)
