"""What people hand in as an export: read whole or refused with every problem told, and never a cell of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import KpiSettings
from pipeline.errors import AuthoredFileError
from pipeline.kpis.checks import MOST_TOLD, Checked, check_table
from pipeline.kpis.columns import EXPORTS, Kind
from pipeline.kpis.outcome import rows_to_keep
from pipeline.kpis.source_csv import read_csv
from tests.kpis.made import ZONE

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADER = "call_ref,agent_id,started_at,talk_s,hold_s,wrap_up_s,transferred\n"
GOOD = "T1,maria,2026-10-05T09:14:22-04:00,60,5,30,yes\n"
MARK = "marker-phrase"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "phone.csv"


def read(
    file: Path, text: str | bytes, kind: Kind = "calls", *, zone: str | None = ZONE, settings: KpiSettings | None = None
) -> Checked:
    """Read and check an export as the command does."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    chosen = settings or KpiSettings()
    named = {"calls": chosen.call_columns, "agent-days": chosen.agent_day_columns, "surveys": chosen.survey_columns}
    expected = [named[kind].get(field.name, field.name) for field in EXPORTS[kind].fields]
    table = read_csv(file, encoding=chosen.encoding, expected=expected)
    return check_table(table, kind, chosen, zone=zone, now=NOW, source="phone.csv")


def problems(file: Path, text: str | bytes, kind: Kind = "calls", **options: object) -> list[str]:
    """What is told of an export that is refused; no cell of it is."""
    with pytest.raises(AuthoredFileError) as refused:
        read(file, text, kind, **options)  # type: ignore[arg-type]
    told = [line.replace(str(file), "phone.csv") for line in refused.value.lines()]
    assert MARK not in "\n".join(told)
    return told


def test_a_good_export_is_read_with_its_types(file: Path) -> None:
    (row,) = rows_to_keep(read(file, HEADER + GOOD))
    assert row["started_at"] == datetime(2026, 10, 5, 13, 14, 22, tzinfo=UTC)
    assert (row["talk_s"], row["hold_s"], row["wrap_up_s"], row["transferred"]) == (60.0, 5.0, 30.0, True)
    assert (row["call_ref"], row["agent_id"], row["queue"]) == ("T1", "maria", None)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [("60", 60), ("60.5", 60.5), ("1:05", 65), ("0:01:05", 65), ("1:00:00", 3600), ("0", 0), (" 7 ", 7), ("", None)],
)
def test_lengths_are_read(file: Path, cell: str, seconds: float | None) -> None:
    (row,) = rows_to_keep(read(file, HEADER + f"T1,maria,2026-10-05T09:14:22-04:00,60,{cell},30,no\n"))
    assert row["hold_s"] == seconds


@pytest.mark.parametrize(
    "cell",
    [
        "-1",
        "1e400",
        "1e3",
        "inf",
        "nan",
        "NaN",
        "0x10",
        "86401",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "１２",
        "1 000",
        "1:75",
        "x",
    ],
)
def test_what_is_no_length_is_refused(file: Path, cell: str) -> None:
    told = problems(file, HEADER + f'T1,{MARK},2026-10-05T09:14:22-04:00,60,"{cell}",30,no\n')
    assert told == [
        "phone.csv:2: [row] hold_s: no length from 0 to 24 hours; write a number (kpis.duration_unit) or h:mm:ss"
    ]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("2026-13-05T09:14:22-04:00", "unreadable as a time; write 2026-10-31T14:05:00-04:00, or set kpis.time_format"),
        ("2026-02-30 09:14:22", "unreadable as a time"),
        ("05/10/2026 09:14", "unreadable as a time"),
        ("2026-10-05", "unreadable as a time"),
        ("tomorrow", "unreadable as a time"),
        ("1759662862", "unreadable as a time"),
        ("0001-01-01 00:00:00", "before 1971"),
        ("1970-01-01T00:00:00Z", "before 1971"),
        ("1883-11-18 12:01:00", "before 1971"),
        ("9999-12-31T23:59:59Z", "the time lies ahead"),
        ("2026-11-24T09:00:00Z", "the time lies ahead"),
        ("2027-11-07 01:30:00", "the time lies ahead"),
        ("2026-03-08 02:30:00", "no such time: clocks were put forward past it"),
        ("2026-11-01 01:30:00", "this time came twice as clocks were put back; write it with its offset"),
    ],
)
def test_what_is_no_time_is_refused_with_its_one_reason(file: Path, cell: str, why: str) -> None:
    (told,) = problems(file, HEADER + f"T1,{MARK},{cell},60,5,30,no\n")
    assert told.startswith(f"phone.csv:2: [row] started_at: {why}")


