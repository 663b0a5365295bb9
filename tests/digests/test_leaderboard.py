from __future__ import annotations

import dataclasses
from typing import Any

from pipeline.digests.agent_page import agent_page_of
from pipeline.digests.badges import CLEAN_CALLS, badges
from pipeline.digests.digest import Change
from pipeline.digests.leaderboard import leaderboards, seen_by_agent
from pipeline.digests.links import Places
from pipeline.digests.page import page_of
from pipeline.digests.text import text_of
from pipeline.intervals import wilson
from pipeline.records import Interval
from tests.digests.made import agent, calls, digest

TWO_GROUPS = [
    agent("zoe", 0.80, 0.90),
    agent("ana", 0.85, 0.95),
    agent("tom", 0.50, 0.60),
    agent("new", 0.96, 1.0, enough_calls=False, calls_scored=2),
]


def test_leaderboard_lists_groups_by_name_and_nobody_with_few_calls() -> None:
    (board,) = leaderboards(TWO_GROUPS)
    assert [(group.agents, group.size) for group in board.groups] == [(("ana", "zoe"), 2), (("tom",), 1)]
    assert (board.groups[0].low, board.groups[0].high) == (0.80, 0.95)
    assert board.not_listed == {"new": 2}


def test_groups_and_badges_lead_to_the_team_s_cards_and_calls() -> None:
    made = dataclasses.replace(
        digest([]), agents=tuple(TWO_GROUPS), leaderboards=leaderboards(TWO_GROUPS), badges=badges(TWO_GROUPS)
    )
    sections = {section.title: section for section in page_of(made, Places(public_url="https://qa")).sections}
    days = "from=2026-10-01&to=2026-10-31"
    groups = sections["Groups of agents, bank"].lines
    assert {line.place and line.place.target for line in groups} == {
        f"https://qa/scorecards?team=north&period=days&{days}"
    }
    since = "since=2026-10-01&until=2026-10-31"
    assert "one is told as improved by chance" in sections["Badges"].about
    for title in ("Badges", "Too few calls to judge"):
        for line in sections[title].lines:
            assert line.place
            assert line.place.target == f"https://qa/calls?agent={line.what}&team=north&{since}"
    commands = page_of(made, Places(public_url=None)).sections
    (group,) = [section for section in commands if section.title.startswith("Groups")]
    assert group.lines[0].place
    assert group.lines[0].place.target == "earmark scorecards show --team north --from 2026-10-01 --to 2026-10-31"
    own = agent_page_of(made, "tom", Places(public_url="https://qa"))
    assert {line.place and line.place.target for section in own.sections for line in section.lines} == {
        f"https://qa/calls?agent=tom&team=north&{since}"
    }


def test_leaderboard_with_overlaps_tells_nobody_apart() -> None:
    (board,) = leaderboards([agent("ana", 0.7, 0.9), agent("tom", 0.85, 0.99), agent("zoe", 0.6, 0.75)])
    assert [group.agents for group in board.groups] == [("ana", "tom", "zoe")]


def test_leaderboards_compare_only_the_same_rubrics() -> None:
    boards = leaderboards([agent("ana", 0.8, 0.9), agent("tom", 0.1, 0.2, rubric_ids=("sales",))])
    assert [(board.rubric_ids, len(board.groups)) for board in boards] == [(("bank",), 1), (("sales",), 1)]
    assert badges([agent("ana", 0.8, 0.9), agent("tom", 0.1, 0.2, rubric_ids=("sales",))]) == ()


def test_agent_sees_the_groups_and_only_their_own_name() -> None:
    (board,) = leaderboards(TWO_GROUPS)
    seen = seen_by_agent(board, "tom")
    assert [(group.agents, group.size) for group in seen.groups] == [((), 2), (("tom",), 1)]
    assert seen.not_listed == {}
    assert "ana" not in repr(seen)


def test_badge_of_the_upper_group_needs_a_lower_one() -> None:
    titles = {(badge.agent_id, badge.title) for badge in badges(TWO_GROUPS)}
    assert titles == {("ana", "clearly in the upper group"), ("zoe", "clearly in the upper group")}


def test_badge_of_improvement_needs_an_interval_above_0() -> None:
    def changed(low: float, high: float, **changes: object) -> int:
        change = Change(interval=Interval(estimate=(low + high) / 2, low=low, high=high), calls=40)
        return len(badges([agent("ana", 0.7, 0.8, change=change, **changes)]))

    assert changed(0.01, 0.1) == 1
    assert changed(0.0, 0.1) == 0
    assert changed(-0.2, -0.1) == 0
    assert changed(0.01, 0.1, enough_calls=False) == 0


def test_badge_without_critical_errors_tells_what_so_many_calls_rule_out() -> None:
    (badge,) = badges([agent("ana", 0.7, 0.8, critical_errors=0, calls_scored=CLEAN_CALLS)])
    bound = wilson(0, CLEAN_CALLS)
    assert bound is not None
    assert round(bound.high, 3) == 0.161  # z²/(n + z²) for z = 1.96, n = 20
    assert badge.title == "20 calls without a critical error"
    assert badge.because.startswith("nor an auto-fail: at most 16% of calls")
    assert badges([agent("ana", 0.7, 0.8, critical_errors=0, calls_scored=CLEAN_CALLS - 1)]) == ()
    assert badges([agent("ana", 0.7, 0.8, critical_errors=0, auto_fails=1, calls_scored=CLEAN_CALLS)]) == ()


def test_digest_has_neither_unless_they_are_switched_on() -> None:
    made = digest([*calls([0.9] * 30, agent_id="ana"), *calls([0.3] * 30, first=100, agent_id="tom")])
    assert (made.leaderboards, made.badges) == ((), ())
    titles = [section.title for section in page_of(made, _places()).sections]
    assert not any("roup" in title or "Badge" in title for title in titles)


def _places() -> Any:
    from pipeline.digests.links import Places

    return Places(public_url=None)


def test_page_of_an_agent_names_nobody_else() -> None:
    made = dataclasses.replace(
        digest([*calls([0.9] * 30, agent_id="ana"), *calls([0.3] * 30, first=100, agent_id="tom")]), team="north"
    )
    made = dataclasses.replace(made, leaderboards=leaderboards(made.agents), badges=badges(made.agents))
    text = text_of(agent_page_of(made, "tom", _places()))
    assert "ana" not in text
    assert "Upper group: 1 agent" in text
    assert "Lower group: tom" in text
    assert "earmark calls list --agent tom --team north --from 2026-10-01" in text
    nothing = text_of(agent_page_of(made, "zoe", _places()))
    assert nothing.splitlines()[-1] == "No call in this time."
