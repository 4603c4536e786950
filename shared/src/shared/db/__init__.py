"""The one way to PostgreSQL: tables by SQLModel, statements by SQLAlchemy Core, run by asyncpg."""

from shared.db.database import Database
from shared.db.scope import EVERYTHING, Scope
from shared.db.sight import Sight, in_sight, in_sight_with, sight, visible
from shared.db.statements import Prepared, any_of, ids, prepare
from shared.db.tx import Reader, Record, Tx, Write

__all__ = [
    "EVERYTHING",
    "Database",
    "Prepared",
    "Reader",
    "Record",
    "Scope",
    "Sight",
    "Tx",
    "Write",
    "any_of",
    "ids",
    "in_sight",
    "in_sight_with",
    "prepare",
    "sight",
    "visible",
]