def test_the_format_that_settings_name_is_told(file: Path) -> None:
    settings = KpiSettings(time_format="%d/%m/%Y %H:%M", day_format="%d/%m/%Y")
    (told,) = problems(file, HEADER + "T1,maria,10/25/2026 09:14,60,5,30,no\n", settings=settings)
    assert "it fits neither kpis.time_format (%d/%m/%Y %H:%M) nor 2026-10-31T14:05:00-04:00" in told
    (told,) = problems(file, HEADER + "T1,maria,01/11/2026 01:30,60,5,30,no\n", settings=settings)
    assert "came twice" in told
    (told,) = problems(file, "agent_id,day,available_s\nm,10/25/2026,60\n", "agent-days", settings=settings)
    assert told.endswith("day: unreadable as a day; it fits neither kpis.day_format (%d/%m/%Y) nor 2026-10-31")


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("yesterday", "unreadable as a day; write 2026-10-31, or set kpis.day_format"),
        ("1900-01-01", "before 1971"),
        ("2026-11-24", "the day lies ahead"),
    ],
)
def test_what_is_no_day_is_refused_with_its_one_reason(file: Path, day: str, why: str) -> None:
    (told,) = problems(file, f"agent_id,day,available_s\nm,{day},60\n", "agent-days")
    assert told.startswith(f"phone.csv:2: [row] day: {why}")


DAYS = "agent_id,day,logged_in_s,available_s\n"


@pytest.mark.parametrize(
    ("row", "zone", "why"),
    [
        ("2026-10-05,100,5000", ZONE, "available_s: longer than logged_in_s of the day"),
        ("2026-10-05,86401,60", ZONE, "logged_in_s: longer than the day, which has 24 hours"),
        ("2026-10-05,24:00:01,60", None, "logged_in_s: longer than the day, which has 24 hours"),
        ("2026-10-05,,90000", ZONE, "available_s: longer than the day, which has 24 hours"),
        ("2026-11-01,90001,60", ZONE, "logged_in_s: no length from 0 to 25 hours"),
    ],
)
def test_days_that_no_agent_has_are_refused(file: Path, row: str, zone: str | None, why: str) -> None:
    (told,) = problems(file, DAYS + f"maria,{row}\n", "agent-days", zone=zone)
    assert told.startswith(f"phone.csv:2: [row] {why}")


@pytest.mark.parametrize(
    ("day", "logged_in", "available"),
    [("2026-10-05", "86400", "86400"), ("2026-11-01", "90000", "60"), ("2026-03-08", "86400", "60")],
)
def test_a_day_may_be_as_long_as_it_was(file: Path, day: str, logged_in: str, available: str) -> None:
    (row,) = rows_to_keep(read(file, DAYS + f"maria,{day},{logged_in},{available}\n", "agent-days"))
    assert row["logged_in_s"] == float(logged_in)


def test_a_decimal_comma_between_commas_is_explained(file: Path) -> None:
    told = problems(file, HEADER + f'T1,{MARK},2026-10-05T09:14:22-04:00,"61,5",-1,30,no\n')
    assert told == [
        "phone.csv:2: [row] talk_s: a decimal comma is read only in files whose cells are parted by something else "
        "than commas; write 61.5 for 61,5",
        "phone.csv:2: [row] hold_s: no length from 0 to 24 hours; write a number (kpis.duration_unit) or h:mm:ss",
    ]


