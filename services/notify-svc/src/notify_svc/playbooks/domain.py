"""What a playbook may say, and what of it cannot be published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from shared.problems import Conflict, FieldError, Invalid

State = Literal["draft", "active", "archived"]
EventName = Literal[
    "customer.registered",
    "order.recorded",
    "order.returned",
    "interaction.logged",
    "visit.done",
    "visit.missed",
    "complaint.opened",
    "complaint.escalated",
    "complaint.resolved",
    "complaint.closed",
    "promise.broken",
    "survey.answered",
    "service.recorded",
    "contract.ended",
    "churn.warned",
    "churn.cleared",
]
EVENTS: tuple[EventName, ...] = get_args(EventName)
TIERS = ("ordinary", "important", "core")
"""From the lowest to the highest, as scoring has them."""
END = "end"
MOST_STEPS = 50

Definition = Mapping[str, Any]
"""A playbook as JSON, of the shape of `schemas.Definition`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is there to be named: by its name the forms that a template has and the variables it needs.

    `senders` are those of the kind `webhook` that are active.
    """

    forms: Mapping[str, frozenset[str]]
    required: Mapping[str, frozenset[str]]
    senders: frozenset[UUID]


def targets(step: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The places to which a step may jump: the field and what stands in it."""
    for name in ("then_go_to", "else_go_to"):
        if step.get(name) is not None:
            yield name, step[name]


def templates_named(definition: Definition) -> list[str]:
    """The templates that steps send."""
    return sorted({step["template"] for step in definition["steps"] if step.get("template")})


def senders_named(definition: Definition) -> list[UUID]:
    """The senders that steps use."""
    return sorted({UUID(str(step["sender_id"])) for step in definition["steps"] if step.get("sender_id")})


def findings(definition: Definition, known: Known, forms: Mapping[str, str]) -> list[FieldError]:
    """Everything that keeps a playbook from being published; `forms` is a channel's form of a template."""
    found = []
    for place, step in enumerate(definition["steps"]):
        at = f"/definition/steps/{place}"
        found += [
            _backward(at, name) for name, to in targets(step) if not _forward(place + 1, to, definition)
        ]
        if step.get("template"):
            found += _of_template(at, step, known, forms)
        if step.get("sender_id") and UUID(str(step["sender_id"])) not in known.senders:
            found.append(_no_webhook(at))
        if step["kind"] == "message" and step["purpose"] == "marketing" and not definition["marketing"]:
            found.append(
                FieldError(
                    f"{at}/purpose",
                    "playbook_is_not_marketing",
                    "is marketing, which this playbook says it is not",
                    "为营销内容，与本策略声明不符",
                )
            )
    return found


def _forward(number: int, to: int | str, definition: Definition) -> bool:
    return to == END or (isinstance(to, int) and number < to <= len(definition["steps"]))


def _no_webhook(at: str) -> FieldError:
    return FieldError(
        f"{at}/sender_id",
        "sender_unknown",
        "names no active sender of the kind webhook",
        "没有启用的 webhook 类型的此发送渠道",
    )


def _backward(at: str, name: str) -> FieldError:
    return FieldError(
        f"{at}/{name}", "not_forward", "must name a later step, or end", "只能跳到后面的步骤或 end"
    )


def _of_template(
    at: str, step: Mapping[str, Any], known: Known, forms: Mapping[str, str]
) -> Iterator[FieldError]:
    name = step["template"]
    if name not in known.forms:
        yield FieldError(
            f"{at}/template", "template_unknown", "names no published template", "没有已发布的同名模板"
        )
        return
    for channel in step.get("channels") or ("webhook",):
        if forms[channel] not in known.forms[name]:
            yield FieldError(
                f"{at}/channels",
                "template_lacks_text",
                "has a channel without a text",
                "模板缺少该渠道的内容",
            )
    if known.required[name] - set(step.get("variables") or ()):
        yield FieldError(
            f"{at}/variables", "variable_missing", "lacks a variable of the template", "缺少模板所需的变量"
        )


def check_publishable(found: Sequence[FieldError]) -> None:
    """Raise Invalid that names everything that is wrong."""
    if found:
        raise Invalid(
            "playbook_not_publishable",
            en="The playbook cannot be published as it is.",
            zh="该策略尚不能发布。",
            errors=tuple(found),
        )


def check_open(state: State) -> None:
    """Conflict if the playbook is archived."""
    if state == "archived":
        raise Conflict("playbook_archived", en="The playbook is archived.", zh="该策略已归档。")


def code_taken() -> Conflict:
    """A playbook has a code of its own."""
    return Conflict("playbook_exists", en="A playbook has this code already.", zh="已有相同编码的策略。")
