"""The telephone system's figures of calls and agents' days, and surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "kpi_imports",
        sa.Column("import_id", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("imported_by", CODE, nullable=False),
        sa.Column("imported_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_kpi_imports"),
    )
    op.create_index("ix_kpi_imports_imported_at", "kpi_imports", ["imported_at"])
    op.create_table(
        "phone_calls",
        sa.Column("phone_key", CODE, nullable=False),
        *(
            sa.Column(name, CODE)
            for name in ("call_ref", "leg", "agent_id", "team", "queue", "topic", "customer_ref", "direction")
        ),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("talk_s", sa.Double()),
        sa.Column("hold_s", sa.Double()),
        sa.Column("wrap_up_s", sa.Double()),
        sa.Column("transferred", sa.Boolean()),
        *_import_id("phone_calls"),
        sa.PrimaryKeyConstraint("phone_key", name="pk_phone_calls"),
    )
    op.create_index("ix_phone_calls_call_ref", "phone_calls", ["call_ref"])
    op.create_index("ix_phone_calls_started_at", "phone_calls", ["started_at"])
    op.create_table(
        "phone_days",
        sa.Column("agent_id", CODE, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("team", CODE),
        *(sa.Column(name, sa.Double()) for name in ("logged_in_s", "available_s", "talk_s", "hold_s", "wrap_up_s")),
        sa.Column("calls", sa.Integer()),
        *_import_id("phone_days"),
        sa.PrimaryKeyConstraint("agent_id", "day", name="pk_phone_days"),
    )
    op.create_index("ix_phone_days_day", "phone_days", ["day"])
    op.create_table(
        "surveys",
        sa.Column("survey_key", CODE, nullable=False),
        *(sa.Column(name, CODE) for name in ("survey_ref", "call_ref", "agent_id", "customer_ref")),
        sa.Column("sent_at", WHEN),
        sa.Column("answered_at", WHEN),
        *(sa.Column(name, sa.Integer()) for name in ("csat", "nps", "effort")),
        *_import_id("surveys"),
        sa.PrimaryKeyConstraint("survey_key", name="pk_surveys"),
    )
    op.create_index("ix_surveys_sent_at", "surveys", ["sent_at"])


def downgrade() -> None:
    """Earmark only goes forward: an older database comes from a back-up."""
    raise NotImplementedError("go back by restoring a back-up")


def _import_id(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    name = f"fk_{table}_import_id"
    return (
        sa.Column("import_id", CODE, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["kpi_imports.import_id"], name=name),
    )