def test_the_last_of_too_many_problems_is_told_in_the_singular(file: Path) -> None:
    row = "T{},m,2026-10-05T09:14:22Z,-1,5,30,no\n"
    told = problems(file, HEADER + "".join(map(row.format, range(MOST_TOLD + 1))))
    assert told[-1].endswith(f"and 1 more problem, in {MOST_TOLD + 1} rows in all")


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2026-10-05 09:14:22", "2026-10-05T13:14:22+00:00"),
        ("2026-10-05T09:14", "2026-10-05T13:14:00+00:00"),
        ("2026-10-05T09:14:22.5Z", "2026-10-05T09:14:22.500000+00:00"),
        ("2026-10-05t09:14:22+0530", "2026-10-05T03:44:22+00:00"),
        ("2026-11-01T01:30:00-04:00", "2026-11-01T05:30:00+00:00"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00+00:00"),
        ("2026-11-01 02:00:00", "2026-11-01T07:00:00+00:00"),  # local time, once
    ],
)
def test_times_are_brought_to_utc(file: Path, cell: str, utc: str) -> None:
    (row,) = rows_to_keep(read(file, HEADER + f"T1,maria,{cell},60,5,30,no\n"))
    assert row["started_at"].isoformat() == utc


def test_a_time_without_a_zone_is_refused_where_none_is_known(file: Path) -> None:
    told = problems(file, HEADER + "T1,maria,2026-10-05 09:14:22,60,5,30,no\n", zone=None)
    assert told == ["phone.csv:2: [row] started_at: the time names no zone; set kpis.timezone"]


def test_other_forms_of_times_days_and_units_are_settings(file: Path) -> None:
    settings = KpiSettings(time_format="%d/%m/%Y %H:%M", duration_unit="min")
    (row,) = rows_to_keep(read(file, HEADER + "T1,maria,05/10/2026 09:14,1.5,0,2,no\n", settings=settings))
    assert (row["started_at"].isoformat(), row["talk_s"]) == ("2026-10-05T13:14:00+00:00", 90.0)
    zoned = KpiSettings(time_format="%d.%m.%Y %H:%M %z")
    (row,) = rows_to_keep(read(file, HEADER + "T1,maria,05.10.2026 09:14 +0200,1,0,2,no\n", settings=zoned))
    assert row["started_at"].isoformat() == "2026-10-05T07:14:00+00:00"
    days = KpiSettings(day_format="%d/%m/%Y")
    (row,) = rows_to_keep(read(file, "agent_id,day,available_s\nm,05/10/2026,60\n", "agent-days", settings=days))
    assert row["day"].isoformat() == "2026-10-05"


def test_formulas_in_names_stay_text(file: Path) -> None:
    name = '=HYPERLINK("http://x")'
    (row,) = rows_to_keep(read(file, HEADER + 'T1,"=HYPERLINK(""http://x"")",2026-10-05T09:14:22Z,60,5,30,no\n'))
    assert row["agent_id"] == name


def test_every_bad_row_is_told_with_its_line_also_below_cells_with_line_breaks(file: Path) -> None:
    text = HEADER + f'T1,"{MARK}\nof two lines",2026-10-05T09:14:22Z,-1,5,30,no\n\n'
    text += "T2,m,2026-10-05T09:14:22Z,1,5,30,perhaps\n"
    told = problems(file, text)
    assert [line.split(": ")[0] for line in told] == ["phone.csv:2", "phone.csv:5"]
    many = HEADER + "".join(f"T{n},m,2026-10-05T09:14:22Z,-1,5,30,no\n" for n in range(200))
    told = problems(file, many)
    assert len(told) == MOST_TOLD + 1
    assert told[-1].endswith("and 150 more problems, in 200 rows in all")


