"""Imports, what was wrong in them, and what a preview foresees."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from customer_svc.tables import BIG, JSON, MOMENT, Base
from customer_svc.transfers.domain import ENTITIES, KINDS, POLICIES
from shared.sheets.texts import VALUE_KINDS

IDS: Any = ARRAY(Uuid)


class Import(Base, table=True):
    """One file on its way in; its id is that of the operation that does it.

    `done` rows of the file are judged and, unless it is a preview, stored: work goes on behind them.
    `encoding` (`xlsx` for the rows of a workbook), `separator` and `total` are null until the file was looked
    over, `header` until the first rows were judged; `kept` are the characters of refused rows that are kept;
    `wanted_encoding` and `sheet` are what its sender said of it. `scope_ids` are the
    distributors whose rows its sender sees, `holder_ids` those by whom a row must be held; null for all.
    """

    __tablename__ = "data_import"
    __table_args__ = (
        CheckConstraint(f"entity in {ENTITIES}", name="data_import_entity"),
        CheckConstraint(f"policy in {POLICIES}", name="data_import_policy"),
        CheckConstraint("outcome in ('succeeded', 'failed', 'cancelled')", name="data_import_outcome"),
        Index("data_import_by_created", "created_at", "id"),
        Index("data_import_of_creator", "created_by", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    entity: str
    dry_run: bool
    mapping: Any = Field(sa_column=Column(JSON, nullable=True))
    policy: str
    timezone: str
    sheet: str | None
    wanted_encoding: str | None
    upload_id: UUID
    size: int = Field(sa_type=BIG)
    scope_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    holder_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    encoding: str | None
    separator: str | None
    total: int | None
    done: int
    created: int
    changed: int
    unchanged: int
    duplicate: int
    failed: int
    faults: int
    header: list[str] | None = Field(sa_column=Column(JSON, nullable=True))
    kept: int
    outcome: str | None
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
    version: int


class ImportTemplate(Base, table=True):
    """How files of one kind are read, under a name; only who made it sees it."""

    __tablename__ = "import_template"
    __table_args__ = (
        CheckConstraint(f"entity in {ENTITIES}", name="import_template_entity"),
        CheckConstraint(f"policy in {POLICIES}", name="import_template_policy"),
        Index("import_template_name", "created_by", "name", unique=True),
        Index("import_template_by_name", "name", "id"),
        Index("import_template_by_created", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str
    entity: str
    mapping: dict[str, str] | None = Field(sa_column=Column(JSON, nullable=True))
    encoding: str | None
    sheet: str | None
    timezone: str
    policy: str
    scope_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
    version: int


class ImportFault(Base, table=True):
    """One cell that was refused, or a whole row; never its value. Only the first 10,000 are kept."""

    __tablename__ = "import_fault"
    __table_args__ = (
        CheckConstraint(f"kind in {VALUE_KINDS}", name="import_fault_kind"),
        Index("import_fault_by_line", "import_id", "line", "id"),
    )

    id: UUID = Field(primary_key=True)
    import_id: UUID = Field(foreign_key="data_import.id", ondelete="CASCADE")
    line: int = Field(sa_type=BIG)
    column: str | None
    field: str | None
    code: str
    kind: str
    reason: str
    reason_zh: str


class RefusedRow(Base, table=True):
    """A refused row as it stood in the file, for its sender to put right; some megabytes at most."""

    __tablename__ = "import_refused_row"

    import_id: UUID = Field(primary_key=True, foreign_key="data_import.id", ondelete="CASCADE")
    line: int = Field(primary_key=True, sa_type=BIG)
    cells: list[str] = Field(sa_type=JSON)


class ImportEffect(Base, table=True):
    """A record that a row of an import made (`version` 1) or changed, in the version that it left.

    It has no foreign key: a million rows would each look it up. Who forgets the import forgets them.
    """

    __tablename__ = "import_effect"
    __table_args__ = (CheckConstraint(f"kind in {KINDS}", name="import_effect_kind"),)

    import_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    line: int
    kind: str


class ImportUndo(Base, table=True):
    """The undoing of an import: `done` of `total` records are judged, those with ids from `position` up.

    `undone` went or are as they were, `kept` stay, wholly or in part. `scope_ids` and `holder_ids` are the
    sight of who undoes it; `operation_id` is that of the last try, `undone_at` null until one is through.
    """

    __tablename__ = "import_undo"

    import_id: UUID = Field(primary_key=True, foreign_key="data_import.id", ondelete="CASCADE")
    operation_id: UUID
    total: int
    done: int
    undone: int
    kept: int
    position: UUID | None
    scope_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    holder_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    undone_at: datetime | None = Field(sa_type=MOMENT)


class KeptRecord(Base, table=True):
    """A record that stays though its import is undone, or one field of it, and why; never its value."""

    __tablename__ = "import_kept_record"
    __table_args__ = (Index("import_kept_record_by_line", "import_id", "line", "id"),)

    id: UUID = Field(primary_key=True)
    import_id: UUID = Field(foreign_key="data_import.id", ondelete="CASCADE")
    line: int
    kind: str
    record_id: UUID
    field: str | None
    code: str


class Foreseen(Base, table=True):
    """A row that a preview would have stored by now, under a key by which later rows can meet it."""

    __tablename__ = "import_foreseen"

    import_id: UUID = Field(primary_key=True, foreign_key="data_import.id", ondelete="CASCADE")
    key: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    place: str
    row: dict[str, Any] = Field(sa_type=JSON)
