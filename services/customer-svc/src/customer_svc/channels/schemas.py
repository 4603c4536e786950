"""What a channel looks like on the wire."""

from uuid import UUID

from pydantic import ConfigDict

from customer_svc.channels.domain import Kind
from customer_svc.fields import kept
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Flag, Moment, Name


class ChannelCreate(Input):
    """A channel as it is entered by hand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "canton-fair", "name": "广交会", "kind": "exhibition"},
                {"code": "webshop-eu", "name": "Web shop Europe", "kind": "online_shop"},
            ]
        }
    )

    code: Code
    name: Name
    kind: Kind


class ChannelPatch(Patch):
    """The fields to change; `confirmed` says that a person has looked at it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "天猫旗舰店", "kind": "online_shop", "confirmed": True},
                {"name": "Trade fair"},
            ]
        }
    )

    name: Name = kept("")
    kind: Kind = kept("other")
    confirmed: Flag = kept(stand_in=True)


class ChannelRead(Output):
    """A channel of the register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
                    "code": "canton-fair",
                    "name": "广交会 Canton Fair",
                    "kind": "exhibition",
                    "confirmed": True,
                    "version": 1,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-01T09:30:00Z",
                },
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8f",
                    "code": "webshop-eu",
                    "name": "Web shop Europe",
                    "kind": "online_shop",
                    "confirmed": True,
                    "version": 2,
                    "created_at": "2026-03-01T09:30:00Z",
                    "updated_at": "2026-03-02T11:00:00Z",
                },
            ]
        }
    )

    id: UUID
    code: str
    name: str
    kind: Kind
    confirmed: bool
    version: int
    created_at: Moment
    updated_at: Moment


class ChannelQuery(ListQuery):
    """Filters of the register."""

    kind: Kind | None = None
    code: Code | None = None
    confirmed: bool | None = None
