"""Interactions and the history of their edits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from interaction_svc.interactions.domain import CHANNELS, DIRECTIONS
from interaction_svc.tables import JSON, MOMENT, NUMBERS, Base


class Interaction(Base, table=True):
    """One contact. `participants` are `{kind, id, name}`, `attachments` `{name, url}`.

    An attachment that is kept here has its `attachment_id`, too. `words` are what the texts are searched by.
    """

    __tablename__ = "interaction"
    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="interaction_channel"),
        CheckConstraint(f"direction IN {DIRECTIONS}", name="interaction_direction"),
        Index("interaction_of_customer", "customer_id", "occurred_at", "id"),
        Index("interaction_of_distributor", "distributor_id", "occurred_at", "id"),
        Index("interaction_of_author", "created_by", "occurred_at", "id"),
        Index("interaction_by_occurred", "occurred_at", "id"),
        Index("interaction_by_created", "created_at", "id"),
        Index("interaction_unread", "id", postgresql_where=text("words IS NULL")),
        Index("interaction_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    channel: str = Field(sa_type=Text)
    direction: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_type=MOMENT)
    participants: list[dict[str, Any]] = Field(sa_type=JSON)
    summary: str = Field(sa_type=Text)
    agreement: str | None = Field(sa_type=Text)
    attachments: list[dict[str, Any]] = Field(sa_type=JSON)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
    words: str | None = Field(sa_type=Text)


class InteractionPiece(Base, table=True):
    """What an interaction is found by: hashes that tell nothing."""

    __tablename__ = "interaction_piece"
    __table_args__ = (
        Index(
            "interaction_piece_pieces",
            "pieces",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
    )

    record_id: UUID = Field(primary_key=True, foreign_key="interaction.id", ondelete="CASCADE")
    pieces: list[int] = Field(sa_type=NUMBERS)


class InteractionEdit(Base, table=True):
    """One edit: `version` is the interaction's after it, `changes` a list of `{field, old, new}`."""

    __tablename__ = "interaction_edit"
    __table_args__ = (UniqueConstraint("interaction_id", "version", name="interaction_edit_once"),)

    id: UUID = Field(primary_key=True)
    interaction_id: UUID = Field(foreign_key="interaction.id", ondelete="CASCADE")
    distributor_id: UUID | None
    version: int
    changes: list[dict[str, Any]] = Field(sa_type=JSON)
    edited_by: UUID
    edited_at: datetime = Field(sa_type=MOMENT)