def test_rows_that_stand_twice_count_once_and_contradictions_are_refused(file: Path) -> None:
    checked = read(file, HEADER + GOOD + GOOD)
    assert (len(checked.rows), checked.repeated) == (1, 1)
    (told,) = problems(file, HEADER + GOOD + GOOD.replace(",60,", ",61,"))
    assert told.startswith("phone.csv:3: [row] an earlier row has the same call_ref")
    assert "kpis.call_columns.leg" in told
    legs = HEADER.replace("call_ref", "call_ref,leg") + GOOD.replace("T1", "T1,1") + GOOD.replace("T1", "T1,2")
    assert len(read(file, legs).rows) == 2


@pytest.mark.parametrize(
    ("cell", "direction"),
    [
        ("inbound", "inbound"),
        ("Outbound", "outbound"),
        (" OUT ", "outbound"),
        ("outgoing", "outbound"),
        ("In", "inbound"),
        ("INCOMING", "inbound"),
        ("Internal", "internal"),
        ("", None),
    ],
)
def test_directions_are_read_by_the_usual_words(file: Path, cell: str, direction: str | None) -> None:
    (row,) = rows_to_keep(read(file, HEADER.replace("call_ref", "direction,call_ref") + f"{cell},{GOOD}"))
    assert row["direction"] == direction


def test_a_direction_that_nobody_knows_is_refused(file: Path) -> None:
    told = problems(file, HEADER.replace("call_ref", "direction,call_ref") + f"{MARK},{GOOD}")
    assert told == [
        "phone.csv:2: [row] direction: no word for who called whom; write inbound, outbound, internal, in, incoming, "
        "out or outgoing"
    ]


def test_an_export_of_another_kind_is_told_with_the_kind_to_give(file: Path) -> None:
    surveys = "survey_ref,call_ref,agent_id,sent_at,csat\nS1,T1,maria,2026-10-05T09:14:22Z,5\n"
    told = problems(file, surveys)
    assert told[0] == (
        "phone.csv:1: [columns] these are not the columns of calls, but they fit another kind; give --kind surveys"
    )
    assert "there is no column 'started_at'" in told[1]
    assert problems(file, "agent_id,day,available_s\nmaria,2026-10-05,1\n")[0].endswith("give --kind agent-days")
    assert problems(file, HEADER + GOOD, "surveys")[0].endswith("give --kind calls")


def test_a_row_that_nothing_names_is_refused(file: Path) -> None:
    assert "nothing names this row" in problems(file, "call_ref,csat\n,5\n", "surveys")[0]
    assert problems(file, "agent_id,day,available_s\n,2026-10-05,1\n", "agent-days") == [
        "phone.csv:2: [row] agent_id: empty; it is needed in every row",
    ]


def test_answers_outside_their_scale_are_refused(file: Path) -> None:
    told = problems(file, "call_ref,csat,nps,effort\na,0,11,8\nb,5,10,7\nc,4.5,,\nd,4.0,,\n", "surveys")
    assert [line.split("] ")[1] for line in told] == [
        "csat: no whole number from 1 to 5",
        "nps: no whole number from 0 to 10",
        "effort: no whole number from 1 to 7",
        "csat: no whole number from 1 to 5",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "phone.csv:1: [csv] the file is empty"),
        ("\n\n", "phone.csv:1: [csv] the file is empty"),
        ("\ufeff", "phone.csv:1: [csv] the file is empty"),
        (HEADER, "phone.csv:1: [row] there is no row below the header"),
        (HEADER + f"T1,{MARK}\0,2026,1,1,1,1\n", "phone.csv:2: [csv] there is a NUL character"),
        (HEADER + GOOD + f"a,b,c,d,e,f,g,h,{MARK}\n", "phone.csv:3: [csv] a row has more cells than the header"),
        (HEADER + GOOD + f'a,"{MARK},c\n', "phone.csv:3: [csv] a row has more cells than the header"),
        (b"\x00\x01\x02\xff" * 50, "phone.csv:1: [csv] this is not utf-8 text; set kpis.encoding"),
        ("\x00" * 50, "phone.csv:1: [csv] there is a NUL character"),
    ],
)
def test_what_is_no_table_is_refused(file: Path, text: str | bytes, told: str) -> None:
    (line,) = problems(file, text)
    assert line.startswith(told)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_other_encodings_are_read(file: Path, encoding: str) -> None:
    text = (HEADER + GOOD.replace("maria", "Jörg Müller")).encode(encoding)
    marked = encoding in ("utf-16", "utf-8-sig")
    settings = KpiSettings() if marked else KpiSettings(encoding=encoding)
    (row,) = rows_to_keep(read(file, text, settings=settings))
    assert row["agent_id"] == "Jörg Müller"


