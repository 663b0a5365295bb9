"""Coaching: what repeats, sessions, and what an agent sees of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import update

from pipeline.coaching.answers import answers_of_agent
from pipeline.coaching.plan import make_plan
from pipeline.records import EVERYTHING, Scope, Span
from pipeline.review.coaching import make_item
from pipeline.reviewing.evaluations import questions_at_hand
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.coaching import list_items, list_sessions, put_item
from pipeline.store.console_tables import call_overviews
from pipeline.store.tables import recordings
from tests.web.calls import GOOD, POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console, Stay
from tests.web.test_calibration import until

REPEATS = re.compile(r'name="question" value="([^" ]+) ([^" ]+)"')
PAGE = f"/coaching/{POOR}"


def _item(
    console: Console, note: str = "Hear how the pace changes.", agent: str = POOR, *, criterion: str = "closing"
) -> str:
    with console.store.begin() as connection:
        call = get_recording(connection, call_of(console, agent))
        span = Span(start_ms=1000, end_ms=3000)
        item = make_item(call, note=note, sent_by="ann", now=console.site.now(), criterion_id=criterion, span=span)
        put_item(connection, item)
    return item.item_id


def _hold(console: Console, lead: Stay, **changes: Any) -> Any:
    question = " ".join(REPEATS.findall(lead.get(PAGE).text)[0])
    form = {"notes": "We heard three endings.", "action": "Sum up in one sentence.", "question": [question]}
    return lead.post(f"{PAGE}/sessions", {**form, **changes})


def test_list_shows_who_misses_the_same_again_and_again(console: Console) -> None:
    page = until(console.sign_in("manager"), "/coaching", "missed in")
    assert f'href="{PAGE}"' in page
    assert "missed in 4 of 4" in page
    south = until(console.sign_in("admin"), "/coaching?team=south", "missed in")
    assert f'href="{PAGE}"' in south
    assert f'href="/coaching/{GOOD}"' not in south


def test_topic_has_advice_places_to_hear_and_somebody_elses_example(console: Console) -> None:
    page = console.sign_in("manager").get(PAGE).text
    assert "What to practise" in page
    clips = re.findall(r'src="/calls/([^/]+)/clip\?from_ms=(\d+)&amp;to_ms=(\d+)"', page)
    assert clips
    with console.store.read() as connection:
        own = {call.call_id for call in list_calls(connection, agent=POOR)}
    assert {call_id for call_id, _, _ in clips} <= own
    assert all(int(start) < int(end) for _, start, end in clips)
    assert 'class="card topic"' in page
    [entry] = [each for each in acts_of(console, "view") if each.subject_kind == "coaching"]
    assert (entry.subject_id, set(details_of(entry)["calls"]) >= {clips[0][0]}) == (POOR, True)


def test_notes_of_items_are_for_who_coaches(console: Console) -> None:
    _item(console, "Hear the pace.")
    assert "Hear the pace." in console.sign_in("manager").get(PAGE).text
    page = console.sign_in("reviewer").get(PAGE)
    assert page.status_code == 200
    assert "Hear the pace." not in page.text
    assert "Sent to coaching" not in page.text


def test_good_example_is_of_somebody_else_in_the_team_and_says_not_of_whom(console: Console) -> None:
    console.sign_in("admin").get("/coaching")
    with console.store.begin() as connection:  # the two agents become one team
        for table in (recordings, call_overviews):
            connection.execute(update(table).values(team="south"))
        others = {call.call_id for call in list_calls(connection, agent=GOOD)}
    tom = console.sign_in("agent", "tom", agent_id=POOR)
    page = tom.get(PAGE).text
    [address, *_] = re.findall(r'src="(/coaching/[^"]+/example\?[^"]+)"', page)
    assert GOOD not in page
    assert not any(call_id in page for call_id in others)
    sound = tom.get(address.replace("&amp;", "&"))
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/flac")
    assert sound.content[:4] == b"fLaC"
    assert not any(call_id in str(sound.headers) for call_id in others)
    heard = [entry for entry in acts_of(console, "view") if details_of(entry).get("as") == "good example"]
    assert [(entry.actor, entry.subject_id in others) for entry in heard] == [("tom", True)]
    for wrong in (f"{PAGE}/example", f"{PAGE}/example?rubric=general&criterion=none"):
        assert tom.get(wrong).status_code == 404


def test_session_takes_up_items_and_the_agent_reads_all_of_it(console: Console) -> None:
    taken, left = _item(console), _item(console, note="Another matter.")
    lead, tom = console.sign_in("manager", "max"), console.sign_in("agent", "tom", agent_id=POOR)
    before = tom.get(PAGE).text
    assert "Hear how the pace changes." not in before
    assert "Hear how the pace changes." in lead.get(PAGE).text
    sent = _hold(console, lead, item=[taken])
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PAGE}?done=held#sessions")
    page = tom.get(PAGE).text
    for words in (
        "We heard three endings.",
        "Sum up in one sentence.",
        "Hear how the pace changes.",
        "I have read this",
    ):
        assert words in page
    assert "Another matter." not in page
    with console.store.read() as connection:
        assert [row.item.item_id for row in list_items(connection, only_open=True)] == [left]
    [entry] = acts_of(console, "coaching")
    assert (entry.actor, details_of(entry)["agent"]) == ("max", POOR)
    assert "endings" not in str(details_of(entry))


def test_agent_says_to_have_read_a_session_and_nobody_else_can(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    _hold(console, lead)
    with console.store.read() as connection:
        [row] = list_sessions(connection)
    path = f"/coaching/sessions/{row.session.session_id}/acknowledge"
    assert lead.post(path).status_code == 409
    assert console.sign_in("agent", "maria", agent_id=GOOD).post(path).status_code == 404
    tom = console.sign_in("agent", "tom", agent_id=POOR)
    assert "not read yet" in until(lead, "/coaching", "not read yet")
    assert tom.post(path).status_code == 303
    assert tom.post(path).status_code == 303
    assert len(acts_of(console, "acknowledgement")) == 1
    assert "Read by tom" in lead.get(PAGE).text
    assert "I have read this" not in tom.get(PAGE).text


def test_session_that_cannot_be_kept_shows_the_form_again(console: Console) -> None:
    lead, item = console.sign_in("manager", "max"), _item(console, agent=GOOD)
    for changes, status, told in (
        ({"action": " "}, 409, "agreed on"),
        ({"question": []}, 409, "at least one"),
        ({"question": ["general nothing"]}, 409, "does not come up"),
        ({"item": [item]}, 404, "no such coaching item"),
    ):
        answer = _hold(console, lead, **changes)
        assert (answer.status_code, told in answer.text) == (status, True), told
        assert status == 404 or "We heard three endings." in answer.text
    with console.store.read() as connection:
        assert list_sessions(connection) == []
    assert not acts_of(console, "coaching")


def test_before_and_after_counts_calls_on_either_side_and_says_too_few(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    lead.get("/coaching")
    with console.store.begin() as connection:  # two calls before now, two after
        for number, call in enumerate(list_calls(connection, agent=POOR)):
            at = console.site.now() + timedelta(seconds=-60 if number < 2 else 3)
            for table in (recordings, call_overviews):
                connection.execute(update(table).where(table.c.call_id == call.call_id).values(started_at=at))
    _hold(console, lead)
    page = until(lead, PAGE, "0 of 2 (0 %)")
    assert "0 of 2 (0 %)" in page
    assert "too few calls" in page
    assert "None of this proves" in page
    assert "Team without this coaching" in page
    assert "Team without" not in console.sign_in("agent", "tom", agent_id=POOR).get(PAGE).text


def _move(console: Console, *agents: str, first: int = 0, **values: Any) -> None:
    """Change something about agents' scored calls, from the first or a later one on."""
    with console.store.begin() as connection:
        for agent in agents:
            for call in list_calls(connection, agent=agent, status="scored")[first:]:
                for table in (recordings, call_overviews):
                    connection.execute(update(table).where(table.c.call_id == call.call_id).values(**values))


