"""The edge's configuration fits what the services publish."""

import re
from urllib.parse import unquote
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.edge.published import table, templates
from tools.nginx import CONFIGURATION

from gateway.routing.headers import PASSED, WITH_COOKIE

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEGMENTS = sorted(
    {part for _, template, _ in templates() for part in template.split("/")[1:] if "{" not in part}
)
SEGMENT = st.one_of(
    st.sampled_from(SEGMENTS),
    st.uuids().map(str),
    st.uuids().map(lambda each: each.hex),
    st.uuids().map(lambda each: str(each).upper()),
    st.sampled_from(["", "by-identity", "{id}", "{id}1", "wechat", "a%2Fb", "a%20b", "..", "1"]),
)


def rules() -> list[tuple[re.Pattern[str], str]]:
    """The expressions of `$asked_shape` and what stands for a path that fits."""
    text = (CONFIGURATION / "asking.conf").read_text()
    block = text.split("map $asked_path $asked_shape {")[1].split("\n}")[0]
    found = re.findall(r'"~(\^.*?\$)"\s+"(.*?)";', block)
    return [(re.compile(rule.replace("(?<", "(?P<")), shape) for rule, shape in found]


def shape(path: str) -> str:
    """The shape of a path as nginx tells it."""
    for rule, form in rules():
        if match := rule.search(path):
            return re.sub(r"\$(s\d+)", lambda name: match[name[1]] or "", form)
    return path


def instance(template: str, number: UUID) -> str:
    return re.sub(r"\{[^}]+\}", str(number), template)


def decision(path: str) -> object:
    """Everything that the gateway's decision takes from a path."""
    found = table().match(path)
    return None if found is None else (found.service, found.operations)


def test_there_are_rules() -> None:
    assert len(rules()) == 6


def test_the_gateway_is_asked_once_a_second_about_each_operation_whatever_the_ids() -> None:
    numbers = [UUID(f"0198c5c0-0000-7000-8000-00000000{each}1") for each in ("abc", "def")]
    asked_each_time = {
        template
        for _, template, _ in templates()
        if len({shape(instance(template, number)) for number in numbers}) > 1
    }
    assert asked_each_time == set()


def test_two_operations_are_never_one_question() -> None:
    number = UUID("0198c5c0-0000-7000-8000-000000000001")
    shapes: dict[str, set[str]] = {}
    for _, template, _ in templates():
        shapes.setdefault(shape(instance(template, number)), set()).add(template)
    assert [found for found in shapes.values() if len(found) > 1] == []


@given(st.lists(SEGMENT, min_size=1, max_size=6), st.lists(st.uuids(), min_size=6, max_size=6))
def test_paths_of_one_shape_get_one_decision(segments: list[str], ids: list[UUID]) -> None:
    path = "/v1/" + "/".join(segments)
    fresh = iter(ids)
    other = UUID_TEXT.sub(lambda _: str(next(fresh)), path)
    for one, two in ((path, other), (path, shape(path)), (other, shape(other))):
        if shape(one) == shape(two):
            assert decision(unquote(one)) == decision(unquote(two))


def test_every_stream_and_nothing_else_is_unbuffered() -> None:
    for _, template, item in templates():
        for method, operation in item.items():
            assert ("text/event-stream" in str(operation)) == template.endswith("/events"), (method, template)


def test_only_what_is_asked_again_without_harm_passes_by_the_place_for_it() -> None:
    special = [t for _, t, item in templates() if {"put", "delete"} & item.keys() and t.endswith("/events")]
    assert special == []


def test_every_upload_may_be_large() -> None:
    uploads = {t for _, t, item in templates() if "multipart/form-data" in str(item.get("post", ""))}
    assert uploads == {"/v1/imports", "/v1/attachments"}
    text = (CONFIGURATION / "nginx.conf").read_text()
    assert set(re.findall(r"location = (\S+) \{[^}]*client_max_body_size", text)) == uploads


def test_both_edges_let_the_same_headers_through() -> None:
    text = (CONFIGURATION / "headers.conf").read_text()
    named = {name.lower() for name in re.findall(r"^proxy_set_header (\S+)", text, re.MULTILINE)}
    of_the_edge = {"connection", "x-request-id", "x-forwarded-for", "x-forwarded-proto"}
    of_the_body = {"content-length", "transfer-encoding"}
    assert {name.decode() for name in PASSED} - of_the_body == named - of_the_edge
    assert f"location ~ ^{WITH_COOKIE} " in (CONFIGURATION / "nginx.conf").read_text()


def test_pages_of_links_are_interaction_svcs_and_open_to_everybody() -> None:
    for path in ("/s/Qm5-s8Jq0c1vXy2ZkT4uWb7nRf9hLd3gPa6eMi0oKj1", "/s/x", "/c/x"):
        target = table().match(path)
        assert target is not None
        assert target.service == "interaction-svc"
        assert {method: each.public for method, each in target.operations.items()} == {
            "GET": True,
            "POST": True,
        }
    leaving = table().match("/v1/unsubscribe/x")
    assert leaving is not None
    assert leaving.service == "notify-svc"
    assert {each.public for each in leaving.operations.values()} == {True}
    assert table().match("/s/") is None
    assert table().match("/s/x/y") is None
