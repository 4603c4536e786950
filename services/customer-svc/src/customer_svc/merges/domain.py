"""Rules of merging as pure functions: what survives, which proofs contradict, what an undo gives back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shared.problems import Conflict, Forbidden, Invalid

Choice = Literal["kept", "absorbed"]
Source = Literal["kept", "absorbed", "both"]
STATUSES = ("merged", "undone")

PLAIN = (
    "code",
    "name",
    "kind",
    "phone",
    "email",
    "tax_number",
    "industry",
    "business_scope",
    "size",
    "region",
    "address",
    "website",
    "channel",
    "birthday",
)
MAPS = ("preferences", "attributes")
HOLDERS = ("owner_id", "org_unit_id")
REFERRER = "referred_by"
TAGS = "tags"
ONE_OF_A_KIND = ("code", "tax_number")
"""Fields whose value only one customer of a distributor may have."""


class Survivor(NamedTuple):
    """What both customers have in a field (`attributes.key` for one of a map), and what is kept of it."""

    field: str
    kept: Any
    absorbed: Any
    result: Any
    source: Source


def survivors(
    kept: Mapping[str, Any], absorbed: Mapping[str, Any], choices: Mapping[str, Choice]
) -> list[Survivor]:
    """What becomes of each field in which the two differ.

    Unless it is chosen otherwise the kept customer's value stays, if it has one. Tags are put together;
    whoever holds the customer does so as owner and org unit together, chosen by `owner_id`. Invalid for a
    choice of a field that neither has.
    """
    mine, other = _flat(kept), _flat(absorbed)
    _check_known(choices, mine.keys() | other.keys())
    fields = [field for field in dict.fromkeys((*mine, *other)) if mine.get(field) != other.get(field)]
    held_by = _source(kept["owner_id"] or kept["org_unit_id"], choices.get("owner_id"))
    found = []
    for field in fields:
        here, there = mine.get(field), other.get(field)
        if field == REFERRER:
            found.append(_referrer(kept, absorbed, choices.get(field)))
            continue
        source: Source = held_by if field in HOLDERS else _source(here, choices.get(field))
        found.append(Survivor(field, here, there, here if source == "kept" else there, source))
    tags = [*kept[TAGS], *(tag for tag in absorbed[TAGS] if tag not in kept[TAGS])]
    if tags != kept[TAGS]:
        found.append(Survivor(TAGS, kept[TAGS], absorbed[TAGS], tags, "both"))
    return found


def _referrer(kept: Mapping[str, Any], absorbed: Mapping[str, Any], chosen: Choice | None) -> Survivor:
    """Who referred the customer that the two are now: none of them."""
    both = (kept["id"], absorbed["id"])
    here, there = (None if one[REFERRER] in both else one[REFERRER] for one in (kept, absorbed))
    source = _source(here, chosen)
    result = here if source == "kept" else there
    return Survivor(REFERRER, kept[REFERRER], absorbed[REFERRER], result, source)


def _source(here: Any, chosen: Choice | None) -> Choice:
    return chosen or ("absorbed" if here in (None, "") else "kept")


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields by name, those of its maps each by its own."""
    own = {field: record[field] for field in (*PLAIN, *HOLDERS, REFERRER)}
    return own | {f"{name}.{key}": value for name in MAPS for key, value in record[name].items()}


def _check_known(choices: Mapping[str, Choice], fields: Collection[str]) -> None:
    for field in choices:
        if field not in fields or field == "org_unit_id":
            pointer = "/fields/" + field.replace("~", "~0").replace("/", "~1")[:100]
            raise Invalid.at(pointer, "field_unknown", en="is no field of the two", zh="两个客户均无此字段")


