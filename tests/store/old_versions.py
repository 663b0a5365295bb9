"""A database as an earlier Earmark left it, with the rows that it had a place for."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from pipeline.store.migrate import VERSION_TABLE, alembic_config
from pipeline.store.search_index import TURN_INDEX
from pipeline.store.tables import metadata


def bring_back(connection: Connection, version: str) -> None:
    """Make the tables of a version anew and fill in what fits of the rows that there are."""
    kept = {
        table.name: connection.execute(text(f"SELECT * FROM {table.name}")).mappings().all()
        for table in metadata.sorted_tables
    }
    metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE IF EXISTS {TURN_INDEX}"))
    connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)
    there = inspect(connection)
    for name in [name for name in kept if there.has_table(name)]:
        columns = [column["name"] for column in there.get_columns(name)]
        values = ", ".join(f":{column}" for column in columns)
        insert = text(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({values})")
        if rows := [{column: row[column] for column in columns} for row in kept[name]]:
            connection.execute(insert, rows)
