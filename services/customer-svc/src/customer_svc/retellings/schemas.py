"""What beginning to tell everything anew answers."""

from uuid import UUID

from pydantic import ConfigDict

from shared.http import Output


class RetellingStarted(Output):
    """The operation that tells it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"}]}
    )

    id: UUID
