"""Judge a saying: was it said, by whom it had to be, where it had to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.clock import clock
from pipeline.compliance.matching import SIMILAR, Candidate, apart
from pipeline.compliance.outcome import NOTHING_TO_JUDGE, Call, Hit, Outcome, unknown
from pipeline.compliance.rule import Saying
from pipeline.compliance.window import Anchor, Searched, Unknown, resolve
from pipeline.records import Expectation, FindingKind, NearestMiss, Role, Span
from pipeline.records.language import covered, language_name


def judge_saying(saying: Saying, call: Call, anchors: Mapping[str, Anchor]) -> Outcome:
    """Return whether something was said, with every hit, or with what was searched and what came nearest.

    Hits of different phrases that overlap are all kept, but none that lies inside a longer one.
    """
    window = resolve(saying.window, call.transcript.duration_ms, anchors)
    if window is None:
        return NOTHING_TO_JUDGE
    undecidable = window if isinstance(window, Unknown) else _undecidable(saying, call)
    if undecidable is not None:
        return unknown(undecidable.reason)
    assert isinstance(window, Searched)
    inside = [
        candidate
        for candidate in sorted(call.candidates[saying.id], key=lambda c: (call.span(c).start_ms, call.span(c).end_ms))
        if candidate.said and window.holds(call.span(candidate))
    ]
    own = [candidate for candidate in inside if saying.counts(call.role(candidate))]
    sure = [hit for hit in own if not hit.like]
    guesses = [hit for hit in own if hit.like and not any(hit.overlaps(other) for other in sure)]
    unattributed = [candidate for candidate in inside if call.role(candidate) is Role.UNKNOWN]
    enough = len(apart(sure)) >= saying.at_least  # what is surely said needs no guess beside it
    # judged by their own times first: the short hit may lie in the window where a longer one runs over its end
    hits = _longest(sure if enough else sorted([*sure, *guesses], key=lambda hit: call.span(hit).start_ms))
    not_needed = tuple(_hit(call, guess) for guess in guesses) if enough else ()
    anybodys = tuple(_hit(call, candidate) for candidate in unattributed)
    if len(apart(hits)) >= saying.at_least:
        return replace(_said(saying, call, hits), guesses=not_needed, unattributed=anybodys)
    if unattributed and len(apart([*hits, *unattributed])) >= saying.at_least:
        at = clock(call.span(unattributed[0]).start_ms)
        miss = _miss(call, unattributed[0], "said by an unknown speaker")
        reason = f"{unattributed[0].as_said} at {at}, but it is not known who speaks there"
        return unknown(reason, searched=window, nearest_miss=miss, unattributed=anybodys)
    return _not_said(saying, call, window, len(apart(hits)))


def _undecidable(saying: Saying, call: Call) -> Unknown | None:
    if saying.entity and not call.transcript.redacted:
        return Unknown(reason="the transcript has not been searched for personal data")
    if not call.stretches:
        return Unknown(reason="the transcript has no words")
    language = call.transcript.language
    if not covered(language, saying.languages):
        written_for = " and ".join(language_name(each) for each in saying.languages)
        return Unknown(reason=f"the call is in {language_name(language)}, and the rule is written for {written_for}")
    return None


def _longest(hits: Sequence[Candidate]) -> list[Candidate]:
    return [hit for hit in hits if not any(hit.inside(other) for other in hits)]


def _hit(call: Call, candidate: Candidate) -> Hit:
    return Hit(span=call.span(candidate), evidence=call.evidence(candidate), probable=bool(candidate.like))


def _said(saying: Saying, call: Call, hits: Sequence[Candidate]) -> Outcome:
    found = tuple(_hit(call, hit) for hit in hits)
    guessed = all(hit.like for hit in hits)
    told = max(hits, key=lambda hit: hit.similarity) if guessed else next(hit for hit in hits if not hit.like)
    reason = f"{told.as_said} {_by(call.role(told))} at {clock(call.span(told).start_ms)}"
    if saying.at_least > 1:
        reason += f", {len(apart(hits))} times in all"
    if told.like:
        reason += f", by meaning: {told.similarity:.2f} like {told.like!r}"
    elif told.similarity < 1:
        reason += f", in words {told.similarity:.2f} similar"
    return Outcome(kind=FindingKind.PRESENT, reason=reason, hits=found)


def _not_said(saying: Saying, call: Call, window: Searched, times: int) -> Outcome:
    confidence, anything_heard = _heard(saying, call, window)
    nearest = _nearest_miss(saying, call, window)
    if anything_heard and window.length_ms:
        if saying.by_meaning and not call.reads_meaning:
            reason = (
                "none of its phrases was said, and by meaning it cannot be assessed: the sentence encoder is missing"
            )
            return unknown(reason, searched=window, searched_confidence=confidence, nearest_miss=nearest)
        if confidence is not None and confidence < call.settings.assessable_confidence:
            reason = (
                f"not found in {window.in_words}, but the words there were recognised with a confidence of "
                f"{confidence:.2f} only: it may have been said"
            )
            return unknown(reason, searched=window, searched_confidence=confidence, nearest_miss=nearest)
    nobody = saying.speaker is None
    if window.length_ms == 0:
        reason = f"the window leaves no time: it would have to be said before {clock(window.hull.start_ms)}"
    elif not anything_heard:
        reason = f"{'nobody said anything' if nobody else f'the {saying.party} said nothing'} in {window.in_words}"
    elif times:
        reason = f"said {times} of {saying.at_least} times in {window.in_words}"
    elif nobody:
        reason = f"nobody said it in {window.in_words}"
    else:
        reason = f"not said by the {saying.party} in {window.in_words}"
    return Outcome(
        kind=FindingKind.ABSENT,
        reason=reason,
        searched=window,
        searched_confidence=confidence,
        nearest_miss=nearest,
    )


def _nearest_miss(saying: Saying, call: Call, window: Searched) -> NearestMiss | None:
    """Return the closest thing to a hit: said elsewhere, then denied, then similar, then said by the other party.

    Similar words are only told of what had to be said: of a prohibited phrase they would be an accusation for nothing.
    """
    ranked: list[tuple[int, float, int, Candidate, str]] = []
    for candidate in call.candidates[saying.id]:
        role, span = call.role(candidate), call.span(candidate)
        its_speaker = saying.counts(role) or role is Role.UNKNOWN
        at = clock(span.start_ms)
        if candidate.why_not == SIMILAR and saying.expect is not Expectation.PRESENT:
            continue
        if candidate.said and its_speaker and window.holds(span):
            rank, reason = 0, f"{candidate.as_said} at {at}"
        elif candidate.said and its_speaker:
            rank, reason = 0, f"{candidate.as_said} at {at}, {_where(span, window)}"
        elif its_speaker:
            rank, reason = (2 if candidate.why_not == SIMILAR else 1), f"{candidate.why_not}, at {at}"
            if not window.holds(span):
                reason += f", {_where(span, window)}"
        elif candidate.said:
            rank, reason = 3, f"{candidate.as_said} by the {role} at {at}"
        else:
            continue
        ranked.append((rank, -candidate.similarity, span.start_ms, candidate, reason))
    if not ranked:
        return None
    _, _, _, best, reason = min(ranked, key=lambda entry: entry[:3])
    return _miss(call, best, reason)


def _miss(call: Call, candidate: Candidate, reason: str) -> NearestMiss:
    """Return a near miss; of one that runs over two turns, the part with the most letters."""
    quote = max(call.evidence(candidate), key=lambda evidence: len(evidence.quote))
    return NearestMiss(evidence=quote, similarity=candidate.similarity, reason=reason)


def _heard(saying: Saying, call: Call, window: Searched) -> tuple[float | None, bool]:
    """Return the mean confidence of the words that could have said it, and whether there were any."""
    words = [
        word
        for turn in call.transcript.turns
        if saying.counts(turn.role) or turn.role is Role.UNKNOWN
        for word in turn.words
        if window.touches(word.start_ms, word.end_ms)
    ]
    known = [word.confidence for word in words if word.confidence is not None]
    return (sum(known) / len(known) if known else None), bool(words)


def _where(span: Span, window: Searched) -> str:
    if window.length_ms == 0:
        return "outside the window"
    if span.end_ms <= window.hull.start_ms:
        return f"before the window ({window.in_words})"
    if span.start_ms >= window.hull.end_ms:
        return f"after the window ({window.in_words})"
    partly = "only partly in" if window.touches(span.start_ms, span.end_ms) else "outside"
    return f"{partly} the window ({window.in_words})"


def _by(role: Role) -> str:
    return "by an unknown speaker" if role is Role.UNKNOWN else f"by the {role}"