def test_another_encoding_is_told_with_the_line_and_what_to_do(file: Path) -> None:
    (told,) = problems(file, HEADER.encode() + GOOD.replace("maria", "Müller").encode("cp1252"))
    assert told.startswith("phone.csv:2: [csv] this is not utf-8 text; set kpis.encoding to the export's")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_decimal_commas_are_read(file: Path, delimiter: str) -> None:
    text = (HEADER + GOOD).replace(",", delimiter).replace(f"{delimiter}60{delimiter}", f"{delimiter}60,5{delimiter}")
    (row,) = rows_to_keep(read(file, text))
    assert row["talk_s"] == 60.5


def test_columns_are_found_by_settings_whatever_their_capitals(file: Path) -> None:
    settings = KpiSettings(call_columns={"agent_id": "Agent Name", "talk_s": "Talk (sec)"})
    text = "Call-Ref,agent  name,STARTED_AT,Talk (Sec),Notes\nT1,maria,2026-10-05T09:14:22Z,60,hello\n"
    checked = read(file, text, settings=settings)
    assert checked.columns.unused == ("Notes",)
    assert set(checked.columns.missing) >= {"hold_s", "wrap_up_s"}


def test_missing_columns_are_told_with_the_nearest_and_the_setting(file: Path) -> None:
    told = problems(file, "call_ref,agent,started,talk_s\nT1,m,x,1\n")
    assert told == [
        "phone.csv:1: [columns] agent_id: there is no column 'agent_id' (did you mean 'agent'?); name the right one in "
        "kpis.call_columns.agent_id",
        "phone.csv:1: [columns] started_at: there is no column 'started_at' (did you mean 'started'?); name the right "
        "one in kpis.call_columns.started_at",
    ]
    assert "none of the columns csat, nps, effort" in problems(file, "call_ref\nT1\n", "surveys")[0]
    assert "is there 2 times" in problems(file, HEADER.replace("hold_s", "talk_s") + GOOD)[0]
    settings = KpiSettings(call_columns={"queue": "Skill"})
    assert "queue: there is no column 'Skill'" in problems(file, HEADER + GOOD, settings=settings)[0]


def test_a_long_name_and_control_characters(file: Path) -> None:
    told = problems(file, HEADER + GOOD.replace("maria", "m" * 201))
    assert told == ["phone.csv:2: [row] agent_id: longer than 200 characters"]
    (row,) = rows_to_keep(read(file, HEADER + GOOD.replace("maria", "ma\x1b[31mria\u0301 ")))
    assert row["agent_id"] == "ma [31mri\u00e1"


def test_a_hundred_thousand_lines_take_seconds(file: Path) -> None:
    began = datetime(2026, 9, 1)  # noqa: DTZ001 - the file's times name no zone
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        for n in range(100_000):
            out.write(f"T{n},agent.{n % 300},{(began + timedelta(seconds=30 * n)).isoformat()},{n % 600},5,30,no\n")
    clock = datetime.now(UTC)
    checked = read(file, file.read_bytes())
    assert len(checked.rows) == 100_000
    assert datetime.now(UTC) - clock < timedelta(seconds=60)  # a quiet core takes one; this is not to be quadratic
