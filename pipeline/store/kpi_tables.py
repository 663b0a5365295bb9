"""Tables of the telephone system's figures and of surveys, as they were imported.

`tables.py` says how columns are made; `docs/store.md` says in words what is kept where.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Double, ForeignKey, Index, Integer, Table, Text

from pipeline.store.tables import WHEN, Code, UtcDateTime, metadata

kpi_imports = Table(
    "kpi_imports",
    metadata,
    Column("import_id", Code, primary_key=True),
    Column("kind", Code, nullable=False),
    Column("source", Text, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("imported_by", Code, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False, index=True, info=WHEN),
)


def _import_id() -> Column[str]:
    return Column("import_id", Code, ForeignKey("kpi_imports.import_id"), nullable=False)


phone_calls = Table(
    "phone_calls",
    metadata,
    Column("phone_key", Code, primary_key=True),
    Column("call_ref", Code, index=True),
    Column("leg", Code),
    Column("agent_id", Code),
    Column("team", Code),
    Column("queue", Code),
    Column("topic", Code),
    Column("customer_ref", Code),
    Column("direction", Code),
    Column("started_at", UtcDateTime, nullable=False),
    Column("talk_s", Double),
    Column("hold_s", Double),
    Column("wrap_up_s", Double),
    Column("transferred", Boolean),
    _import_id(),
    Index(None, "started_at"),
)

phone_days = Table(
    "phone_days",
    metadata,
    Column("agent_id", Code, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("team", Code),
    Column("logged_in_s", Double),
    Column("available_s", Double),
    Column("talk_s", Double),
    Column("hold_s", Double),
    Column("wrap_up_s", Double),
    Column("calls", Integer),
    _import_id(),
    Index(None, "day"),
)

surveys = Table(
    "surveys",
    metadata,
    Column("survey_key", Code, primary_key=True),
    Column("survey_ref", Code),
    Column("call_ref", Code),
    Column("agent_id", Code),
    Column("customer_ref", Code),
    Column("sent_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("csat", Integer),
    Column("nps", Integer),
    Column("effort", Integer),
    _import_id(),
    Index(None, "sent_at"),
)
