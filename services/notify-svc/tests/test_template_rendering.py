"""A text filled in: escaped for where it is read, bounded, and never anything but a text or a reason."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.templates import compiling
from notify_svc.templates.checking import compiled
from notify_svc.templates.domain import sms_parts
from notify_svc.templates.filters import mask, said_date, said_money
from notify_svc.templates.rendering import MOST_OUTPUT, Published, RenderFailed, render
from notify_svc.templates.shipping import shipped
from shared.problems import Invalid

VARIABLES = [
    {"name": "what", "kind": "text", "required": True, "example": "x"},
    {"name": "amount", "kind": "money", "required": False, "example": None},
    {"name": "rows", "kind": "list", "required": False, "example": []},
    {"name": "url", "kind": "url", "required": False, "example": ""},
]
HOSTILE = "<script>alert(1)</script>[click](https://evil.example)\r\nBcc: all@example.com"


def published(texts):
    return Published(UUID(int=1), "t", 1, VARIABLES, compiled(texts, VARIABLES))


def email(mjml, subject="{{ what }}"):
    return published({"en": {"email": {"subject": subject, "mjml": mjml}}})


def filled(template, channel="email", language="en", person=None, links=None, **variables):
    return render(
        template,
        channel=channel,
        language=language,
        variables=variables,
        person=person or {"name": "王芳"},
        links=links or {},
        company="通路商贸",
    )


def test_values_in_html_are_escaped_and_a_subject_stays_one_line():
    made = filled(email("<mj-text>{{ what }}</mj-text>"), what=HOSTILE)
    assert "<script>alert(1)" not in made.html
    assert "&lt;script&gt;alert(1)" in made.html
    assert "\n" not in made.subject
    assert "\r" not in made.subject


def test_values_in_a_card_make_no_link():
    card = {"title": "{{ what }}", "markdown": "[ours](https://ours.example) {{ what }}"}
    made = filled(published({"en": {"im": card}}), channel="wecom", what=HOSTILE)
    assert "[ours](https://ours.example)" in made.text
    assert "[click]" not in made.text
    assert "<script>" not in made.text


def test_the_plain_text_says_what_the_html_says_with_its_links():
    mjml = '<mj-text>One</mj-text><mj-button href="{{ url }}">Go</mj-button>'
    made = filled(email(mjml), what="x", url="https://ours.example/a?b=1&c=2")
    assert "One" in made.text
    assert "Go (https://ours.example/a?b=1&c=2)" in made.text
    assert "<" not in made.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://a b", "//x", 'https://x"onclick']
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(RenderFailed) as failed:
        filled(email('<mj-button href="{{ url }}">Go</mj-button>'), what="x", url=url)
    assert (failed.value.code, failed.value.about) == ("variable_wrong", "url")


@pytest.mark.parametrize(
    ("given_values", "code"),
    [
        ({}, "variable_missing"),
        ({"what": 7}, "variable_wrong"),
        ({"what": "x", "rows": ["y"] * 201}, "variable_wrong"),
        ({"what": "x", "rows": [{"a": 1}]}, "variable_wrong"),
        ({"what": "x", "amount": "12"}, "variable_wrong"),
    ],
)
def test_a_value_that_is_missing_or_wrong_is_named(given_values, code):
    with pytest.raises(RenderFailed) as failed:
        filled(email("<mj-text>{{ what }}</mj-text>"), **given_values)
    assert failed.value.code == code


def test_what_grows_beyond_a_mail_is_broken_off():
    mjml = (
        "<mj-raw>{% for row in rows %}</mj-raw><mj-text>"
        + "x" * 20_000
        + "</mj-text><mj-raw>{% endfor %}</mj-raw>"
    )
    with pytest.raises(RenderFailed) as failed:
        filled(email(mjml), what="x", rows=["y"] * 200)
    assert failed.value.code == "output_too_long"
    assert MOST_OUTPUT < 20_000 * 200


def test_a_reader_gets_the_other_language_where_there_is_none():
    only_zh = published({"zh": {"sms": {"text": "您好 {{ name }}"}}})
    made = filled(only_zh, channel="sms", what="x")
    assert (made.language, made.text) == ("zh", "您好 王芳")
    with pytest.raises(RenderFailed, match="text_missing"):
        filled(only_zh, channel="email", what="x")


def test_an_sms_provider_gets_the_values_of_its_own_template():
    texts = {"text": "{{ what }}", "provider_template": "SMS_123", "provider_parameters": ["name", "what"]}
    made = filled(published({"zh": {"sms": texts}}), channel="sms", what="包裹")
    assert made.provider_template == "SMS_123"
    assert made.provider_parameters == {"name": "王芳", "what": "包裹"}


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_value_breaks_a_text(what, name):
    template = email("<mj-text>{{ what }} {{ name | mask }}</mj-text>")
    made = filled(template, what=what, person={"name": name})
    assert "<script" not in made.html


def test_dates_and_amounts_are_said_as_the_language_writes_them():
    assert said_date("2026-03-02T09:00:00+08:00", "zh") == "2026年3月2日"
    assert said_date("2026-03-02", "en") == "2 March 2026"
    assert said_date("soon", "en") == "soon"
    assert said_money({"amount_minor": 129000, "currency": "CNY"}) == "¥1,290.00"
    assert said_money({"amount_minor": 1290, "currency": "JPY"}) == "JPY 1,290"
    assert (mask("王芳"), mask("+8613800138000"), mask("")) == ("王*", "+86****8000", "")


def test_short_messages_are_counted_as_providers_do():
    assert [sms_parts("字" * length) for length in (1, 70, 71, 134, 135)] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    "mjml",
    ["<mjml>", "<mj-text>{{ what }", "<mj-text><b></mj-text>", '<mj-include path="/etc/passwd" />'],
)
def test_what_is_no_mjml_is_refused_with_its_place(mjml):
    with pytest.raises(Invalid) as refused:
        email(mjml)
    assert refused.value.errors[0].pointer == "/texts/en/email/mjml"


@pytest.mark.parametrize("each", list(shipped()), ids=lambda each: each.name)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_comes_with_tonglu_can_be_sent_in_both_languages(each, language):
    template = Published(UUID(int=1), each.name, 1, each.variables, compiled(each.texts, each.variables))
    examples = {one["name"]: one["example"] for one in each.variables}
    for channel in ("email", "sms", "wecom"):
        if channel == "sms" and "sms" not in each.texts[language]:
            continue
        made = filled(
            template, channel, language, links={"unsubscribe": "https://ours.example/u/1"}, **examples
        )
        assert made.language == language
        assert "{" not in made.text
        if made.html is not None:
            assert "https://ours.example/u/1" in made.html
            assert f'lang="{language}"' in made.html
            assert "max-width:600px" in made.html
            assert "fonts.googleapis" not in made.html
            assert set(hosts_of(made.html)) <= {"ours.example", "crm.example.com", "www.w3.org"}
        if channel == "sms" and language == "zh":
            assert sms_parts(made.text) == 1


def hosts_of(html):
    return re.findall(r"https?://([^/\"')\s]+)", html)


def test_an_include_is_not_followed_and_no_font_is_fetched():
    html = compiling.html_of("<mj-text font-family='Ubuntu'>x</mj-text>", "en")
    assert "googleapis" not in html
