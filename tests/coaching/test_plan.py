"""Plans: advice, moments, and examples that do not tell whose call they are of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from pipeline.coaching.answers import answers_of_agent, missed_by_agent
from pipeline.coaching.plan import Plan, in_its_turn, make_plan
from pipeline.config import CoachingSettings, FlagSettings
from pipeline.records import EVERYTHING, Criterion, Evidence, ManualTest, NearestMiss, Review, Scope, Span, Status
from pipeline.reviewing.overviews import make_overviews
from pipeline.store.overviews import put_overviews
from pipeline.store.reviews import put_review
from tests.factories import evidence, transcript
from tests.store.builders import NOW, result, score, scored, taken_in

ASKED = "asks"
QUESTIONS = {
    ASKED: Criterion(id="closing", title="Closing", points=10, test=ManualTest(question="?"), coaching="Sum up.")
}


def _call(
    connection: Connection, call_id: str, agent: str, status: str, day: int, *, team: str = "south", **changes: Any
) -> None:
    taken_in(connection, call_id, agent_id=agent, team=team, started_at=NOW + timedelta(days=day))
    made = result("closing", status, asked=ASKED, **changes)
    scored(connection, score(call_id, f"s-{call_id}", made))
    put_overviews(connection, [call_id], make_overviews(connection, [call_id], FlagSettings()))


def _missed(connection: Connection, calls: int = 5) -> None:
    for number in range(calls):
        _call(connection, f"c-{number}", "tom.becker", "fail", number, searched=Span(start_ms=0, end_ms=9000))


def _plan(connection: Connection, *, among: Scope | None = EVERYTHING, **changes: Any) -> Plan:
    answers = answers_of_agent(connection, EVERYTHING, "tom.becker")
    settings = CoachingSettings(**changes)
    return make_plan(connection, "tom.becker", answers, examples_among=among, questions=QUESTIONS, settings=settings)


def _said(quote: str) -> Evidence:
    return evidence(quote=quote, char_end=len(quote))


def test_plan_has_the_rubrics_advice_and_the_latest_three_moments(connection: Connection) -> None:
    _missed(connection)
    plan = _plan(connection)
    [topic] = plan.topics
    assert (topic.advice, topic.missed.missed, topic.example) == ("Sum up.", 5, None)
    assert [moment.call_id for moment in topic.moments] == ["c-4", "c-3", "c-2"]
    assert topic.moments[0].searched == Span(start_ms=0, end_ms=9000)
    assert plan.call_ids == {"c-4", "c-3", "c-2"}


def test_moment_has_the_closest_words_where_nothing_was_said(connection: Connection) -> None:
    near = NearestMiss(evidence=_said("so that is that"), similarity=0.6)
    for number in range(4):
        _call(connection, f"c-{number}", "tom.becker", "fail", number, nearest_miss=near,
              searched=Span(start_ms=0, end_ms=9000))  # fmt: skip
    [topic] = _plan(connection).topics
    moment = topic.moments[0]
    assert moment.words is not None
    assert (moment.words.quote, moment.closest, moment.searched) == ("so that is that", True, None)


def test_example_tells_nobody_unless_the_settings_say_so(connection: Connection) -> None:
    _missed(connection)
    _call(
        connection, "c-named", "maria.lopez", "pass", 9, evidence=(_said("Maria here, let me sum up"),), confidence=0.9
    )
    _call(connection, "c-good", "lena.fischer", "pass", 8, evidence=(_said("Let me sum up"),), confidence=0.8)
    [topic] = _plan(connection).topics
    assert topic.example is not None
    assert (topic.example.call_id, topic.example.agent_id, topic.example.said) == ("c-good", None, "Let me sum up")
    [named] = _plan(connection, name_examples=True).topics
    assert named.example is not None
    assert (named.example.call_id, named.example.agent_id) == ("c-named", "maria.lopez")


def test_example_is_looked_for_where_one_may_look_and_is_the_agents_words(connection: Connection) -> None:
    _missed(connection)
    _call(connection, "c-far", "lena.fischer", "pass", 8, team="north", evidence=(_said("Let me sum up"),))
    assert _plan(connection, among=Scope(teams=("south",))).topics[0].example is None
    assert _plan(connection, among=None).topics[0].example is None
    assert _plan(connection, among=Scope(teams=("north",))).topics[0].example is not None


def test_answers_of_people_count_before_the_machines(connection: Connection) -> None:
    _missed(connection, 4)
    assert _plan(connection).topics
    for number in (2, 3):
        given = Review(
            review_id=f"r-{number}",
            call_id=f"c-{number}",
            score_id=f"s-c-{number}",
            criterion_id="closing",
            asked=ASKED,
            status=Status.PASS,
            share=1.0,
            reviewer="ann",
            reason="I heard it",
            made_at=NOW,
        )
        put_review(connection, given)
    plan = _plan(connection)
    assert plan.topics == ()
    assert [(each.missed, each.assessed) for each in plan.others] == [(2, 4)]


def test_settings_say_how_often_a_miss_has_to_repeat(connection: Connection) -> None:
    _missed(connection, 2)
    assert _plan(connection).topics == ()
    assert len(_plan(connection, last_calls=2, misses=2).topics) == 1
    found = missed_by_agent(connection, EVERYTHING, CoachingSettings(last_calls=3, misses=2))
    assert [each.repeats for each in found["tom.becker"]] == [True]


def test_example_is_the_whole_turn_masked_or_a_part_of_a_long_one() -> None:
    short = "So [person_name] pays on Friday, and I call back."
    talk = transcript(("customer", "Yes."), ("agent", short))
    quote = evidence(turn_index=1, quote="pays on Friday", char_start=short.index("pays"), char_end=short.index(","),
                     start_ms=1500, end_ms=2500)  # fmt: skip
    said, span = in_its_turn(talk, quote)
    assert said == "So [person name] pays on Friday, and I call back."
    assert (span.start_ms, span.end_ms) == (talk.turns[1].start_ms, talk.turns[1].end_ms)
    long = " ".join(["word"] * 100) + " here it is " + " ".join(["word"] * 100)
    start = long.index("here")
    quote = evidence(quote="here it is", char_start=start, char_end=start + len("here it is"))
    said, span = in_its_turn(transcript(("agent", long)), quote)
    assert said.startswith("… word")
    assert said.endswith("word …")
    assert "here it is" in said
    assert len(said) < 400
    assert (span.start_ms, span.end_ms) == (quote.start_ms, quote.end_ms)
    assert in_its_turn(None, quote)[0] == "here it is"
    assert in_its_turn(transcript(("agent", "something else")), quote)[0] == "here it is"
