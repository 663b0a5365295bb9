"""The telephone system's figures in the console and by the API; who sees whose."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.web.kpis import figures
from app.web.kpis.page import OF
from pipeline.config import KpiSettings
from pipeline.kpis.listed import CHOICES, tables_to_list
from pipeline.kpis.tables import Tables
from pipeline.records.kpis import KpiRows
from pipeline.store.kpi_import import KpiImport, keep_rows
from pipeline.store.kpi_tables import phone_calls
from tests.store.builders import NOW, result, score, scored, taken_in
from tests.web.calls import acts_of
from tests.web.conftest import Console, Stay

OPENS = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)  # a Monday
TEAMS = {"maria.lopez": "north", "tom.becker": "south"}


def phone(key: str, agent: str, *, days: float = 0, **changes: Any) -> dict[str, Any]:
    """A call of 100 s that an agent handled."""
    unknown = dict.fromkeys(column.name for column in phone_calls.columns if column.name != "import_id")
    given = {"talk_s": 60.0, "hold_s": 10.0, "wrap_up_s": 30.0, "transferred": False, "team": TEAMS[agent]}
    key_and_start = {"phone_key": key, "call_ref": key, "started_at": OPENS + timedelta(days=days)}
    return {**unknown, **given, **key_and_start, "agent_id": agent, **changes}


@pytest.fixture
def telephoned(open_bare_console: Callable[..., Console]) -> Console:
    """Six calls of Maria's of the north, of which the first is recorded; two of Tom's of the south, to whom one of
    Maria's customers turned."""
    console = open_bare_console()
    calls = [phone(f"M{number}", "maria.lopez", days=number, customer_ref=f"C-{number}") for number in range(6)]
    calls[1]["transferred"] = True
    calls += [
        phone("T1", "tom.becker", days=3, customer_ref="C-0", queue="tech_support", talk_s=260.0),
        phone("T2", "tom.becker", days=40, customer_ref="C-9"),
    ]
    survey = {"survey_key": "S1", "call_ref": "M0", "csat": 5, "nps": 10, "effort": 2, "sent_at": OPENS}
    unknown = dict.fromkeys(("survey_ref", "agent_id", "customer_ref", "answered_at"))
    with console.store.begin() as connection:
        taken_in(connection, "c-m0", agent_id="maria.lopez", team="north", started_at=OPENS, customer_ref="C-0")
        taken_in(connection, "c-t1", agent_id="tom.becker", team="south", started_at=OPENS + timedelta(days=3))
        scored(connection, score("c-m0", "s-m0", result(status="pass")))
        for kind, rows in (("calls", calls), ("surveys", [{**unknown, **survey}])):
            made = KpiImport(
                import_id=f"ki-{kind}", kind=kind, source="x.csv", row_count=1, imported_by="max", imported_at=NOW
            )
            keep_rows(connection, made, rows)
    return console


def ready(stay: Stay, path: str) -> Any:
    """The answer of an address once its figures are there: on a busy machine they take their time."""
    for _ in range(240):
        answer = stay.get(path)
        if answer.status_code != 503 and "figures are being counted" not in answer.text:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{path}: its figures did not come")


def rows_of(page: str, table: str) -> dict[str, str]:
    """The lines of a table, tags taken out, by the name that they begin with."""
    body = page.split(f'id="{table}"')[1].split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    lines = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("<tr>")[1:]]
    return {line.split()[0]: line for line in lines}


def test_page_shows_agents_and_teams_with_links_to_the_calls_behind(telephoned: Console) -> None:
    page = ready(telephoned.sign_in("manager"), "/kpis").text
    agents = rows_of(page, "agent-time")
    assert agents["maria.lopez"].startswith("maria.lopez 6 1 recorded 1:40 1:40–1:40, 6 calls")
    assert agents["tom.becker"].startswith("tom.becker 2 1 recorded 3:20")
    assert rows_of(page, "team-time").keys() == {"north", "south"}
    assert "17 % 3–56 %, 6 calls" in agents["maria.lopez"]
    customers = rows_of(page, "agent-customers")
    assert "83 % 44–97 %, 6 calls 1 100 % 1 of 1 sent" in customers["maria.lopez"]
    for of in ("again", "surveyed", "csat", "nps", "effort"):
        assert f"agent=maria.lopez&amp;of={of}" in page
    assert "no further call within 7 days" in page
    assert "nobody is ranked" in page


