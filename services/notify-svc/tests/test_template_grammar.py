"""What a text may say: enough for a letter, and nothing that does not end or reaches further."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.templates.grammar import GrammarError, check

DECLARED = {"name", "amount", "rows", "flag"}
LISTS = {"rows"}


@pytest.mark.parametrize(
    "text",
    [
        "你好 {{ name }}",
        "{{ amount | money }} {{ name | default('您') | upper }}",
        "{% if flag and name != '' %}a{% elif not flag %}b{% else %}c{% endif %}",
        "{% for row in rows %}{{ loop.index }}. {{ row }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{{ rows | join(', ') }} {{ 'x' if flag is defined else 'y' }}",
        "{# a note #}plain {% raw %}{{ not read }}{% endraw %}",
    ],
)
def test_a_letter_can_be_written(text):
    check(text, declared=DECLARED, lists=LISTS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ nobody }}", "variable_undeclared"),
        ("{{ name", "template_syntax"),
        ("{% if name %}", "template_syntax"),
        ("{% for i in range(10**9) %}x{% endfor %}", "loop_not_allowed"),
        ("{% for i in name %}x{% endfor %}", "loop_not_allowed"),
        ("{% for a in rows %}{% for b in rows %}x{% endfor %}{% endfor %}", "loop_not_allowed"),
        ("{% for a in rows recursive %}{{ loop(rows) }}{% endfor %}", "loop_not_allowed"),
        ("{% for a, b in rows %}x{% endfor %}", "loop_not_allowed"),
        ("{{ name * 1000000000 }}", "template_not_allowed"),
        ("{{ 9 ** 9 ** 9 }}", "template_not_allowed"),
        ("{{ name ~ name }}", "template_not_allowed"),
        ("{{ name + name }}", "template_not_allowed"),
        ("{{ name.__class__.__mro__ }}", "template_not_allowed"),
        ("{{ name['__class__'] }}", "template_not_allowed"),
        ("{{ loop.index }}", "template_not_allowed"),
        ("{% for a in rows %}{{ loop.__init__ }}{% endfor %}", "template_not_allowed"),
        ("{{ name.upper() }}", "template_not_allowed"),
        ("{{ name() }}", "template_not_allowed"),
        ("{% set name = 'x' %}", "template_not_allowed"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "template_not_allowed"),
        ("{% call name() %}{% endcall %}", "template_not_allowed"),
        ("{% include 'x' %}", "template_not_allowed"),
        ("{% import 'x' as y %}", "template_not_allowed"),
        ("{% extends 'x' %}", "template_not_allowed"),
        ("{% block b %}{% endblock %}", "template_not_allowed"),
        ("{% filter upper %}x{% endfilter %}", "template_not_allowed"),
        ("{% with x = 1 %}{% endwith %}", "template_not_allowed"),
        ("{{ name | attr('x') }}", "filter_unknown"),
        ("{{ name | center(1000000000) }}", "filter_unknown"),
        ("{{ name is callable }}", "test_unknown"),
        ("{{ [name, name] }}", "template_not_allowed"),
        ("{{ {'a': name} }}", "template_not_allowed"),
        ("{{ (name, name) }}", "template_not_allowed"),
        ("{{ self }}", "variable_undeclared"),
        ("{{ " + "not " * 40 + "name }}", "template_too_deep"),
        ("{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}", "template_too_deep"),
        ("{% if flag %}" * 40 + "{% endif %}" * 40, "template_too_deep"),
        ("{{ name }}" * 3000, "template_too_long"),
    ],
)
def test_what_might_not_end_or_reach_further_is_refused(text, code):
    with pytest.raises(GrammarError) as refused:
        check(text, declared=DECLARED, lists=LISTS)
    assert refused.value.code == code


def test_the_line_of_what_is_wrong_is_named():
    with pytest.raises(GrammarError) as refused:
        check("a\nb\n{{ nobody }}", declared=DECLARED, lists=LISTS)
    assert (refused.value.line, refused.value.about) == (3, "nobody")


@given(st.text(alphabet="{}%#| ()[]'\"abc.name\n_*+-~", max_size=300))
def test_whatever_is_sent_is_accepted_or_refused(text):
    with suppress(GrammarError):
        check(text, declared=DECLARED, lists=LISTS)


def test_a_long_text_is_judged_in_time_that_goes_with_its_length():
    """Ten times the text takes no hundred times the time: counted in processor time, with room to spare."""

    def taken(length):
        before = time.process_time()
        check("x" * length, declared=DECLARED, lists=LISTS)
        return time.process_time() - before

    taken(1000)
    assert taken(1_280_000) < max(100 * taken(128_000), 1.0)
