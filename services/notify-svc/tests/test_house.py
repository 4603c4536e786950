"""What holds for the service as a whole: its tables, its document."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from notify_svc.tables import Base
from shared.db.base import SharedBase
from shared.db.migrate import differences


async def test_tables_in_code_equal_the_migrated_database(world: Any) -> None:
    assert await differences("notify_svc", world.urls.owner_url, [Base.metadata, SharedBase.metadata]) == []


@pytest.fixture
def document(world: Any) -> Any:
    return world.service.app.openapi()


def operations(document: Any) -> Any:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path.startswith(("/v1/reminder", "/v1/inbox"))
    ]


async def test_the_document_is_valid_openapi(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


async def test_every_operation_is_described_and_says_what_it_needs(document: Any) -> None:
    found = operations(document)
    assert len(found) == 28
    for path, method, operation in found:
        assert operation["operationId"].isidentifier(), (path, method)
        assert operation["tags"], (path, method)
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert operation["x-scopes"], (path, method)


async def test_examples_come_in_english_and_chinese(document: Any) -> None:
    for name in ("ReminderCreate", "ReminderRead", "InboxItemRead"):
        examples = str(document["components"]["schemas"][name]["examples"])
        assert any("\u4e00" <= letter <= "\u9fff" for letter in examples), name
        assert "Call" in examples or "Ask" in examples, name
