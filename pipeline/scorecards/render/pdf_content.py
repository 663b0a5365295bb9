"""What a PDF says, as plain words and numbers: the page's form (`templates/report.typ`) reckons nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.clock import clock
from pipeline.records import CallToHear, CriterionSummary, Interval, Scorecard, SubjectSummary
from pipeline.scorecards import beside, words
from pipeline.scorecards.charts import picture, trend_svg
from pipeline.scorecards.examples import urgency
from pipeline.scorecards.links import call_url, calls_url
from pipeline.scorecards.report import ScorecardReport

FONT = "Libertinus Serif"  # typst brings it


def content_of(report: ScorecardReport) -> dict[str, Any]:
    """Return a report as `templates/report.typ` takes it: lists and cards; a single card stands alone.

    Args:
        report: Of one subject or of many.
    """
    summaries = report.subjects
    cards: dict[tuple[str, str, str], list[Scorecard]] = {}
    for card in report.scorecards:
        cards.setdefault((card.subject_kind, card.subject, card.period.label), []).append(card)
    with_card = [
        (summary, cards[key])
        for summary in sorted(summaries, key=lambda each: each.period.label, reverse=True)
        if (key := (summary.subject_kind, summary.subject, summary.period.label)) in cards
    ]
    zone = ZoneInfo(report.timezone)
    agents = _list("Agents", report.agents)
    lists = [_list("Teams", report.teams), _list("Queues", report.queues), agents]
    if len(with_card) == 1:  # a card stands alone, a team's with its agents below
        lists = [agents] if with_card[0][0].subject_kind == "team" else []
    return {
        "title": f"Scorecard of {with_card[0][0].subject}" if len(with_card) == 1 else report.title,
        "only": words.only(report.only),
        "words_of_calls": any(_holds_words(card) for card in report.scorecards),
        "days": words.days(report.first_day, report.last_day) if report.first_day else "all calls",
        "generated": f"{words.moment(report.generated_at, zone)} ({report.timezone})",
        "min_calls": report.min_calls,
        "left_out": words.excluded(report.exclusions),
        "lists": [each for each in lists if each is not None],
        "cards": [_card(summary, of_card, report) for summary, of_card in with_card],
    }


def _list(title: str, summaries: Sequence[SubjectSummary]) -> dict[str, Any] | None:
    if not summaries:
        return None
    return {
        "title": title,
        "periods": len({summary.period.label for summary in summaries}) > 1,
        "teams": any(summary.subject_kind == "agent" for summary in summaries),
        "lines": [
            {
                "name": summary.subject,
                "period": words.period(summary.period),
                "team": summary.team or words.UNKNOWN,
                "calls": f"{summary.calls_scored:,}",
                "left_out": words.excluded(summary.excluded),
                "mean": _figure(summary.mean_share, summary.enough_calls),
                "passed": _figure(summary.pass_rate, summary.enough_calls),
                "flagged": f"{summary.flagged:,} of {summary.calls_judged:,}",
                "standing": _standing(summary),
            }
            for summary in summaries
        ],
    }


def _card(summary: SubjectSummary, cards: Sequence[Scorecard], report: ScorecardReport) -> dict[str, Any]:
    kind = summary.subject_kind
    told = f"Mean score by week, {summary.subject}"
    trend = picture(trend_svg(summary.trend, report.min_calls, label=told), "print", font=FONT)
    to_hear = sorted(
        {(each.call_id, each.flags): each for card in cards for each in card.calls_to_hear}.values(), key=urgency
    )
    return {
        "heading": summary.subject if kind == "agent" else f"{kind.capitalize()} {summary.subject}",
        "about": " · ".join(
            [
                words.period(summary.period),
                *([f"Team {summary.team}"] if kind == "agent" and summary.team else []),
                *([narrowed] if (narrowed := words.only(report.only, but=kind)) else []),
            ]
        ),
        "few": "" if summary.enough_calls else words.too_few(summary.calls_scored, report.min_calls).capitalize(),
        "figures": _figures(summary),
        "sentence": _sentence(summary),
        "means": [_mean(line) for line in beside.mean_lines(summary, report.min_calls)],
        "has_peers": any(each.peers for each in summary.measures),
        "compared": beside.compared_with(summary),
        "measures": [dataclasses.asdict(line) for line in beside.measure_lines(summary)],
        "calls_url": calls_url(report.console_url, summary, report.only) or "",
        "trend": {
            "picture": trend,
            "bars": any(point.calls >= report.min_calls for point in summary.trend),
            "told": f"{told}: "
            + "; ".join(f"{point.label} {words.percent(point.mean_share)}" for point in summary.trend if point.calls),
        },
        "topics": [
            f"{topic.title}{' (critical)' if topic.critical else ''}: failed in {topic.missed} of the last "
            f"{topic.assessed} calls in which it could be assessed."
            for card in cards
            for topic in card.topics
        ],
        "rubrics": [_rubric(card, report.min_calls) for card in cards],
        "to_hear": [_call(each, report, with_agent=kind != "agent") for each in to_hear[: report.calls_to_hear]],
        "good": [_call(each, report, with_agent=kind != "agent") for card in cards for each in card.best_calls],
    }


def _holds_words(card: Scorecard) -> bool:
    return any(flag.evidence for call in (*card.calls_to_hear, *card.best_calls) for flag in call.flags)


def _figures(summary: SubjectSummary) -> list[dict[str, Any]]:
    def figure(name: str, value: str, note: str) -> dict[str, Any]:
        return {"name": name, "value": value, "note": note, "few": not summary.enough_calls}

    def share(name: str, interval: Interval | None) -> dict[str, Any]:
        note = f"95 % interval {words.percent_range(interval)}" if interval else "no call has a score"
        return {
            **figure(name, words.percent(interval.estimate) if interval else words.UNKNOWN, note),
            **_bar(interval),
        }

    not_counted = f"not counted: {words.excluded(summary.excluded)}" if summary.excluded else "none left out"
    return [
        share("Mean score", summary.mean_share),
        share("Pass rate", summary.pass_rate),
        figure("Calls counted", f"{summary.calls_scored:,}", not_counted),
        figure("Flagged", f"{summary.flagged:,}", f"of {words.count(summary.calls_judged, 'call')}"),
        figure(
            "Auto-fails",
            f"{summary.auto_fails:,}",
            f"critical errors in {words.count(summary.critical_errors, 'call')}",
        ),
        figure("Customer sentiment", words.sentiment(summary.customer_sentiment), "mean, from −5 to +5"),
    ]


def _sentence(summary: SubjectSummary) -> str:
    if summary.mean_share is None or summary.pass_rate is None:
        return "No call of this period has a score."
    told = (
        f"{words.count(summary.calls_scored, 'call')} counted, with a mean score of "
        f"{words.percent(summary.mean_share.estimate)}; the true mean probably lies within "
        f"{words.percent_range(summary.mean_share)}. {words.percent(summary.pass_rate.estimate)} of them passed; the "
        f"true pass rate probably lies within {words.percent_range(summary.pass_rate)}."
    )
    place = _standing(summary)
    return f"{told} Among others: {place}." if place and summary.standing else told


def _standing(summary: SubjectSummary) -> str:
    if not summary.enough_calls:
        return "too few calls to judge"
    return words.standing(summary.standing, summary.subject_kind) if summary.standing else ""


def _mean(line: beside.MeanLine) -> dict[str, Any]:
    return {"name": line.name, "figure": _figure(line.figure, line.enough), "note": line.note}


def _rubric(card: Scorecard, min_calls: int) -> dict[str, Any]:
    mean, passed = card.mean_share, card.pass_rate
    return {
        "title": f"{words.title(card.rubric_id)}, version {card.rubric_version}",
        "line": f"{words.count(card.calls_scored, 'call')} counted · mean score "
        f"{words.percent(mean.estimate if mean else None)} ({words.percent_range(mean)}) · pass rate "
        f"{words.percent(passed.estimate if passed else None)} ({words.percent_range(passed)})",
        "criteria": [_criterion(each, min_calls) for each in card.criteria],
    }


def _criterion(criterion: CriterionSummary, min_calls: int) -> dict[str, Any]:
    return {
        "title": criterion.title,
        "critical": criterion.critical,
        "rate": _figure(criterion.pass_rate, criterion.assessed >= min_calls),
        "counts": [
            str(n)
            for n in (
                *(criterion.passed, criterion.partial, criterion.failed),
                *(criterion.not_applicable, criterion.cannot_assess),
            )
        ],
        "direction": words.direction(criterion.change),
    }


def _call(call: CallToHear, report: ScorecardReport, *, with_agent: bool) -> dict[str, Any]:
    def link(at_ms: int | None = None) -> str:
        return call_url(report.console_url, call.call_id, at_ms) or ""

    severity = [words.SEVERITY_WORDS[call.severity]] if call.severity else []
    agent = [call.agent_id] if with_agent and call.agent_id else []
    return {
        "when": words.moment(call.started_at, ZoneInfo(report.timezone)),
        "url": link(),
        "about": " · ".join(
            [*severity, *agent, *([words.title(call.queue)] if call.queue else []), f"call {call.call_id}"]
        ),
        "score": words.percent(call.share),
        "reasons": [
            {
                "reason": flag.reason,
                "quotes": [
                    {"at": clock(quote.start_ms), "url": link(quote.start_ms), "words": quote.quote}
                    for quote in flag.evidence
                ],
            }
            for flag in call.flags
        ],
        "note": f"{call.note[:1].upper()}{call.note[1:]}." if call.note else "",
    }


def _figure(interval: Interval | None, enough: bool) -> dict[str, Any]:
    return {
        "value": words.percent(interval.estimate) if interval else words.UNKNOWN,
        "range": words.percent_range(interval),
        "few": not enough,
        **_bar(interval),
    }


def _bar(interval: Interval | None) -> dict[str, Any]:
    return {"low": interval.low, "high": interval.high, "at": interval.estimate} if interval else {}
