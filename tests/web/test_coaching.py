"""Coaching: what repeats, sessions, and what an agent sees of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.records import Span
from pipeline.review.coaching import make_item
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.coaching import list_items, list_sessions, put_item
from pipeline.store.console_tables import call_overviews
from pipeline.store.tables import recordings
from tests.web.calls import GOOD, POOR, acts_of, call_of, details_of
from tests.web.conftest import Console, Stay
from tests.web.test_calibration import until

REPEATS = re.compile(r'name="question" value="([^" ]+) ([^" ]+)"')
PAGE = f"/coaching/{POOR}"


def _item(console: Console, note: str = "Hear how the pace changes.", agent: str = POOR) -> str:
    with console.store.begin() as connection:
        call = get_recording(connection, call_of(console, agent))
        span = Span(start_ms=1000, end_ms=3000)
        item = make_item(call, note=note, sent_by="ann", now=console.site.now(), criterion_id="closing", span=span)
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
