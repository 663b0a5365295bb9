"""Scorecards in the console: the list, cards, and files to take away; who sees whose."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from pipeline.records import Status
from pipeline.review.answers import make_review
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.measure_tables import call_measures
from pipeline.store.reviews import put_review
from pipeline.store.scorecard_rows import scorecard_rows
from tests.factories import evidence
from tests.store.builders import NOW, flag, result, score, scored, taken_in
from tests.web.calls import acts_of, details_of
from tests.web.conftest import Console

OPENS = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)  # a Monday
MORE_OF_THE_TEAM = ("agent.1", "agent.2", "agent.3", "agent.4")
SAID = "hello dear marker phrase"


def add_call(
    console: Console,
    call_id: str,
    agent: str,
    team: str | None,
    status: str = "pass",
    *,
    days: int = 0,
    queue: str | None = None,
) -> None:
    """A scored call; a failed one is flagged with a quote."""
    made = score(call_id, f"s-{call_id}", result(status=status), result("closing"))
    flags = [flag(f"fl-{call_id}", of=made, evidence=(evidence(quote=SAID, start_ms=61_000),))]
    with console.store.begin() as connection:
        started_at = OPENS + timedelta(days=days)
        taken_in(connection, call_id, agent_id=agent, team=team, queue=queue, started_at=started_at)
        scored(connection, made, *(flags if status == "fail" else ()))


@pytest.fixture
def staffed(open_bare_console: Callable[..., Console]) -> Console:
    """Maria of the north with six calls over two weeks, one of them failed; four colleagues; Tom of the south."""
    console = open_bare_console()
    for number in range(6):
        status = "fail" if number == 5 else "pass"
        add_call(console, f"c-m{number}", "maria.lopez", "north", status, days=number * 2)
    for agent in MORE_OF_THE_TEAM:
        add_call(console, f"c-{agent}", agent, "north")
    for number in range(5):
        add_call(console, f"c-t{number}", "tom.becker", "south", "fail", days=number)
    return console


def rows_of(page: str) -> dict[str, str]:
    """The lines of the tables, tags taken out, by the name that they begin with."""
    lines = re.findall(r"<tr class[^>]*>(.*?)</tr>", page, flags=re.DOTALL)
    plain = [" ".join(re.sub(r"<[^>]*>", " ", line).split()) for line in lines]
    return {line.split()[0]: line for line in plain}


def test_list_shows_figures_with_intervals_and_judges_nobody_below_the_minimum(staffed: Console) -> None:
    rows = rows_of(staffed.sign_in("manager").get("/scorecards").text)
    assert rows["maria.lopez"].startswith("maria.lopez north 6 92 %")
    assert "83 % 44–97 %" in rows["maria.lopez"]  # Wilson, 5 of 6
    assert "1 of 6" in rows["maria.lopez"]
    assert "too few calls to judge (1 of 5)" in rows["agent.1"]
    assert "group" not in rows["agent.1"]


def test_list_names_groups_only_where_intervals_lie_apart(
    staffed: Console, open_bare_console: Callable[..., Console]
) -> None:
    page = staffed.sign_in("manager").get("/scorecards").text
    assert "no clear difference among 2 agents" in rows_of(page)["maria.lopez"]
    assert "nobody is ranked" in page
    apart = open_bare_console()
    for number in range(40):
        add_call(apart, f"c-n{number}", "nina", "north")
        add_call(apart, f"c-o{number}", "otto", "north", "fail")
    rows = rows_of(apart.sign_in("manager").get("/scorecards").text)
    assert "upper group of 2 agents" in rows["nina"]
    assert "lower group of 2 agents" in rows["otto"]


def test_list_can_be_narrowed_searched_and_sorted(staffed: Console) -> None:
    max_ = staffed.sign_in("manager")
    assert "tom.becker" not in rows_of(max_.get("/scorecards?team=north").text)
    assert list(rows_of(max_.get("/scorecards?q=LOPEZ").text)) == ["maria.lopez"]
    assert "Nobody is called so" in max_.get("/scorecards?q=zzz").text
    assert list(rows_of(max_.get("/scorecards?q=e&sort=low").text))[:2] == ["tom.becker", "maria.lopez"]
    assert "No calls in this period" in max_.get("/scorecards?rubric=other").text


def test_list_of_a_week_counts_that_week_and_leads_to_the_ones_beside_it(staffed: Console) -> None:
    page = staffed.sign_in("manager").get("/scorecards?period=week&day=2026-10-07").text
    assert rows_of(page)["maria.lopez"].startswith("maria.lopez north 4 100 %")
    assert "day=2026-10-04" in page
    assert "day=2026-10-12" in page
    newest = staffed.sign_in("manager", "mia").get("/scorecards?period=week").text
    assert "12 Oct – 18 Oct 2026" in newest
    assert "after →" not in newest


def test_figures_lead_to_their_calls(staffed: Console) -> None:
    max_ = staffed.sign_in("manager")
    days = "period=days&from=2026-10-05&to=2026-10-09"
    listed = "/calls?agent=maria.lopez&amp;since=2026-10-05&amp;until=2026-10-09"
    assert listed in max_.get(f"/scorecards?{days}").text
    assert listed in max_.get(f"/scorecards/agents/maria.lopez?{days}").text
    ann = staffed.sign_in("reviewer", "ann")  # is not told whose calls a list is of
    for path in ("/scorecards", "/scorecards/agents/maria.lopez"):
        told = ann.get(f"{path}?{days}").text
        assert "maria.lopez" in told
        assert "/calls?agent=" not in told


@pytest.mark.parametrize(
    "query", ["period=year", "period=week&day=x", "sort=best", "page=0", "period=days&from=2026-10-09&to=2026-10-05"]
)
def test_addresses_that_cannot_be_read_are_told(staffed: Console, query: str) -> None:
    assert staffed.sign_in("manager").get(f"/scorecards?{query}").status_code == 400


def test_teams_bound_lists_cards_and_files(staffed: Console) -> None:
    max_ = staffed.sign_in("manager", teams=("south",))
    page = max_.get("/scorecards").text
    assert "tom.becker" in page
    assert "maria" not in page
    assert "north" not in page
    for path in (
        "agents/maria.lopez",
        "teams/north",
        "files/agent/json?name=maria.lopez",
        "files/team/json?name=north",
    ):
        assert max_.get(f"/scorecards/{path}").status_code == 404, path
    add_call(staffed, "c-m9", "maria.lopez", "south", days=3)
    assert json.loads(max_.get("/scorecards/files/agent/json?name=maria.lopez").text)["agents"][0]["calls"] == 1


def test_agent_sees_their_own_card_and_no_colleague(staffed: Console) -> None:
    maria = staffed.sign_in("agent", agent_id="maria.lopez")
    led = maria.get("/scorecards")
    assert (led.status_code, led.headers["location"]) == (303, "/scorecards/agents/maria.lopez")
    page = maria.get(led.headers["location"]).text
    assert "Your scorecard" in page
    assert not any(name in page for name in ("tom.becker", *MORE_OF_THE_TEAM, "among"))
    for path in ("agents/tom.becker", "agents/agent.1", "teams/north", "files/agent/pdf?name=agent.1"):
        assert maria.get(f"/scorecards/{path}").status_code == 404, path
    for path in ("files/team/json?name=north", "files/everybody/csv"):
        assert maria.get(f"/scorecards/{path}").status_code == 404, path
    told = maria.get("/scorecards/files/agent/json?name=maria.lopez").text
    assert not any(name in told for name in ("tom.becker", *MORE_OF_THE_TEAM))


def test_agent_sees_the_mean_of_the_team_only_where_it_tells_of_nobody(staffed: Console) -> None:
    maria = staffed.sign_in("agent", agent_id="maria.lopez")
    told = "The mean score of your team, north, is 95 %"
    assert told in maria.get("/scorecards/agents/maria.lopez").text
    week_of_one = "period=week&day=2026-10-12"  # only Maria had calls then
    assert "mean score of your team" not in maria.get(f"/scorecards/agents/maria.lopez?{week_of_one}").text
    tom = staffed.sign_in("agent", "tom", agent_id="tom.becker")
    assert "mean score of your team" not in tom.get("/scorecards/agents/tom.becker").text
    ann = staffed.sign_in("reviewer")
    assert "mean score of your team" not in ann.get("/scorecards/agents/maria.lopez").text


def test_agents_without_calls_or_name_are_told_so(staffed: Console) -> None:
    new = staffed.sign_in("agent", "new", agent_id="new.one")
    assert "No calls in this period" in new.get("/scorecards/agents/new.one").text
    nameless = staffed.sign_in("agent", "nameless")
    assert "does not say which agent" in nameless.get("/scorecards").text


def test_card_shows_criteria_calls_to_hear_and_a_picture(staffed: Console) -> None:
    max_ = staffed.sign_in("manager")
    page = max_.get("/scorecards/agents/maria.lopez").text
    assert "6 calls counted, with a mean score of" in page
    assert 'href="/calls/c-m5#t=61.0"' in page
    assert SAID in page
    assert "Met every criterion" in page
    light, dark = re.search(r'srcset="([^"]+)"><img class="chart" src="([^"]+)"', page).groups()  # type: ignore[union-attr]
    for path in (light, dark):
        drawn = max_.get(path)
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
        assert "var(" not in drawn.text
    assert max_.get(light.replace("dark", "pink")).status_code == 404
    assert staffed.sign_in("compliance").get(light).status_code == 403


def test_card_of_a_team_shows_its_agents(staffed: Console) -> None:
    rows = rows_of(staffed.sign_in("reviewer").get("/scorecards/teams/north").text)
    assert set(rows) == {"maria.lopez", *MORE_OF_THE_TEAM}


def test_names_with_signs_have_cards_too(staffed: Console) -> None:
    add_call(staffed, "c-odd", "a/b?c <i>", "north & co")
    max_ = staffed.sign_in("manager")
    path = re.search(r'href="(/scorecards/agents/a[^"]+)"', max_.get("/scorecards?q=b?c").text)
    assert path
    page = max_.get(path[1].replace("&amp;", "&"))
    assert page.status_code == 200
    assert "a/b?c &lt;i&gt;" in page.text
    assert "<i>" not in page.text


def test_people_count_beside_the_machine(staffed: Console) -> None:
    failed = score("c-m5", "s-c-m5", result(status="fail", asked="q-1"), result("closing"))
    with staffed.store.begin() as connection:
        scored(connection, score("c-m5", "s-2", *failed.results))
        review = make_review(
            score("c-m5", "s-2", *failed.results), failed.results[0], status=Status.PASS, share=1.0,
            reviewer="ann", reason="it was said", now=NOW,
        )  # fmt: skip
        put_review(connection, review)
    refresh_overviews(staffed.store, staffed.settings.flags)
    max_ = staffed.sign_in("manager")
    row = rows_of(max_.get("/scorecards").text)["maria.lopez"]
    assert "100 % machine 50 %, 1 call" in row
    assert "92 %" in row  # the machine's mean stands
    page = max_.get("/scorecards/agents/maria.lopez").text
    assert "1 call that people reviewed" in page
    assert "People, the same calls" in page
    assert "needs calls drawn at random and reviewed: none yet, 10 more to go" in page
    told = json.loads(max_.get("/scorecards/files/agent/json?name=maria.lopez").text)["agents"][0]["reviewed"]
    assert (told["calls"], told["machine_mean_share"]["estimate"], told["mean_share"]["estimate"]) == (1, 0.5, 1.0)


def _measured(console: Console) -> None:
    """Maria's calls are half hold, the others' not at all."""
    with console.store.begin() as connection:
        for row in scorecard_rows(connection).calls:
            hold = 50_000 if row["agent_id"] == "maria.lopez" else 0
            measured = {"call_id": row["call_id"], "facts_key": "f", "duration_ms": 100_000, "hold_ms": hold}
            connection.execute(call_measures.insert(), measured)


def test_measures_stand_beside_the_others_for_who_may_see_these(staffed: Console) -> None:
    add_call(staffed, "c-t5", "tom.becker", "south", days=5)
    _measured(staffed)
    max_ = staffed.sign_in("manager")
    max_.get("/scorecards")

    def hold(page: str) -> str:
        lines = re.findall(r"<tr>(<th scope=.row. data-label=.Measure.>.*?)</tr>", page, flags=re.DOTALL)
        plain = [" ".join(re.sub(r"<[^>]*>", " ", line).split()) for line in lines]
        return next(line for line in plain if line.startswith("Hold"))

    page = max_.get("/scorecards/agents/maria.lopez").text
    assert hold(page) == "Hold, share of the call 6 50.0% 0.0% +50.0 points +50.0 to +50.0 points ▲ higher"
    assert "5 other agents in the same queues" in page
    own = staffed.sign_in("agent", agent_id="maria.lopez").get("/scorecards/agents/maria.lopez").text
    assert hold(own) == "Hold, share of the call 6 50.0%"
    assert "in the same queues" not in own
    told = json.loads(max_.get("/scorecards/files/agent/json?name=maria.lopez").text)["agents"][0]
    assert [each["peers"] for each in told["measures"]] == [5, 5]
    assert told["pooled_mean"]["peers"] == 6


def test_card_is_true_after_a_new_call(staffed: Console) -> None:
    max_ = staffed.sign_in("manager")
    assert "6 calls counted" in max_.get("/scorecards/agents/maria.lopez").text
    add_call(staffed, "c-m7", "maria.lopez", "north")
    assert "7 calls counted" in max_.get("/scorecards/agents/maria.lopez").text


@pytest.mark.parametrize(
    ("kind", "form", "begins"),
    [
        ("agent", "pdf", b"%PDF-"),
        ("team", "pdf", b"%PDF-"),
        ("everybody", "pdf", b"%PDF-"),
        ("agent", "xlsx", b"PK"),
        ("agent", "csv", b"mean_share"),
        ("everybody", "csv", b"subject_kind"),
        ("everybody", "json", b"{"),
    ],
)
def test_files_are_handed_out_and_that_is_logged(staffed: Console, kind: str, form: str, begins: bytes) -> None:
    max_ = staffed.sign_in("manager")
    name = {"agent": "maria.lopez", "team": "north"}.get(kind, "")
    answer = max_.get(f"/scorecards/files/{kind}/{form}?name={name}&period=month&day=2026-10-09")
    assert answer.status_code == 200
    assert begins in answer.content[:600]
    assert f'.{form}"' in answer.headers["content-disposition"]
    (entry,) = acts_of(staffed, "export")
    assert (entry.actor, entry.subject_kind, entry.subject_id) == ("manager", "scorecards", name)
    assert details_of(entry) == {"of": kind, "format": form, "period": "month", "day": "2026-10-01"}


def test_files_hold_the_same_as_the_card(staffed: Console) -> None:
    answer = staffed.sign_in("manager").get("/scorecards/files/agent/xlsx?name=maria.lopez")
    workbook = openpyxl.load_workbook(io.BytesIO(answer.content))
    head, line = list(workbook["Summary"].iter_rows(values_only=True))
    told = dict(zip(head, line, strict=True))
    assert (told["Name"], told["Counted"], told["Flagged"]) == ("maria.lopez", 6, 1)
    assert told["Pass rate"] == pytest.approx(5 / 6, abs=1e-5)


@pytest.mark.parametrize(
    ("role", "sees", "takes"), [("reviewer", 200, 403), ("compliance", 403, 403), ("admin", 200, 200)]
)
def test_roles_may_what_the_table_says(staffed: Console, role: str, sees: int, takes: int) -> None:
    stay = staffed.sign_in(role)
    assert stay.get("/scorecards").status_code == sees
    assert stay.get("/scorecards/agents/maria.lopez").status_code == sees
    assert stay.get("/scorecards/files/everybody/csv").status_code == takes
    assert ("/scorecards/files/" in stay.get("/scorecards").text) == (takes == 200)


def test_looking_at_a_card_is_logged_before_it_is_shown(staffed: Console) -> None:
    staffed.sign_in("reviewer", "ann").get("/scorecards/agents/maria.lopez?period=all")
    (entry,) = [entry for entry in acts_of(staffed, "view") if entry.subject_kind == "scorecard"]
    assert (entry.actor, entry.subject_id, details_of(entry)) == (
        "ann",
        "maria.lopez",
        {"of": "agent", "period": "all"},
    )


@pytest.mark.parametrize(
    "path", ["files/agent/exe?name=maria.lopez", "files/nobody/pdf", "agents/nobody", "teams/none"]
)
def test_what_is_not_there_is_not_found(staffed: Console, path: str) -> None:
    assert staffed.sign_in("manager").get(f"/scorecards/{path}").status_code == 404


def test_queue_has_a_card_of_the_calls_that_may_be_seen(staffed: Console) -> None:
    add_call(staffed, "c-q1", "maria.lopez", "north", queue="cards & loans")
    add_call(staffed, "c-q2", "tom.becker", "south", "fail", queue="cards & loans")
    whole, of_north = staffed.sign_in("manager"), staffed.sign_in("manager", "norma", teams=("north",))
    assert "/scorecards/queues/cards%20%26%20loans?" in whole.get("/scorecards?period=all").text
    for stay, calls, others, note in ((whole, "2", True, False), (of_north, "1", False, True)):
        card = stay.get("/scorecards/queues/cards%20%26%20loans?period=all")
        assert card.status_code == 200
        assert f'/calls?queue=cards+%26+loans">{calls}</a>' in card.text
        assert "/kpis?" not in card.text  # the telephone system knows no queues
        assert ("tom.becker" in card.text) is others
        assert ("only the calls that you may see" in card.text) is note
        told = stay.get("/api/v1/scorecards/queues/cards%20%26%20loans").json()
        assert [(each["subject"], str(each["calls_scored"])) for each in told["queues"]] == [("cards & loans", calls)]
        file = stay.get("/scorecards/files/queue/json?name=cards+%26+loans&period=all").json()
        assert [str(each["calls_scored"]) for each in file["queues"]] == [calls]
    assert "/kpis?period=all&amp;team=north" in whole.get("/scorecards/agents/maria.lopez?period=all").text
    assert whole.get("/scorecards/queues/nobody").status_code == 404
    own = staffed.sign_in("agent", agent_id="maria.lopez")
    assert own.get("/scorecards/queues/cards%20%26%20loans").status_code == 404
