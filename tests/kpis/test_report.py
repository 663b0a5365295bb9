"""All figures together: periods, subjects, who sees what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.config import KpiSettings
from pipeline.kpis.listed import CHOICES, Listed, listed_calls, tables_to_list
from pipeline.kpis.report import build_kpi_report
from pipeline.kpis.tables import AskedKpis
from pipeline.kpis.words import notes
from pipeline.records import Scope
from pipeline.records.kpis import KpiReport, KpiRows
from tests.kpis.made import LONG_AFTER, MONDAY, SETTINGS, ZONE, agent_day, at, phone, recorded, rows


def report(made: KpiRows, settings: KpiSettings = SETTINGS, **asked: Any) -> KpiReport:
    return build_kpi_report(made, settings, AskedKpis(**asked), generated_at=LONG_AFTER, zone=ZONE, min_calls=5)


@pytest.fixture
def made() -> KpiRows:
    """Maria of the north with three calls, Tom of the south with one to whom her customer turned later."""
    return rows(
        [
            phone(team="north", customer_ref="C-1", call_ref="T1"),
            phone(team="north", customer_ref="C-2", started_at=at(1), talk_s=260.0, transferred=True),
            phone(team="north", started_at=at(8), talk_s=None),
            phone(agent_id="tom", team="south", customer_ref="C-1", started_at=at(2), hold_s=0.0, call_ref="T4"),
        ],
        [recorded(), recorded("c-2", agent_id="tom", team="south", started_at=at(40), customer_ref="C-9")],
        [agent_day(logged_in_s=1000.0, available_s=100.0)],
        [{"call_ref": "T1", "sent_at": at(), "csat": 5}, {"call_ref": "lost", "csat": 1}],
    )


def test_figures_of_agents_teams_and_everybody_by_hand(made: KpiRows) -> None:
    found = report(made)
    maria, tom = found.agents
    assert (maria.subject, maria.team, maria.calls, maria.handled, maria.recorded) == ("maria", "north", 3, 2, 1)
    assert maria.handle_s is not None
    assert maria.handle_s.mean == 200.0
    assert maria.transferred is not None
    assert (maria.transferred.count, maria.transferred.n) == (1, 2)
    assert maria.occupancy == pytest.approx(100 / 200)
    assert maria.calls_per_hour == pytest.approx(3.6)
    assert maria.resolved is not None
    assert (maria.resolved.count, maria.resolved.n) == (1, 2)
    assert maria.not_judged == {"no agent talked": 1}
    assert maria.surveys.satisfied is not None
    assert maria.surveys.satisfied.n == 1
    assert tom.handle_s is not None
    assert tom.handle_s.mean == 90.0
    assert (tom.calls, tom.handled) == (2, 1)
    assert [team.subject for team in found.teams] == ["north", "south"]
    (everybody,) = found.everybody
    assert (everybody.calls, everybody.handled) == (5, 3)
    assert everybody.handle_s is not None
    assert everybody.handle_s.mean == pytest.approx(490 / 3)
    assert (found.joined.by, found.joined.without_recording, found.joined.without_phone_call) == (
        {"agent and start": 1},
        3,
        1,
    )
    assert found.surveys_without_call == 1
    assert not maria.enough_calls


def test_a_scope_shows_its_own_calls_only_yet_knows_who_called_again(made: KpiRows) -> None:
    north = report(made, scope=Scope(teams=("north",)))
    assert [each.subject for each in north.agents] == ["maria"]
    assert [each.subject for each in north.teams] == ["north"]
    (everybody,) = north.everybody
    assert everybody.calls == 3
    assert everybody.resolved is not None
    assert everybody.resolved.count == 1, "the customer called Tom later"
    assert north.joined.without_phone_call == 0
    assert north.surveys_without_call == 0
    assert report(made, scope=Scope(agent_id="")).everybody == ()
    tom = report(made, scope=Scope(agent_id="tom"))
    assert [each.subject for each in tom.agents] == ["tom"]


def test_of_a_recording_of_another_team_neither_id_nor_score_is_told() -> None:
    told = [phone(team="north", call_ref=f"c-{day}", started_at=at(day), talk_s=60.0 + day) for day in range(12)]
    other = [recorded(f"c-{day}", team="south", share=day / 12, started_at=at(day)) for day in range(12)]
    made = rows(told, other, surveys=[{"call_ref": f"c-{day}", "csat": 1 + day % 5} for day in range(12)])
    whole = {each.figure: each for each in report(made).relations}
    assert (whole["handle_s"].n, whole["csat"].n) == (12, 12)
    north = report(made, scope=Scope(teams=("north",)))
    (everybody,) = north.everybody
    assert (everybody.calls, everybody.recorded, everybody.surveys.answered) == (12, 0, 12)
    assert all(each.rho is None and each.n == 0 for each in north.relations)
    maria = report(rows(told, [{**each, "agent_id": "tom"} for each in other]), scope=Scope(agent_id="maria"))
    assert (maria.everybody[0].calls, maria.everybody[0].recorded) == (12, 0)


def listed(made: KpiRows, **asked: Any) -> Listed:
    options = {name: asked.pop(name) for name in ("of", "start", "count") if name in asked}
    return listed_calls(tables_to_list(made, SETTINGS, zone=ZONE), AskedKpis(**asked), **options)


def test_listed_calls_name_no_recording_of_another_team() -> None:
    made = rows([phone(team="north", call_ref="c-1")], [recorded(team="south")])
    (call,) = listed(made, scope=Scope(teams=("north",))).calls
    assert call.call_id is None
    (call,) = listed(made).calls
    assert (call.call_id, call.handle_s, call.resolved) == ("c-1", 100.0, None)


def test_one_table_of_calls_is_listed_to_each_within_their_scope(made: KpiRows) -> None:
    tables = tables_to_list(made, SETTINGS, zone=ZONE)

    def agents(**asked: Any) -> list[str | None]:
        return [call.agent_id for call in listed_calls(tables, AskedKpis(**asked)).calls]

    assert agents() == ["tom", "maria", "tom", "maria", "maria"], "the newest first"
    assert agents(scope=Scope(teams=("north",))) == ["maria"] * 3
    assert agents(scope=Scope(agent_id="tom")) == ["tom", "tom"]
    assert agents(scope=Scope(agent_id="tom"), agent="maria") == []
    assert agents(scope=Scope(teams=("north",)), team="south") == []
    assert agents(scope=Scope(agent_id="")) == []
    assert agents(first_day=date(2026, 10, 6), last_day=date(2026, 10, 7)) == ["tom", "maria"]


def test_calls_behind_each_figure_are_listed_page_by_page(made: KpiRows) -> None:
    found = {of: listed(made, of=of).found for of in CHOICES}
    assert found == {
        "": 5,
        "handled": 3,
        "transferred": 1,
        "again": 1,
        "resolved": 3,
        "not-judged": 1,
        "surveyed": 1,
        "csat": 1,
        "nps": 0,
        "effort": 0,
    }
    (surveyed,) = listed(made, of="surveyed").calls
    assert (surveyed.csat, surveyed.nps, surveyed.agent_id) == (5, None, "maria")
    second = listed(made, start=2, count=2)
    assert (second.found, [call.agent_id for call in second.calls]) == (5, ["tom", "maria"])
    assert listed(made, start=10, count=2).calls == ()


def test_figures_of_surveys_lead_to_the_calls_with_that_answer() -> None:
    told = [phone(call_ref=f"T{day}", started_at=at(day)) for day in range(4)]
    asked = [{"call_ref": "T0", "csat": 5}, {"call_ref": "T1", "csat": 4, "nps": 9}, {"call_ref": "T2", "effort": 3}]
    made = rows(told, surveys=[*asked, {"call_ref": "T3", "sent_at": at(3)}])
    found = {
        of: [call.started_at for call in listed(made, of=of).calls] for of in ("surveyed", "csat", "nps", "effort")
    }
    assert found == {"surveyed": [at(2), at(1), at(0)], "csat": [at(1), at(0)], "nps": [at(1)], "effort": [at(2)]}
    figures = report(made).everybody[0].surveys
    assert figures.satisfied is not None
    assert figures.effort is not None
    assert (figures.satisfied.n, figures.promoter_answers, figures.effort.n) == (2, 1, 1)


def test_a_call_without_an_agent_names_no_agent_of_a_recording_of_another_team() -> None:
    told = [phone(agent_id=None, team="north", call_ref="c-1"), phone(team="north", started_at=at(1))]
    tom = recorded("c-1", agent_id="tom", team="south", queue="loans", direction="inbound")
    made = rows(told, [tom], surveys=[{"call_ref": "c-1", "csat": 1}])
    north = Scope(teams=("north",))
    seen = report(made, scope=north)
    assert [each.subject for each in seen.agents] == ["maria"]
    assert (seen.everybody[0].calls, seen.everybody[0].handled, seen.everybody[0].surveys.answered) == (2, 2, 1)
    assert report(made, scope=north, agent="tom").everybody == ()
    calls = listed(made, scope=north).calls
    assert [(call.agent_id, call.queue, call.direction) for call in calls] == [("maria", None, None), (None,) * 3]
    assert listed(made, scope=north, agent="tom").calls == ()
    assert listed(made, scope=north, of="csat").found == 1
    assert [each.subject for each in report(made).agents] == ["maria", "tom"]
    assert [call.agent_id for call in listed(made).calls] == ["maria", "tom"]
    own = rows(told, [{**tom, "team": "north"}])
    assert [call.agent_id for call in listed(own, scope=north).calls] == ["maria", "tom"], "a recording that is seen"


def test_a_survey_is_shown_at_its_call_to_who_may_see_the_surveys_agent() -> None:
    survey = {"call_ref": "T1", "agent_id": "tom", "csat": 1}
    made = rows([phone(team="north", call_ref="T1")], surveys=[survey])
    assert [call.csat for call in listed(made).calls] == [1]
    assert [call.csat for call in listed(made, scope=Scope(agent_id="maria")).calls] == [None]


def test_periods_are_weeks_and_months_of_the_sites_zone() -> None:
    late = MONDAY.replace(day=1, hour=2) + timedelta(days=31)  # 1 November in UTC, 31 October in New York
    made = rows([phone(), phone(started_at=late), phone(started_at=late + timedelta(days=2))])
    months = report(made, period="month").everybody
    assert [(each.period.label, each.calls) for each in months] == [("2026-10", 2), ("2026-11", 1)]
    assert (months[0].period.first, months[0].period.last) == (date(2026, 10, 1), date(2026, 10, 31))
    weeks = report(made, period="week").everybody
    assert [each.period.label for each in weeks] == ["2026-W41", "2026-W44", "2026-W45"]
    assert (weeks[0].period.first, weeks[0].period.last) == (date(2026, 10, 5), date(2026, 10, 11))


def test_days_bound_calls_days_and_surveys(made: KpiRows) -> None:
    found = report(made, first_day=date(2026, 10, 6), last_day=date(2026, 10, 7))
    (everybody,) = found.everybody
    assert (everybody.calls, everybody.days, everybody.surveys.answered) == (2, 0, 0)
    assert (everybody.period.first, everybody.period.last) == (date(2026, 10, 6), date(2026, 10, 7))
    assert [each.subject for each in report(made, agent="tom").agents] == ["tom"]
    assert [each.subject for each in report(made, team="north").agents] == ["maria"]


def test_scores_are_related_by_call_where_enough_have_both_else_by_agent() -> None:
    def calls(agents: int, each: int) -> KpiRows:
        names = [f"a{number}" for number in range(agents)]
        told = [
            phone(agent_id=name, call_ref=f"{name}-{n}", started_at=at(n), talk_s=10.0 + i + n)
            for i, name in enumerate(names)
            for n in range(each)
        ]
        scored = [
            recorded(f"{name}-{n}", agent_id=name, started_at=at(n), share=(i * 7 + n * 3) % 10 / 10)
            for i, name in enumerate(names)
            for n in range(each)
        ]
        return rows(told, scored)

    by_call = {each.figure: each for each in report(calls(2, 6)).relations}
    assert (by_call["handle_s"].of, by_call["handle_s"].n) == ("calls", 12)
    assert (by_call["csat"].of, by_call["csat"].n, by_call["csat"].rho) == (None, 0, None)
    few = {each.figure: each for each in report(calls(2, 4)).relations}
    assert (few["handle_s"].of, few["handle_s"].n, few["handle_s"].rho) == (None, 8, None)
    apart = calls(12, 5)
    separate = rows_with_other_days(apart)
    by_agent = {each.figure: each for each in report(separate).relations}
    assert (by_agent["handle_s"].of, by_agent["handle_s"].n) == ("agents", 12)


def rows_with_other_days(made: KpiRows) -> KpiRows:
    """The same calls, with no recording at the same time and of the same id."""
    count = len(made.phone["call_ref"])
    moved = {
        **made.phone,
        "call_ref": [None] * count,
        "started_at": [each + timedelta(hours=5) for each in made.phone["started_at"]],
    }
    return KpiRows(
        phone=moved, recordings=made.recordings, days=made.days, surveys=made.surveys, known_until=made.known_until
    )


def test_a_report_of_nothing_is_empty() -> None:
    found = report(rows(known_until=None))
    assert (found.everybody, found.teams, found.agents) == ((), (), ())
    assert all(each.rho is None for each in found.relations)


def test_surveys_without_any_call_in_the_period_are_counted() -> None:
    found = report(rows(surveys=[{"call_ref": "T1", "sent_at": at(), "csat": 5}]))
    assert (found.everybody, found.surveys_without_call) == ((), 1)
    named = report(rows(surveys=[{"call_ref": "T1", "agent_id": "maria", "sent_at": at(), "csat": 5}]))
    assert [(each.subject, each.surveys.answered) for each in named.agents] == [("maria", 1)]


def test_notes_tell_windows_and_what_is_left_out(made: KpiRows) -> None:
    settings = KpiSettings(repeat_days=5, repeat_days_by_queue={"bank": 2})
    told = "\n".join(notes(report(made, settings)))
    assert "no further call within 5 days, 2 days for queue bank" in told
    assert "1 no agent talked" in told
    assert "1 survey names no known call, customer or agent and is in no figure." in told
    assert (
        "window ended by the newest one of a known customer: 2027-01-13 08:00 (the telephone system's calls), " in told
    )
    assert "recordings met no call" not in told


def test_a_recording_that_was_not_joined_to_its_call_is_no_second_call() -> None:
    apart = [recorded(f"c-{day}", customer_ref="C-1", started_at=at(30 * day, seconds=45)) for day in range(3)]
    made = rows([phone(customer_ref="C-1", started_at=at(30 * day)) for day in range(3)], apart)
    (everybody,) = report(made).everybody
    assert everybody.resolved is not None
    assert (everybody.calls, everybody.resolved.count, everybody.resolved.n) == (3, 3, 3)
    assert everybody.not_judged == {"a recording of a call that counts already": 3}


def test_recordings_that_meet_no_call_of_days_with_calls_are_told() -> None:
    spelled = [recorded(f"c-{day}", agent_id="4711", started_at=at(day)) for day in range(3)]
    found = report(rows([phone(started_at=at(day)) for day in range(2)], spelled))
    assert (found.joined.without_phone_call, found.joined.unmet_though_told) == (3, 2)
    assert "2 recordings met no call though the export has calls of their days" in "\n".join(notes(found))
    other_days = [recorded(f"c-{day}", started_at=at(day + 10)) for day in range(3)]
    assert "recordings met no call" not in "\n".join(notes(report(rows([phone()], other_days))))


def test_a_recording_without_a_team_takes_nothing_out_of_its_agents_team() -> None:
    made = rows(
        [phone(started_at=at(seconds=600)), phone(started_at=at(seconds=1200))],
        [recorded(), recorded("c-2", team=None, started_at=at(seconds=3000))],
        [agent_day(logged_in_s=3600.0, available_s=200.0)],
    )
    (north,) = report(made).teams
    assert (north.subject, north.calls, north.handled, north.days) == ("north", 4, 2, 1)
    assert north.occupancy == pytest.approx(200 / 400)
    assert north.calls_per_hour == pytest.approx(2.0)
