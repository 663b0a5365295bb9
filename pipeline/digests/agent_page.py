"""What one agent may see of a digest: their own figures, and the groups without anybody else's name."""

from __future__ import annotations

from pipeline.digests.badges import ABOUT
from pipeline.digests.digest import AgentFigures, Digest
from pipeline.digests.figures_in_words import AUTO_FAILS_APART, one_line, share_from_to
from pipeline.digests.figures_section import changed, shows_all
from pipeline.digests.leaderboard import seen_by_agent
from pipeline.digests.lines import DigestPage, Line, Section
from pipeline.digests.links import Place, Places
from pipeline.digests.page import leaderboard_section, notes_of
from pipeline.scorecards.words import count, too_few


def agent_page_of(digest: Digest, agent: str, places: Places) -> DigestPage:
    """Return a digest in words as one of its agents may see it.

    Args:
        digest: Of the agent's team, or of all calls.
        agent: Who looks.
        places: Where the figures lead: to calls of this agent only.
    """
    own = next((each for each in digest.agents if each.agent_id == agent), None)
    title = one_line(f"{agent}: {digest.period.words}")
    if own is None:
        return DigestPage(subject=title, title=title, lead="No call in this time.", sections=(), notes=())
    calls = places.calls(digest.period, team=digest.team, agent=agent)
    boards = [seen_by_agent(board, agent) for board in digest.leaderboards if board.rubric_ids == own.rubric_ids]
    badges = tuple(
        Line(what=each.title, note=each.because, place=calls) for each in digest.badges if each.agent_id == agent
    )
    sections = (
        _figures(own, digest, calls),
        *(leaderboard_section(board, digest, calls) for board in boards),
        Section(title="Badges", lines=badges, about=ABOUT),
    )
    lead = f"{count(own.calls_scored, 'call')} scored."
    if not own.enough_calls:
        lead = f"{lead[:-1]}: {too_few(own.calls_scored, digest.min_calls)}."
    return DigestPage(
        subject=title,
        title=title,
        lead=lead,
        sections=tuple(section for section in sections if section.lines),
        notes=tuple(notes_of(digest)),
    )


def _figures(own: AgentFigures, digest: Digest, calls: Place) -> Section:
    change = changed(own.change, digest.period.before.short, own.calls_scored)
    apart = f"{AUTO_FAILS_APART}; {shows_all(calls)}"
    lines = [
        Line(what="Mean score", value=share_from_to(own.mean_share), note=change, place=calls),
        Line(what="Pass rate", value=share_from_to(own.pass_rate), place=calls),
        Line(what="Calls with a critical error", value=f"{own.critical_errors:,}", note=apart, place=calls),
        Line(what="Calls with an auto-fail", value=f"{own.auto_fails:,}", note=shows_all(calls), place=calls),
    ]
    return Section(title="Figures", lines=tuple(lines))