def written(record: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """These values, by name as in `Survivor`, as whole fields of the record; null takes one out of a map."""
    fields = {field: value for field, value in values.items() if "." not in field}
    for name in MAPS:
        inner = {key: values[f"{name}.{key}"] for key in _keys(values, name)}
        if inner:
            both = {**record[name], **inner}
            fields[name] = {key: value for key, value in both.items() if value is not None}
    return fields


def _keys(values: Mapping[str, Any], name: str) -> Iterator[str]:
    return (field.removeprefix(f"{name}.") for field in values if field.startswith(f"{name}."))


def changes_of(found: Iterable[Survivor]) -> dict[str, dict[str, Any]]:
    """What a merge changes of the kept customer: by field what was there before and is there after."""
    return {
        one.field: {"before": plain(one.kept), "after": plain(one.result)}
        for one in found
        if one.result != one.kept
    }


def plain(value: Any) -> Any:
    """As it stands in JSON."""
    return str(value) if isinstance(value, UUID) else value


def given_up(absorbed: Mapping[str, Any], found: Iterable[Survivor]) -> dict[str, Any]:
    """Fields of the absorbed customer without what the kept one took and only one may have."""
    taken = {one.field for one in found if one.source == "absorbed"}
    fields: dict[str, Any] = {field: None for field in ONE_OF_A_KIND if field in taken}
    attributes = {
        key: value for key, value in absorbed["attributes"].items() if f"attributes.{key}" not in taken
    }
    return fields if attributes == absorbed["attributes"] else {**fields, "attributes": attributes}


def given_back(record: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What an undo changes of the kept customer: fields that are still as the merge left them.

    What was changed since stays. Of the tags those go that the merge brought.
    """
    now = {field: plain(value) for field, value in _flat(record).items()}
    back: dict[str, Any] = {}
    for field, change in changes.items():
        if field == TAGS:
            brought = set(change["after"]) - set(change["before"])
            back[TAGS] = [tag for tag in record[TAGS] if tag not in brought]
        elif now.get(field) == change["after"]:
            back[field] = change["before"]
    if not {*HOLDERS} & changes.keys() <= back.keys():
        back = {field: value for field, value in back.items() if field not in HOLDERS}
    return {field: _id(value) if field in (*HOLDERS, REFERRER) else value for field, value in back.items()}


def _id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def resting(
    changes: Mapping[str, Mapping[str, Any]], later: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Those changes of a later merge that rest on a merge that is undone, as they are without it."""
    return {
        field: {**change, "before": changes[field]["before"]}
        for field, change in later.items()
        if field != TAGS and field in changes and change["before"] == changes[field]["after"]
    }


def left_to(
    changes: Mapping[str, Mapping[str, Any]], later: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The changes of a merge without fields that a later one changed again: what they hold is that one's."""
    return {field: change for field, change in changes.items() if field == TAGS or field not in later}


class Proof(NamedTuple):
    """A strong identity: a kind (an id of a channel with the channel), and what it says."""

    kind: str
    value: str


def contradicting(kept: Iterable[Proof], absorbed: Iterable[Proof]) -> list[str]:
    """The kinds of which both have strong identities and none is the same, in alphabetical order."""
    mine, other = _by_kind(kept), _by_kind(absorbed)
    return sorted(kind for kind in mine.keys() & other.keys() if mine[kind].isdisjoint(other[kind]))


def _by_kind(proofs: Iterable[Proof]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for proof in proofs:
        found[proof.kind].add(proof.value)
    return found


def check_proofs(kinds: list[str], *, confirmed: bool, by_person: bool) -> None:
    """Raise Conflict for contradicting proofs that nobody confirmed, Forbidden if it was not a person."""
    if not kinds:
        return
    if confirmed and not by_person:
        raise Forbidden(
            "person_needed",
            en="Only a person may merge customers whose strong identities differ.",
            zh="强身份标识不同的客户只能由员工确认合并。",
        )
    if not confirmed:
        raise Conflict(
            "strong_ids_differ",
            en="Strong identities of the two differ. A person may confirm that they are one.",
            zh="两个客户的强身份标识不同，须由员工确认为同一客户。",
            extra={"kinds": kinds},
        )


def same_customer() -> Invalid:
    return Invalid.at("/absorbed_id", "same_customer", en="is the customer itself", zh="不能与自身合并")


def not_of_the_pair() -> Invalid:
    return Invalid.at("/kept_id", "not_of_the_pair", en="is neither of the two", zh="不是这两个客户之一")


def distributors_differ() -> Conflict:
    return Conflict(
        "distributors_differ",
        en="The customers stand behind different distributors. Move one of them first.",
        zh="两个客户不属于同一经销商，请先转移其中一个。",
    )


def merge_undone() -> Conflict:
    return Conflict("merge_undone", en="This merge was undone already.", zh="该合并已撤销。")


def merged_again(merge_id: UUID) -> Conflict:
    return Conflict(
        "merged_again",
        en="The kept customer was merged into another one since. Undo that merge first.",
        zh="保留的客户之后又被合并，请先撤销那次合并。",
        extra={"merge_id": str(merge_id)},
    )


def absorbed_already(into: UUID) -> Conflict:
    return Conflict(
        "merged_already",
        en="The customer to absorb was merged already.",
        zh="待并入的客户已被合并。",
        extra={"merged_into": str(into)},
    )
