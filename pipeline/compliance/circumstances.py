"""Judge conditions that are not about words: sentiment, silence, overtalk, measures, metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.clock import clock
from pipeline.compliance.outcome import NOTHING_TO_JUDGE, Call, Hit, Outcome, unknown
from pipeline.compliance.rule import MeasureIs, MetadataIs, OvertalkIs, SentimentIs, SilenceIs
from pipeline.compliance.window import Anchor, Searched, Unknown, Window, resolve
from pipeline.records import Evidence, FindingKind, Recording, SentimentReading, Span, field_of

NOT_MEASURED = "the conversation was not measured"
_SHOWN_READINGS = 3


def judge_sentiment(condition: SentimentIs, call: Call, anchors: Mapping[str, Anchor]) -> Outcome:
    """Return whether enough of what a party says sounds so; its share is of the readings that begin in the window."""
    window = _window(condition.window, call, anchors)
    if isinstance(window, Outcome):
        return window
    if call.sentiment is None:
        return unknown("the sentiment was not read")
    starts = {turn.index: turn.start_ms for turn in call.transcript.turns}
    readings = [
        (reading, starts[reading.turn_index] if reading.start_ms is None else reading.start_ms)
        for reading in call.sentiment.readings
        if reading.role is condition.speaker
    ]
    inside = [(reading, at) for reading, at in readings if window.holds(Span(start_ms=at, end_ms=at + 1))]
    if not inside:
        return unknown(f"the {condition.speaker} says too little in {window.in_words} to tell how it sounds")
    so = [(reading, at) for reading, at in inside if reading.label == condition.label]
    share = len(so) / len(inside)
    reason = f"{len(so)} of {len(inside)} passages of the {condition.speaker}'s are {condition.label}"
    if share < condition.share:
        return Outcome(kind=FindingKind.ABSENT, reason=reason, searched=window)
    telling = [reading for reading, _ in sorted(so, key=lambda each: -each[0].probability)[:_SHOWN_READINGS]]
    hits = [replace(_reading_hit(reading, call), told=reading in telling) for reading, _ in so]
    return Outcome(kind=FindingKind.PRESENT, reason=reason, hits=tuple(sorted(hits, key=lambda hit: hit.span.start_ms)))


def _reading_hit(reading: SentimentReading, call: Call) -> Hit:
    turn = next(turn for turn in call.transcript.turns if turn.index == reading.turn_index)
    quote = Evidence(
        turn_index=turn.index,
        role=turn.role,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        char_start=0,
        char_end=len(turn.text),
        quote=turn.text,
        confidence=turn.confidence,
    )
    return Hit(span=Span(start_ms=turn.start_ms, end_ms=turn.end_ms), evidence=(quote,))


def judge_silence(condition: SilenceIs, call: Call, anchors: Mapping[str, Anchor]) -> Outcome:
    """Return whether nobody speaks for so long; a silence counts where it begins in the window."""
    what = {"dead_air": "dead air", "hold": "hold"}.get(condition.kind or "", "silence")
    gaps = [] if call.measures is None else [g for g in call.measures.gaps if condition.kind in {None, g.kind}]
    spans = [Span(start_ms=gap.start_ms, end_ms=gap.end_ms) for gap in gaps]
    return _stretches(what, spans, condition, call, anchors)


def judge_overtalk(condition: OvertalkIs, call: Call, anchors: Mapping[str, Anchor]) -> Outcome:
    """Return whether both speak for so long; an overlap counts where it begins in the window."""
    overtalks = [] if call.measures is None else call.measures.overtalks
    spans = [
        Span(start_ms=each.start_ms, end_ms=each.end_ms)
        for each in overtalks
        if condition.by in {None, each.interrupter}
    ]
    who = f" by the {condition.by}" if condition.by else ""
    judged = _stretches(f"overtalk{who}", spans, condition, call, anchors)
    if judged.kind is not None and call.measures is not None and call.measures.overtalk_ms is None:
        return unknown("it cannot be told on this recording who speaks when")
    return judged


def _stretches(
    what: str, spans: Sequence[Span], condition: SilenceIs | OvertalkIs, call: Call, anchors: Mapping[str, Anchor]
) -> Outcome:
    window = _window(condition.window, call, anchors)
    if isinstance(window, Outcome):
        return window
    if call.measures is None:
        return unknown(NOT_MEASURED)
    counted = [
        span
        for span in spans
        if span.length_ms > condition.longer_than_ms
        and window.holds(Span(start_ms=span.start_ms, end_ms=span.start_ms + 1))
    ]
    longer = f" of more than {condition.longer_than_ms / 1000:g} s" if condition.longer_than_ms else ""
    if len(counted) < condition.at_least:
        times = f"{len(counted)} of {condition.at_least} times " if condition.at_least > 1 else "no "
        return Outcome(kind=FindingKind.ABSENT, reason=f"{times}{what}{longer} in {window.in_words}", searched=window)
    listed = ", ".join(f"{clock(span.start_ms)}-{clock(span.end_ms)}" for span in counted)
    hits = tuple(Hit(span=span) for span in counted)
    return Outcome(kind=FindingKind.PRESENT, reason=f"{what}{longer} at {listed}", hits=hits)


def judge_measure(condition: MeasureIs, call: Call) -> Outcome:
    """Return whether a number about the call is within bounds."""
    if call.measures is None:
        return unknown(NOT_MEASURED)
    value = getattr(call.measures, condition.name)
    if value is None:
        return unknown(f"{condition.name} is not known on this recording")
    low = condition.at_least is None or value >= condition.at_least
    high = condition.at_most is None or value <= condition.at_most
    bounds = [f"at least {_plain(condition.at_least)}"] if condition.at_least is not None else []
    bounds += [f"at most {_plain(condition.at_most)}"] if condition.at_most is not None else []
    holds = low and high
    reason = f"{condition.name} is {_plain(value)}, {'' if holds else 'and not '}{' and '.join(bounds)}"
    return Outcome(kind=FindingKind.PRESENT if holds else FindingKind.ABSENT, reason=reason)


def _plain(number: float) -> str:
    return f"{round(number, 3):.10g}"


def judge_metadata(condition: MetadataIs, recording: Recording) -> Outcome:
    """Return whether a field of the metadata has one of the values. Its own value is not told: it may be a name."""
    own = field_of(recording, condition.field)
    if own is None and condition.values:
        return unknown(f"the call's {condition.field} is not known")
    if not condition.values:
        there = own is not None
        kind = FindingKind.PRESENT if there else FindingKind.ABSENT
        return Outcome(kind=kind, reason=f"the call's metadata {'has' if there else 'has no'} {condition.field}")
    same = own is not None and own.casefold() in {value.casefold() for value in condition.values}
    listed = " or ".join(condition.values)
    return Outcome(
        kind=FindingKind.PRESENT if same else FindingKind.ABSENT,
        reason=f"the call's {condition.field} is {'' if same else 'not '}{listed}",
    )


def _window(window: Window, call: Call, anchors: Mapping[str, Anchor]) -> Searched | Outcome:
    resolved = resolve(window, call.transcript.duration_ms, anchors)
    if resolved is None:
        return NOTHING_TO_JUDGE
    return unknown(resolved.reason) if isinstance(resolved, Unknown) else resolved
