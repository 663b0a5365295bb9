"""A digest in plain words, put together once for e-mail, text and terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from pipeline.digests.badges import ABOUT
from pipeline.digests.digest import BudgetLine, Digest, Leaderboard
from pipeline.digests.figures_in_words import (
    AUTO_FAILS_APART,
    FIGURES,
    agents_words,
    budget_words,
    change_words,
    one_line,
    share_from_to,
)
from pipeline.digests.figures_section import figures_section, shows_all
from pipeline.digests.lines import DigestPage, Line, Section
from pipeline.digests.links import Place, Places
from pipeline.records import CallToHear
from pipeline.scorecards.words import SEVERITY_WORDS, count, moment, percent, too_few

MOST_AGENTS = 30
"""So many lines of one kind are shown; the rest is counted."""


def page_of(digest: Digest, places: Places) -> DigestPage:
    """Return a digest in words.

    Args:
        digest: The figures.
        places: Where they lead.
    """
    name = f"Team {digest.team}" if digest.team is not None else "All calls"
    cards = places.cards(digest.period, digest.team)
    sections = (
        figures_section(digest, places),
        _waiting(digest, places),
        _to_hear(digest, places),
        _budget(digest, places),
        *(leaderboard_section(board, digest, cards) for board in digest.leaderboards),
        _badges(digest, places),
        _too_few(digest, places),
    )
    return DigestPage(
        subject=one_line(f"{name}, {digest.period.words}"),
        title=f"{name}: {digest.period.words}",
        lead=_lead(digest),
        sections=tuple(section for section in sections if section.lines),
        notes=tuple(notes_of(digest)),
    )


def _lead(digest: Digest) -> str:
    if not digest.calls:
        return "No call began in this time." if digest.ended else "No call yet."
    if digest.mean_share is None:
        return f"{count(digest.calls, 'call')}, none of them scored."
    said = f"{count(digest.calls_scored, 'call')} scored, mean {share_from_to(digest.mean_share)}"
    if not digest.enough_calls:
        return f"{said}: {too_few(digest.calls_scored, digest.min_calls)}."
    changed = change_words(digest.mean_change, digest.period.before.short) if digest.mean_change.interval else ""
    critical = f"{count(digest.critical_errors, 'call')} with a critical error" if digest.critical_errors else ""
    auto_fails = f"{count(digest.auto_fails, 'call')} with an auto-fail" if digest.auto_fails else ""
    return f"{'; '.join(filter(None, (said, changed, critical, auto_fails)))}."


def _waiting(digest: Digest, places: Places) -> Section:
    waiting = digest.waiting
    lines = []
    if waiting.disputes:
        lines.append(Line(what="Disputes to rule on", value=f"{waiting.disputes:,}", place=places.disputes()))
    if waiting.coaching_items:
        lines.append(
            Line(
                what="Moments sent to coaching", value=f"{waiting.coaching_items:,}", place=places.all_coaching("items")
            )
        )
    lines += [
        Line(
            what=f"Coach {topic.agent_id}",
            value=topic.title,
            note=f"failed in {topic.missed} of the last {topic.assessed} calls"
            + (", critical" if topic.critical else ""),
            place=places.coaching(topic.agent_id),
        )
        for topic in waiting.topics[:MOST_AGENTS]
    ]
    lines += _rest(len(waiting.topics), "topic", places.all_coaching("topics"))
    if digest.sessions or lines:
        held = f"{digest.sessions:,}"
        lines.append(
            Line(what="Coaching sessions held", value=held, note="in this time", place=places.all_coaching("sessions"))
        )
    return Section(title="Waiting for somebody", lines=tuple(lines), about="As it stands now, whatever the time.")


def _to_hear(digest: Digest, places: Places) -> Section:
    zone = ZoneInfo(digest.timezone)
    lines = tuple(
        Line(
            what=", ".join(filter(None, (moment(call.started_at, zone), call.agent_id))),
            value=f"score {percent(call.share)}",
            note=_why(call, quotes=digest.quotes),
            place=places.call(call.call_id),
        )
        for call in digest.to_hear
    )
    return Section(title="Calls to hear", lines=lines, about="Flagged calls, the gravest first.")


def _why(call: CallToHear, *, quotes: bool) -> str:
    """Say why a call is to be heard: what its flags mean, or with quotes their reasons and the words."""
    if not quotes:
        severity = f"{SEVERITY_WORDS[call.severity]}." if call.severity else ""
        return " ".join(filter(None, (severity, *dict.fromkeys(call.reasons))))
    return " · ".join(
        " ".join((flag.reason, *(f"“{evidence.quote}”" for evidence in flag.evidence if evidence.quote)))
        for flag in call.flags
    )


def _budget(digest: Digest, places: Places) -> Section:
    lines = tuple(
        _target(line, places.calls(digest.period, **{line.subject_kind: line.subject})) for line in digest.budget
    )
    about = "Met or missed only where the interval lies on one side of the target."
    return Section(title="Targets of the month", lines=lines, about=about)


def _target(line: BudgetLine, place: Place) -> Line:
    apart = (AUTO_FAILS_APART, shows_all(place)) if line.figure == "critical_error_share" else ()
    what = f"{FIGURES[line.figure]}, {line.subject_kind} {line.subject}"
    return Line(what=what, value=budget_words(line), note="; ".join(filter(None, (line.why, *apart))), place=place)


def leaderboard_section(board: Leaderboard, digest: Digest, place: Place) -> Section:
    """Return a leaderboard in words, all of which leads to one place; one group: nobody can be told apart."""
    rubrics = ", ".join(board.rubric_ids)
    title = f"Groups of agents, {rubrics}"
    if len(board.groups) < 2:
        agents = board.groups[0].size if board.groups else 0
        said = f"No clear difference among {count(agents, 'agent')}" if agents > 1 else "Nobody to compare with"
        return Section(title=title, lines=(Line(what=said, place=place),) if agents else ())
    lines = [
        Line(
            what=f"{_place(number, len(board.groups))} group",
            value=agents_words(group.agents, group.size),
            note=f"means from {percent(group.low)} to {percent(group.high)}",
            place=place,
        )
        for number, group in enumerate(board.groups, start=1)
    ]
    if board.not_listed:
        named = f"{count(len(board.not_listed), 'agent')} with fewer than {digest.min_calls} scored calls"
        lines.append(Line(what="Not listed", value=named, place=place))
    about = "No interval of one group overlaps with one of another. Within a group nobody is ahead."
    return Section(title=title, lines=tuple(lines), about=about)


def _place(number: int, groups: int) -> str:
    return "Upper" if number == 1 else "Lower" if number == groups else "Middle"


def _badges(digest: Digest, places: Places) -> Section:
    lines = [
        Line(
            what=badge.agent_id,
            value=badge.title,
            note=badge.because,
            place=places.calls(digest.period, team=digest.team, agent=badge.agent_id),
        )
        for badge in digest.badges[:MOST_AGENTS]
    ]
    rest = _rest(len(digest.badges), "badge", places.cards(digest.period, digest.team))
    return Section(title="Badges", lines=(*lines, *rest), about=ABOUT)


def _too_few(digest: Digest, places: Places) -> Section:
    lines = [
        Line(
            what=agent.agent_id,
            value=f"{agent.calls_scored} of {digest.min_calls} calls",
            place=places.calls(digest.period, team=digest.team, agent=agent.agent_id),
        )
        for agent in digest.too_few[:MOST_AGENTS]
    ]
    return Section(
        title="Too few calls to judge",
        lines=(*lines, *_rest(len(digest.too_few), "agent", places.calls(digest.period, team=digest.team))),
        about="Scored calls in this time; nothing is said about these agents' figures.",
    )


def _rest(found: int, one: str, place: Place) -> Sequence[Line]:
    if found <= MOST_AGENTS:
        return ()
    return (Line(what=f"and {count(found - MOST_AGENTS, f'more {one}', f'more {one}s')}", place=place),)


def notes_of(digest: Digest) -> Iterator[str]:
    """Return how the figures are meant."""
    yield (
        "Numbers in brackets are 95 % intervals: where the true figure of calls like these probably lies. "
        "A change is told only where its interval leaves out 0."
    )
    if not digest.ended:
        yield "This time has not ended; the figures are of the calls so far."
    zone = ZoneInfo(digest.timezone)
    yield f"Scores are the machine's. Made {moment(digest.made_at, zone)} ({digest.timezone}) by Earmark."
