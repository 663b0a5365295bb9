"""Scorecards as Parquet."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from pipeline.scorecards.render import csv as csv_format
from pipeline.scorecards.render import parquet as parquet_format
from tests.factories import evidence
from tests.scorecards.made_rows import Rows, a_report, answer, call, flag


def _rows() -> Rows:
    return Rows(
        calls=[call(1, 1.0), call(2, 0.0, raw_share=0.75, auto_failed=True)],
        answers=[answer(1, "pass"), answer(2, "fail")],
        flags=[flag(2, "critical", evidence=(evidence(start_ms=2000),)), flag(2, "minor", evidence=())],
    )


def test_parquet_has_the_tables_and_columns_of_csv(tmp_path: Path) -> None:
    paths = parquet_format.write(a_report(_rows()), tmp_path)

    assert [path.name for path in paths] == [f"{name}.parquet" for name in csv_format.TABLES]
    for path, columns in zip(paths, csv_format.TABLES.values(), strict=True):
        assert pq.read_schema(path).names == list(columns)


def test_parquet_is_typed_and_keeps_unknown_values_null(tmp_path: Path) -> None:
    parquet_format.write(a_report(_rows(), timezone="Europe/Berlin", period="week"), tmp_path)

    team = pq.read_table(tmp_path / "scorecards.parquet").to_pylist()[0]
    assert (team["subject_kind"], team["calls_scored"], team["enough_calls"]) == ("team", 2, False)
    assert (team["mean_share"], team["customer_sentiment"]) == (0.5, None)
    assert (team["first_day"], team["last_day"]) == (date(2026, 10, 5), date(2026, 10, 11))
    quotes = pq.read_table(tmp_path / "calls_to_hear.parquet").to_pylist()
    assert quotes[0]["started_at"] == datetime(2026, 10, 5, 15, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [line["quote_start_ms"] for line in quotes[:2]] == [2000, None]


def test_parquet_of_nothing_has_the_same_types(tmp_path: Path) -> None:
    parquet_format.write(a_report(_rows()), tmp_path / "some")
    parquet_format.write(a_report(Rows()), tmp_path / "none")

    for name in csv_format.TABLES:
        some, none = (pq.read_schema(tmp_path / folder / f"{name}.parquet") for folder in ("some", "none"))
        assert some.equals(none)


def test_parquet_says_what_csv_says(tmp_path: Path) -> None:
    report = a_report()
    parquet_format.write(report, tmp_path)

    for name, lines in csv_format.lines_of(report).items():
        columns = csv_format.TABLES[name]
        expected = [{column: line.get(column) for column in columns} for line in lines]
        assert pq.read_table(tmp_path / f"{name}.parquet").to_pylist() == expected