def _held_amid_calls(console: Console, lead: Stay) -> str:
    """Hold a session of team south, with two calls of both agents before it and two since."""
    lead.get("/coaching")
    _move(console, POOR, GOOD, team="south", started_at=console.site.now() - timedelta(minutes=1))
    _hold(console, lead)
    _move(console, POOR, GOOD, first=2, started_at=console.site.now())
    with console.store.read() as connection:
        return list_sessions(connection)[0].session.session_id


def test_agent_who_moved_is_compared_with_the_team_of_the_session(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    _held_amid_calls(console, lead)
    _move(console, POOR, team="elsewhere")
    page = until(lead, PAGE, "in 2 calls before")
    assert "Team elsewhere" in page
    assert "in 2 calls before" in page
    assert "1 agent, each with the same weight" in page


def test_figures_of_before_and_after_lead_to_their_calls(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    session_id = _held_amid_calls(console, lead)
    page = until(lead, PAGE, "in 2 calls before")
    [address] = re.findall(rf'href="(/coaching/sessions/{session_id}/calls[^"]+)"', page)
    address = address.replace("&amp;", "&")
    shown = until(lead, address, "Missed it as often")
    with console.store.read() as connection:
        own, others = ({c.call_id for c in list_calls(connection, agent=a, status="scored")} for a in (POOR, GOOD))
    assert set(re.findall(r'href="/calls/([^"#]+)#criterion-', shown)) == own
    assert (shown.count(">before<"), shown.count(">since<")) == (2, 2)
    [beside] = re.findall(rf'href="([^"]+agent={GOOD})"', shown)
    listed = lead.get(beside.replace("&amp;", "&")).text
    assert set(re.findall(r'href="/calls/([^"#]+)#criterion-', listed)) == others
    assert lead.get(f"{address}&agent=nobody").status_code == 404
    assert lead.get(f"/coaching/sessions/{session_id}/calls?rubric=general&criterion=none").status_code == 404
    assert lead.get(address.replace(session_id, "cs-none")).status_code == 404
    entry = acts_of(console, "view")[-1]
    assert entry.subject_kind == "coaching"
    tom = console.sign_in("agent", "tom", agent_id=POOR)
    seen = tom.get(address).text
    assert set(re.findall(r'href="/calls/([^"#]+)#criterion-', seen)) == own
    assert GOOD not in seen
    for stranger in (
        console.sign_in("agent", "maria", agent_id=GOOD),
        console.sign_in("manager", "nora", teams=("north",)),
    ):
        assert stranger.get(address).status_code == 404
    assert tom.get(f"{address}&agent={GOOD}").status_code == 404
    reviewer = console.sign_in("reviewer").get(address)
    assert GOOD not in reviewer.text


@pytest.mark.parametrize("agent", [POOR, "nobody", "a/b"])
def test_agents_out_of_scope_are_not_there(console: Console, agent: str) -> None:
    maria = console.sign_in("agent", "maria", agent_id=GOOD)
    north = console.sign_in("manager", "max", teams=("north",))
    for stay in (maria, north):
        assert stay.get(f"/coaching/{agent}").status_code == 404
        assert stay.get(f"/coaching/{agent}/example?rubric=general&criterion=closing").status_code == 404
    form = {"action": "x", "question": ["general closing"]}
    assert north.post(f"/coaching/{agent}/sessions", form).status_code == 404
    assert POOR not in until(north, "/coaching?show=everybody", "north")


def test_agent_is_led_to_their_own_page_and_is_told_where_they_are_nobody(console: Console) -> None:
    tom = console.sign_in("agent", "tom", agent_id=POOR)
    assert tom.get("/coaching").headers["location"] == PAGE
    assert "not joined to your calls" in console.sign_in("agent", "new").get("/coaching").text


def test_only_who_leads_coaching_holds_sessions_and_nobody_with_themselves(console: Console) -> None:
    form = {"action": "x", "question": ["general closing"]}
    for role in ("reviewer", "agent"):
        stay = console.sign_in(role, agent_id=POOR if role == "agent" else None)
        assert "Hold a session" not in stay.get(PAGE).text
        assert stay.post(f"{PAGE}/sessions", form).status_code == 403
    lead = console.sign_in("manager", "lead", agent_id=POOR)
    assert "Hold a session" not in lead.get(PAGE).text
    assert lead.post(f"{PAGE}/sessions", form).status_code == 409
    assert console.sign_in("compliance").get("/coaching").status_code == 403


def test_session_of_another_teams_calls_is_not_there(console: Console) -> None:
    with console.store.begin() as connection:  # one call of hers is another team's
        *_, one = list_calls(connection, agent=POOR, status="scored")
        for table in (recordings, call_overviews):
            connection.execute(update(table).where(table.c.call_id == one.call_id).values(team="elsewhere"))
    lead, other = (console.sign_in("manager", f"of-{team}", teams=(team,)) for team in ("south", "elsewhere"))
    assert lead.get(PAGE).status_code == 200
    form = {"notes": "Said among us.", "action": "Sum up.", "item": [_item(console)]}
    assert lead.post(f"{PAGE}/sessions", form).status_code == 303
    page = other.get(PAGE)
    assert page.status_code == 200
    assert "Said among us." not in page.text
    address = f"/api/v1/coaching/sessions?agent={POOR}"
    assert other.get(address).json()["items"] == []
    [told] = lead.get(address).json()["items"]
    assert told["session"]["notes"] == "Said among us."
    assert "Said among us." in lead.get(PAGE).text
    assert "Said among us." in console.sign_in("agent", "tom", agent_id=POOR).get(PAGE).text
    read = f"/api/v1/coaching/sessions/{told['session']['session_id']}/acknowledgement"
    assert other.post(read).status_code == 404


def test_plan_of_page_and_command_are_the_same(console: Console) -> None:
    page = console.sign_in("manager").get(PAGE).text
    settings = console.settings
    with console.store.read() as connection:
        plan = make_plan(
            connection,
            POOR,
            answers_of_agent(connection, EVERYTHING, POOR),
            examples_among=Scope(teams=("south",)),
            questions=questions_at_hand(settings.score),
            settings=settings.coaching,
        )
    assert plan.topics
    for topic in plan.topics:
        assert escape(topic.missed.title) in page
        assert escape(topic.advice) in page
        assert all(moment.call_id in page for moment in topic.moments)


def test_settings_say_how_many_topics_and_whose_example(open_console: Callable[..., Console]) -> None:
    console = open_console(coaching__max_topics=1, coaching__name_examples=True)
    lead = console.sign_in("admin")
    lead.get("/coaching")
    with console.store.begin() as connection:  # the two agents become one team
        for table in (recordings, call_overviews):
            connection.execute(update(table).values(team="south"))
    page = lead.get(PAGE).text
    assert "more that repeat" in page
    assert f"By {GOOD}." in page


def test_sheet_is_for_who_coaches_and_is_in_the_log(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    assert f'href="{PAGE}/sheet.pdf"' in lead.get(PAGE).text
    made = lead.get(f"{PAGE}/sheet.pdf")
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
    assert made.content.startswith(b"%PDF")
    assert f"coaching-{POOR}.pdf" in made.headers["content-disposition"]
    page = lead.get(f"{PAGE}/sheet.html").text
    assert "What to practise" in page
    assert GOOD not in page
    assert lead.get(f"{PAGE}/sheet.doc").status_code == 404
    assert [entry.subject_id for entry in acts_of(console, "export")] == [POOR, POOR]
    assert console.sign_in("reviewer").get(f"{PAGE}/sheet.pdf").status_code == 403
    north = console.sign_in("manager", "nora", teams=("north",))
    assert north.get(f"{PAGE}/sheet.pdf").status_code == 404
    own = console.sign_in("manager", "lead", agent_id=POOR)
    assert own.get(f"{PAGE}/sheet.pdf").status_code == 404


def test_item_is_taken_back_by_its_sender_where_they_sent_it(console: Console) -> None:
    call_id = call_of(console, POOR)
    criterion = evaluation_of(console, call_id).machine.results[0].criterion_id
    item = _item(console, criterion=criterion)
    ann, lead = console.sign_in("reviewer", "ann"), console.sign_in("manager", "max")
    path = f"/coaching/items/{item}/withdraw"
    assert f'action="{path}"' in ann.get(f"/calls/{call_id}").text
    assert f'action="{path}"' not in lead.get(f"/calls/{call_id}").text
    assert lead.post(path).status_code == 409
    assert console.sign_in("agent", "tom", agent_id=POOR).post(path).status_code == 403
    assert console.sign_in("reviewer", "elsewhere", teams=("north",)).post(path).status_code == 404
    sent = ann.post(path, {"back": "call"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/calls/{call_id}#criterion-{criterion}")
    assert ann.post(path).status_code == 404
    assert "Hear how the pace changes." not in lead.get(PAGE).text
    assert f'action="{path}"' not in ann.get(f"/calls/{call_id}").text
    [entry] = acts_of(console, "withdrawal")
    assert (entry.actor, entry.subject_id) == ("ann", call_id)


def test_item_that_was_talked_about_stays(console: Console) -> None:
    item = _item(console)
    _hold(console, console.sign_in("manager", "max"), item=[item])
    ann = console.sign_in("reviewer", "ann")
    answer = ann.post(f"/api/v1/coaching/items/{item}/withdrawal", headers={"content-type": "application/json"})
    assert (answer.status_code, "taken this item up" in answer.json()["detail"]) == (409, True)
    other = _item(console, note="Another one.")
    answer = ann.post(f"/api/v1/coaching/items/{other}/withdrawal", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["item_id"]) == (200, other)
    assert answer.json()["agent_id"] != POOR  # reviewers are not told whose call it is


def test_list_says_what_came_of_sessions(console: Console) -> None:
    lead = console.sign_in("manager", "max")
    assert "No session was held yet." in until(lead, "/coaching", "No session was held yet.")
    with console.store.begin() as connection:  # a session two days after half of the calls, which then went better
        calls = list_calls(connection, agent=POOR, status="scored")
        for number, call in enumerate(calls):
            at = console.site.now() - timedelta(days=4 if number < len(calls) // 2 else 1)
            for table in (recordings, call_overviews):
                connection.execute(update(table).where(table.c.call_id == call.call_id).values(started_at=at))
    _hold(console, lead)
    told = until(lead, "/coaching", "5 assessed calls on both sides yet")
    assert "nothing can be told" in told
