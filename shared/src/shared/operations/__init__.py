"""Long work that a caller can watch and cancel: 202, progress, an end."""

from shared.operations.commands import cancel, fail, forget_old, progress, start, stop, succeed
from shared.operations.domain import operation_id, service_number
from shared.operations.following import OperationFollower
from shared.operations.queries import reported

__all__ = [
    "OperationFollower",
    "cancel",
    "fail",
    "forget_old",
    "operation_id",
    "progress",
    "reported",
    "service_number",
    "start",
    "stop",
    "succeed",
]
