"""Before and after a session, beside agents whom nobody coached."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.coaching.compared import compared_answers
from pipeline.coaching.effect import BeforeAfter, Others, before_and_after
from pipeline.coaching.looking_back import CoachedSince, in_all, look_back
from pipeline.coaching.statistics import Part
from pipeline.coaching.words import LUCK, points, told
from pipeline.config import CoachingSettings, FlagSettings
from pipeline.records import EVERYTHING, CoachedQuestion, CoachingSession, Interval, Scope
from pipeline.reviewing.overviews import make_overviews
from pipeline.store.coaching import SessionRow, put_session
from pipeline.store.coaching_answers import questions_now
from pipeline.store.overviews import put_overviews
from tests.store.builders import NOW, result, score, scored, taken_in

CLOSING = CoachedQuestion(rubric_id="general", criterion_id="closing")
MUCH_LATER = NOW + timedelta(weeks=20)


def _session(session_id: str = "cs-1", **changes: Any) -> CoachingSession:
    given: dict[str, Any] = {"notes": "said", "action": "do", "held_by": "max", "held_at": NOW, "agent_id": "tom"}
    return CoachingSession(session_id=session_id, **{**given, "questions": (CLOSING,), "team": "north", **changes})


def _row(**changes: Any) -> SessionRow:
    return SessionRow(session=_session(**changes), acknowledgement=None)


def _calls(connection: Connection, agent: str, before: str, after: str, *, team: str = "north") -> None:
    """Calls of an agent, one a day before and after now: ``p`` passed and ``f`` failed, the earliest first."""
    call_ids = []
    for number, letter in enumerate(before + after):
        call_id = f"c-{agent}-{number}"
        day = number - len(before) if number < len(before) else number - len(before) + 1
        taken_in(connection, call_id, agent_id=agent, team=team, started_at=NOW + timedelta(days=day))
        made = result("closing", {"p": "pass", "f": "fail", "n": "not_applicable"}[letter], asked="asks")
        scored(connection, score(call_id, f"s-{agent}-{number}", made))
        call_ids.append(call_id)
    put_overviews(connection, call_ids, make_overviews(connection, call_ids, FlagSettings()))


def _found(connection: Connection, **changes: Any) -> BeforeAfter:
    terms: dict[str, Any] = {"scope": EVERYTHING, "team": "north", "sessions": [], "min_calls": 5, "now": MUCH_LATER}
    return before_and_after(
        connection, _session(), CLOSING, "asks", settings=CoachingSettings(), **{**terms, **changes}
    )


def test_change_stands_beside_agents_whom_nobody_coached_in_these_weeks(connection: Connection) -> None:
    _calls(connection, "tom", "ffffff", "ppppp")
    _calls(connection, "maria", "ffppp", "pppfn" + "p")
    _calls(connection, "lena", "fffffffff", "ppppppppp")  # coached too
    _calls(connection, "long", "ffppp", "fpppp")  # coached, but half a year ago
    _calls(connection, "far", "fffffffff", "ppppppppp", team="south")
    coached = [_row(agent_id="lena", session_id="cs-2", held_at=NOW - timedelta(days=3)),
               _row(agent_id="long", session_id="cs-3", held_at=NOW - timedelta(weeks=26))]  # fmt: skip
    found = _found(connection, sessions=coached)
    assert (found.before, found.after) == (Part(passed=0, assessed=6), Part(passed=5, assessed=5))
    assert found.change is not None
    assert found.change.estimate == 1.0
    others = found.others
    assert others is not None
    assert (others.agents, others.before, others.after) == (2, Part(passed=6, assessed=10), Part(passed=8, assessed=10))
    assert (others.one_sided, others.share_before, others.share_after) == (0, pytest.approx(0.6), pytest.approx(0.8))
    assert others.change is not None
    assert others.effect is not None
    assert (others.change.estimate, others.effect.estimate) == pytest.approx((0.2, 0.8))
    assert others.effect.low > 0


def test_agents_who_missed_it_as_often_show_what_comes_of_bad_luck(connection: Connection) -> None:
    _calls(connection, "tom", "ffffff", "ppppf")
    _calls(connection, "unlucky", "pffff" + "f", "pppfp")  # a topic too, and nobody said a word
    _calls(connection, "steady", "ppppp", "ppppp")
    compared = compared_answers(
        connection, _session(), CLOSING, "asks", scope=EVERYTHING, team="north", sessions=[],
        settings=CoachingSettings(), now=MUCH_LATER,
    )  # fmt: skip
    assert [(each.agent_id, each.before.passed, each.after.passed, each.alike) for each in compared.counting()] == [
        ("steady", 5, 5, False),
        ("unlucky", 1, 4, True),
    ]
    found = _found(connection)
    assert found.others is not None
    assert found.alike is not None
    assert (found.others.agents, found.alike.agents) == (2, 1)
    assert (found.alike.before, found.alike.after) == (Part(passed=1, assessed=6), Part(passed=4, assessed=5))
    assert found.alike.effect is not None
    assert found.alike.effect.low < 0 < found.alike.effect.high
    said = told(found, min_calls=5)
    assert said[0].startswith("The question goes better than before: +80 points")
    assert LUCK in said
    assert "cannot be told apart" in said[-1]


def test_agents_with_calls_on_one_side_only_are_no_comparison(connection: Connection) -> None:
    _calls(connection, "tom", "fffff", "ppppp")
    _calls(connection, "new", "", "pppppppp")
    found = _found(connection)
    assert found.others == Others(agents=0, one_sided=1, before=Part(passed=0, assessed=0),
                                  after=Part(passed=0, assessed=0), share_before=None, share_after=None,
                                  change=None, effect=None)  # fmt: skip
    assert any("No other agent" in sentence for sentence in told(found, min_calls=5))
    _calls(connection, "here", "fffpp", "pppff")
    found = _found(connection)
    assert found.others is not None
    assert (found.others.agents, found.others.one_sided) == (1, 1)
    [beside] = [
        sentence for sentence in told(found, min_calls=5) if "1 more has calls on one side only and is" in sentence
    ]
    assert "one agent, who does not show how much agents differ" in beside


def test_team_has_not_changed_where_only_who_took_the_calls_has(connection: Connection) -> None:
    _calls(connection, "tom", "pf" * 10, "pf" * 10)
    _calls(connection, "ann", "pppppppppf" * 4, "pppppppppf")  # 90 % always, and away in the later weeks
    _calls(connection, "ben", "pppfffffff", "pppfffffff" * 4)  # 30 % always
    found = _found(connection)
    assert found.others is not None
    assert found.others.change is not None
    assert found.others.effect is not None
    assert (found.others.before.passed, found.others.after.passed) == (39, 21)  # of 50 each: 78 and 42 %
    assert (found.others.share_before, found.others.share_after) == pytest.approx((0.6, 0.6))
    assert (found.others.change.estimate, found.others.effect.estimate) == (0, 0)
    assert found.others.change.low < -0.1 < 0.1 < found.others.change.high
    assert any("cannot be told apart: the difference is 0 points" in sentence for sentence in told(found, min_calls=5))


def test_nobody_is_compared_without_a_team(connection: Connection) -> None:
    _calls(connection, "tom", "fffff", "ppppp")
    found = _found(connection, team=None)
    assert found.change is not None
    assert (found.others, found.alike) == (None, None)


def test_too_few_calls_tell_no_change_and_calls_out_of_time_or_scope_do_not_count(connection: Connection) -> None:
    _calls(connection, "tom", "ffffff", "pppp")
    found = _found(connection)
    assert (found.after.assessed, found.change) == (4, None)
    assert told(found, min_calls=5) == (
        "Too few calls to tell a change: 6 before and 4 since; it takes 5 on each side.",
    )
    soon = _found(connection, now=NOW + timedelta(days=1))
    assert (soon.before.assessed, soon.after) == (6, Part(passed=0, assessed=0))
    assert soon.after.rate is None
    none = _found(connection, scope=Scope(teams=("south",)))
    assert (none.before.assessed, none.after.assessed) == (0, 0)
    one_week = before_and_after(
        connection, _session(), CLOSING, "asks", scope=EVERYTHING, team=None, sessions=[], min_calls=5,
        settings=CoachingSettings(weeks_compared=1), now=NOW + timedelta(days=3),
    )  # fmt: skip
    assert (one_week.before.assessed, one_week.after.assessed) == (6, 2)


def test_other_sessions_of_the_agent_in_these_weeks_are_told(connection: Connection) -> None:
    _calls(connection, "tom", "fffff", "fffff")
    sessions = [_row(), _row(session_id="cs-0", held_at=NOW - timedelta(days=9)),
                _row(session_id="cs-9", held_at=NOW - timedelta(weeks=9))]  # fmt: skip
    found = _found(connection, sessions=sessions)
    assert found.earlier_sessions == 1
    said = told(found, min_calls=5)
    assert said[0].startswith("No clear change: 0 points")
    assert said[1].startswith("There was 1 other session")


def test_points_are_of_a_hundred_and_signed() -> None:
    assert points(Interval(estimate=0.404, low=-0.09, high=0.64)) == "+40 points (−9 to +64)"
    assert points(Interval(estimate=0.001, low=-0.004, high=0.004)) == "0 points (0 to 0)"


def _effect(estimate: float, low: float, high: float) -> Interval:
    return Interval(estimate=estimate, low=low, high=high)


def test_all_sessions_count_each_agent_and_question_once_by_the_first_that_tells() -> None:
    part = Part(passed=1, assessed=5)

    def since(number: int, agent: str, change: Interval | None, effect: Interval | None = None) -> CoachedSince:
        beside = Others(agents=1, one_sided=0, before=part, after=part, share_before=0.2, share_after=0.2,
                        change=change, effect=effect)  # fmt: skip
        found = BeforeAfter(before=part, after=part, change=change, others=beside)
        row = _row(session_id=f"cs-{number}", agent_id=agent, held_at=NOW + timedelta(days=number))
        return CoachedSince(row=row, question=CLOSING, title="Closing", found=found)

    each = [
        since(5, "tom", _effect(-0.4, -0.6, -0.1)),
        since(4, "lena", _effect(-0.5, -0.7, -0.2), _effect(-0.2, -0.4, 0.1)),
        since(3, "tom", _effect(0.4, 0.1, 0.6), _effect(0.1, -0.2, 0.4)),
        since(2, "maria", _effect(0.1, -0.3, 0.4)),
        since(1, "tom", None),
    ]
    found = in_all(each)
    assert (found.told, found.clearly_better, found.clearly_worse) == (3, 1, 1)
    assert [one.row.session.session_id for one in found.counted] == ["cs-4", "cs-3", "cs-2"]
    assert found.better is not None
    assert found.better.estimate == pytest.approx(2 / 3)
    assert 0.2 < found.better.low < found.better.high < 0.95  # Wilson of 2 in 3: 0.208 to 0.939
    assert found.beside_others is not None
    assert found.beside_others.estimate == pytest.approx(1 / 2)
    assert found.beside_alike is None
    assert in_all([]).better is None


def test_looking_back_asks_questions_as_they_are_asked_now(connection: Connection) -> None:
    _calls(connection, "tom", "fffff", "ppppp")
    gone = CoachedQuestion(rubric_id="general", criterion_id="gone")
    put_session(connection, _session(questions=(CLOSING, gone)))
    rows = [_row(questions=(CLOSING, gone))]
    questions = questions_now(connection, [CLOSING, gone])
    assert {question: now.asked for question, now in questions.items()} == {CLOSING: "asks"}
    found = look_back(
        connection, rows, everybodys=rows, questions=questions, scope=EVERYTHING, settings=CoachingSettings(),
        min_calls=5, now=MUCH_LATER,
    )  # fmt: skip
    assert [(each.title, each.found is None) for each in found.each] == [("Closing", False), ("gone", True)]
    assert (found.told, found.clearly_better) == (1, 1)
