"""Read a table of another database as text. It is only read, and no message shows a password or a row."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.config import KpiSettings
from pipeline.errors import ConfigError, StoreError
from pipeline.kpis.columns import Kind
from pipeline.kpis.source_csv import RawTable

_TABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", re.ASCII)
_QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_SETTING: dict[Kind, str] = {"calls": "calls_from", "agent-days": "agent_days_from", "surveys": "surveys_from"}


def where_from(kind: Kind, settings: KpiSettings) -> str:
    """Return the table or query that settings name.

    Raises:
        ConfigError: They name none, or something else.
    """
    name = _SETTING[kind]
    wanted: str | None = getattr(settings, name)
    if settings.database_url is None or wanted is None:
        raise ConfigError(f"--from-database needs kpis.database_url and kpis.{name}; set both, or name a CSV file")
    if not _TABLE.fullmatch(wanted) and not _QUERY.match(wanted):
        raise ConfigError(f"kpis.{name}: write the name of a table, or a query that begins with SELECT or WITH")
    return wanted


def read_database(kind: Kind, settings: KpiSettings) -> RawTable:
    """Read the table or query that settings name.

    Raises:
        ConfigError: Settings name none, or the URL cannot be read.
        StoreError: The database cannot be reached, or refuses; nothing of the answer is told but the kind of error.
    """
    import pandas as pd  # noqa: PLC0415
    from sqlalchemy import create_engine, make_url, select, table, text  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError  # noqa: PLC0415

    wanted = where_from(kind, settings)
    assert settings.database_url is not None
    try:
        url = make_url(settings.database_url.get_secret_value())
        if settings.database_password is not None:
            url = url.set(password=settings.database_password.get_secret_value())
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise ConfigError(
            "kpis.database_url cannot be used; write one such as postgresql://reader@db.example.org/phone, and install "
            "the driver of another database beside Earmark"
        ) from None
    if url.get_backend_name() == "sqlite":
        _require_file(url.database)
    schema, _, name = wanted.rpartition(".")
    query = (
        select(text("*")).select_from(table(name, schema=schema or None)) if _TABLE.fullmatch(wanted) else text(wanted)
    )
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            elif engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            found = connection.execute(query)
            header, rows = tuple(map(str, found.keys())), found.all()
            transaction.rollback()
    except SQLAlchemyError as error:
        place = engine.url.set(query={}, password=None).render_as_string()
        raise StoreError(
            f"{place}: the {kind} could not be read ({type(error).__name__}); check "
            f"kpis.{_SETTING[kind]}, the address, EARMARK_KPIS__DATABASE_PASSWORD, and that the user may read there"
        ) from None
    finally:
        engine.dispose()
    cells = pd.DataFrame({place: [_as_text(row[place]) for row in rows] for place in range(len(header))}, dtype=object)
    return RawTable(header, cells, pd.Series(range(1, len(rows) + 1), dtype="int64"))


def _require_file(database: str | None) -> None:
    """Refuse a SQLite file that is not there: whoever opened it would make it."""
    if database is not None and not database.startswith((":memory:", "file:")) and not Path(database).is_file():
        raise ConfigError(f"{database}: no such file; kpis.database_url names a database that is there")


def _as_text(value: Any) -> str:
    """Return what a database gave as a CSV file would have it; "" for nothing."""
    if value is None or (isinstance(value, float | Decimal) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)