def test_figures_of_few_calls_are_grey(telephoned: Console) -> None:
    page = ready(telephoned.sign_in("manager"), "/kpis").text
    body = page.split('id="agent-time"')[1]
    rows = {name: body.split(f">{name}<")[1].split("</tr>")[0] for name in ("maria.lopez", "tom.becker")}
    assert "is-few" in rows["tom.becker"]
    assert "is-few" not in rows["maria.lopez"]


def test_calls_behind_a_figure_are_those_that_were_counted(telephoned: Console) -> None:
    stay = telephoned.sign_in("manager")
    page = ready(stay, "/kpis/calls?period=all&agent=maria.lopez&of=again").text
    assert ": 1</caption>" in page
    assert 'href="/calls/c-m0"' in page
    assert "CSAT 5" in page
    transferred = ready(stay, "/kpis/calls?period=all&team=north&of=transferred").text
    assert ": 1</caption>" in transferred
    assert "no recording" in transferred
    assert ": 5</caption>" in ready(stay, "/kpis/calls?period=all&agent=maria.lopez&of=resolved").text
    for of in ("csat", "nps", "effort"):
        assert ": 1</caption>" in ready(stay, f"/kpis/calls?period=all&agent=maria.lopez&of={of}").text
    assert "No such calls" in ready(stay, "/kpis/calls?period=all&agent=nobody").text
    assert ready(stay, "/kpis/calls?of=nonsense").status_code == 400
    looked_at = {entry.subject_id for entry in acts_of(telephoned, "view") if entry.subject_kind == "calls of kpis"}
    assert looked_at == {"maria.lopez", "north", "nobody"}


def test_every_choice_of_calls_has_its_name_on_the_page() -> None:
    assert CHOICES.keys() == OF.keys()


