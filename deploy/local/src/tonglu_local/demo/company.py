"""Setting up the invented company: its staff, distributors and channels, each once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonglu_local.demo import cast
from tonglu_local.demo.api import Api
from tonglu_local.demo.memory import staff_password_file


@dataclass(frozen=True, slots=True)
class Company:
    """Ids by what the cast is known by: staff by user name, distributors by code."""

    staff: dict[str, str]
    distributors: dict[str, str]


async def set_up(api: Api, state_dir: Path) -> Company:
    """Everybody and everything that customers refer to."""
    password = staff_password_file(state_dir).read_text(encoding="utf-8")
    staff = {person.username: await _hire(api, person, password) for person in cast.STAFF}
    distributors = {each.code: await _enter(api, each) for each in cast.DISTRIBUTORS}
    for code, name, kind in cast.CHANNELS:
        await _once(api, "/v1/channels", {"code": code}, {"code": code, "name": name, "kind": kind})
    return Company(staff, distributors)


async def _hire(api: Api, person: cast.Person, password: str) -> str:
    account = {
        "username": person.username,
        "display_name": person.name,
        "password": password,
        "roles": [person.role],
        "data_scope": "all" if person.role == "manager" else "own",
    }
    return await _once(api, "/v1/staff", {"username": person.username}, account)


async def _enter(api: Api, distributor: cast.Distributor) -> str:
    record = {"code": distributor.code, "name": distributor.name, "level": distributor.level}
    return await _once(api, "/v1/distributors", {"code": distributor.code}, record)


async def _once(api: Api, path: str, found_by: dict[str, str], record: Mapping[str, Any]) -> str:
    found = await api.get(path, **found_by)
    made = found["data"][0] if found["data"] else await api.post(path, record)
    return str(made["id"])