def test_lists_of_one_period_share_one_table_and_few_periods_are_kept(
    telephoned: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[KpiRows] = []

    def counted(rows: KpiRows, settings: KpiSettings, *, zone: str) -> Tables:
        made.append(rows)
        return tables_to_list(rows, settings, zone=zone)

    monkeypatch.setattr(figures, "tables_to_list", counted)
    whole, north = telephoned.sign_in("manager"), telephoned.sign_in("manager", "ned", teams=("north",))
    for stay in (whole, north):
        for more in ("", "&team=north", "&agent=maria.lopez", "&of=again"):
            assert "maria.lopez" in ready(stay, f"/kpis/calls?period=all{more}").text
    assert len(made) == 1
    assert "tom.becker" in ready(whole, "/kpis/calls?period=all").text
    assert "tom.becker" not in ready(north, "/kpis/calls?period=all").text
    for month in range(1, 9):
        ready(whole, f"/kpis/calls?period=month&day=2026-{month:02}-01")
    kept = telephoned.site.kept["snapshots"].kept
    assert sum(key[0] == "calls of kpis" for key in kept) == figures.MOST_PERIODS


def test_days_and_teams_are_filters(telephoned: Console) -> None:
    stay = telephoned.sign_in("manager")
    page = ready(stay, "/kpis?period=days&from=2026-10-06&to=2026-10-07").text
    assert rows_of(page, "agent-time")["maria.lopez"].startswith("maria.lopez 2 0 recorded")
    assert rows_of(ready(stay, "/kpis?team=south").text, "agent-time").keys() == {"tom.becker"}
    assert "No figures of this period" in ready(stay, "/kpis?period=days&from=2030-01-01").text
    november = ready(stay, "/kpis?period=month&day=2026-11-14").text
    assert rows_of(november, "agent-time").keys() == {"tom.becker"}


def test_an_agent_sees_their_own_figures_only(telephoned: Console) -> None:
    stay = telephoned.sign_in("agent", agent_id="maria.lopez")
    page = ready(stay, "/kpis").text
    assert "Your figures" in page
    assert rows_of(page, "everybody-time")["Yours"].startswith("Yours 6 1 recorded 1:40")
    assert "83 % 44–97 %" in rows_of(page, "everybody-customers")["Yours"], "the customer called Tom later"
    assert "tom.becker" not in page
    assert 'id="agent-time"' not in page
    assert "Spearman" not in page
    others = ready(stay, "/kpis/calls?period=all&agent=tom.becker").text
    assert "No such calls" in others
    nobody = ready(telephoned.sign_in("agent", "unnamed"), "/kpis").text
    assert "No figures of this period" in nobody


def test_who_sees_a_team_sees_no_other(telephoned: Console) -> None:
    stay = telephoned.sign_in("manager", teams=("north",))
    for page in (
        ready(stay, "/kpis").text,
        ready(stay, "/kpis/calls?period=all").text,
        ready(stay, "/api/v1/kpis").text,
    ):
        assert "maria.lopez" in page
        assert "tom.becker" not in page
        assert "south" not in page
    assert "No such calls" in ready(stay, "/kpis/calls?period=all&agent=tom.becker").text
    assert ready(stay, "/api/v1/kpis?agent=tom.becker").json()["agents"] == []


def test_who_reviews_calls_is_not_led_to_one_agents_calls(telephoned: Console) -> None:
    stay = telephoned.sign_in("reviewer")
    page = ready(stay, "/kpis").text
    assert "maria.lopez" in page
    assert "/kpis/calls?period=all&amp;agent=" not in page
    assert ready(stay, "/kpis/calls?period=all&agent=maria.lopez").status_code == 404
    team = ready(stay, "/kpis/calls?period=all&team=north").text
    assert "maria.lopez" not in team
    assert ": 6</caption>" in team


def test_who_may_not_see_scorecards_sees_no_figures(telephoned: Console) -> None:
    stay = telephoned.sign_in("compliance")
    assert ready(stay, "/kpis").status_code == 403
    assert ready(stay, "/kpis/calls").status_code == 403
    assert ready(stay, "/api/v1/kpis").status_code == 403
    assert 'href="/kpis"' not in stay.get("/calls").text


def test_api_gives_the_same_figures(telephoned: Console) -> None:
    stay = telephoned.sign_in("manager")
    found = ready(stay, "/api/v1/kpis").json()
    maria, tom = found["agents"]
    assert (maria["subject"], maria["handled"], maria["handle_s"]["mean"]) == ("maria.lopez", 6, 100.0)
    assert maria["resolved"]["count"] == 5
    assert tom["not_judged"] == {"the window has not ended": 1}
    alone = {"without_recording": 6, "without_phone_call": 0, "unmet_though_told": 0}
    assert found["joined"] == {"by": {"agent and start": 2}, **alone}
    assert found["known_until"] == {"phone": "2026-11-14T13:30:00Z", "recordings": "2026-10-05T13:30:00Z"}
    assert found["windows"] == {"days": 7.0, "by_queue": {}, "by_topic": {}}
    weeks = ready(stay, "/api/v1/kpis?period=week&agent=maria.lopez").json()["agents"]
    assert [week["period"]["label"] for week in weeks] == ["2026-W41"]
    assert ready(stay, "/api/v1/kpis?first=2026-10-07&last=2026-10-06").status_code == 422
    assert ready(stay, "/api/v1/kpis?first=0001-01-01").status_code == 422
    assert ready(stay, "/api/v1/kpis?last=9999-12-31").status_code == 422
    assert ready(stay, "/api/v1/kpis?agnet=x").status_code == 422
    assert any(entry.subject_kind == "kpis" for entry in acts_of(telephoned, "view"))


def test_names_are_shown_as_they_are(telephoned: Console) -> None:
    evil = "<script>alert(1)</script>"
    with telephoned.store.begin() as connection:
        made = KpiImport(
            import_id="ki-9", kind="calls", source="x.csv", row_count=1, imported_by="max", imported_at=NOW
        )
        keep_rows(connection, made, [{**phone("E1", "tom.becker"), "agent_id": evil, "queue": evil}])
    stay = telephoned.sign_in("manager")
    for path in ("/kpis", "/kpis/calls?period=all"):
        page = ready(stay, path).text
        assert evil not in page
        assert "&lt;script&gt;alert(1)" in page
