"""What happened when in a call, as lanes below its waveform: places in per cent of its length, for a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.clock import clock
from pipeline.privacy.mute import muted_spans
from pipeline.records import Expectation, Finding, Role, SentimentReading, Transcript
from pipeline.score.readings import time_of
from pipeline.score.wording import signed
from pipeline.store.call_record import CallRecord

SPEAKER_PX = 11
MOOD_PX = 30
THIN_PX = 12
MARKS_PX = 20
MOST_SEARCHED = 0.5  # what was looked for all over the call is nowhere in particular

_ROLES = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN, Role.SYSTEM)
_WHO = {
    Role.AGENT: "agent",
    Role.CUSTOMER: "customer",
    Role.UNKNOWN: "speaker not known",
    Role.SYSTEM: "announcement",
}
_QUIET = {"dead_air": "Nobody speaks", "hold": "On hold", "overtalk": "Both speak", "raised": "Louder than usual"}


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneItem:
    """Something in a lane.

    Attributes:
        kind: What it is, for its colour and shape.
        x: Where it begins, in per cent of the call's length; ``width`` likewise.
        y: Where it begins from the lane's top, in pixels; ``height`` likewise.
        told: What it is, in words.
        href: What of the page it leads to.
    """

    kind: str
    from_ms: int
    to_ms: int
    x: float
    width: float
    told: str
    y: float = 0
    height: float = 0
    href: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """A row of items.

    Attributes:
        told: What it shows, in a sentence for who does not see it.
        marks: Whether its items are signs at a moment instead of stretches.
    """

    id: str
    title: str
    told: str
    height: int
    items: tuple[LaneItem, ...]
    marks: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LegendEntry:
    """What a colour or sign means."""

    kind: str
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lanes:
    """All lanes of a call, with times for its axis."""

    duration_ms: int
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    legend: tuple[LegendEntry, ...]
    channel_roles: tuple[str, ...]


def lanes_of(call: CallRecord, *, margin_ms: int, questions_of_rules: Mapping[str, str]) -> Lanes | None:
    """Return a call's lanes; None where nothing is known of what was said.

    Args:
        call: With the transcript that they are drawn from.
        margin_ms: Silence before and behind personal data.
        questions_of_rules: By rule, the question of the score that asks for it.
    """
    transcript = call.transcript
    duration_ms = call.recording.duration_ms
    if transcript is None or duration_ms <= 0:
        return None
    place = _Place(duration_ms)
    found = [
        _speakers(transcript, place),
        _mood(call, transcript, place),
        _quiet(call, place),
        _marks(call, place, questions_of_rules),
        _silenced(transcript, margin_ms, place),
    ]
    lanes = tuple(lane for lane in found if lane is not None)
    used = {item.kind for lane in lanes for item in lane.items}
    return Lanes(
        duration_ms=duration_ms,
        lanes=lanes,
        ticks=tuple(_ticks(duration_ms)),
        legend=tuple(LegendEntry(kind=kind, told=told) for kind, told in LEGEND.items() if kind in used),
        channel_roles=tuple(_role_of_channel(transcript, channel) for channel in range(call.recording.channels)),
    )


LEGEND = {
    "agent": "agent speaks",
    "customer": "customer speaks",
    "unknown": "somebody speaks",
    "system": "announcement",
    "positive": "customer's words sound positive",
    "negative": "customer's words sound negative",
    "neutral": "neither",
    "dead_air": "nobody speaks",
    "hold": "on hold",
    "overtalk": "both speak",
    "raised": "louder than usual",
    "flag": "flag",
    "violation": "broken rule",
    "signal": "worth knowing",
    "kept": "said as it should be",
    "searched": "searched, not said",
    "silenced": "personal data, silenced",
}


@dataclass(frozen=True, slots=True)
class _Place:
    duration_ms: int

    def __call__(self, kind: str, from_ms: int, to_ms: int, told: str, **more: float | str | None) -> LaneItem:
        start, end = max(0, from_ms), min(to_ms, self.duration_ms)
        x, until = (round(100 * at / self.duration_ms, 3) for at in (start, max(start, end)))
        when = f"{clock(start)}–{clock(end)}"
        return LaneItem(
            kind=kind,
            from_ms=start,
            to_ms=end,
            x=x,
            width=max(round(until - x, 3), 0.15),
            told=f"{told}, {when}",
            **more,  # type: ignore[arg-type]
        )


def _speakers(transcript: Transcript, place: _Place) -> Lane:
    present = [role for role in _ROLES if any(turn.role is role for turn in transcript.turns)]
    items = [
        place(
            turn.role.value,
            turn.start_ms,
            turn.end_ms,
            _WHO[turn.role],
            y=present.index(turn.role) * SPEAKER_PX + 1,
            height=SPEAKER_PX - 2,
            href=f"#turn-{turn.index}",
        )
        for turn in transcript.turns
    ]
    told = f"Who speaks when: {len(items)} turns of {', '.join(_WHO[role] for role in present) or 'nobody'}."
    height = max(1, len(present)) * SPEAKER_PX
    return Lane(id="speakers", title="Speakers", told=told, height=height, items=tuple(items))


def _mood(call: CallRecord, transcript: Transcript, place: _Place) -> Lane | None:
    """Return how the customer's words sound, or everybody's where nobody knows who speaks: up is positive."""
    readings = call.sentiment.readings if call.sentiment else ()
    role = Role.CUSTOMER if any(r.role is Role.CUSTOMER for r in readings) else Role.UNKNOWN
    own = [reading for reading in readings if reading.role is role]
    if not own:
        return None
    items = [_bar(reading, transcript, place) for reading in own]
    party = call.sentiment.of(role) if call.sentiment else None
    told = f"How the {_WHO[role]}'s words sound, from -5 to +5."
    if party and party.overall is not None:
        told += f" Overall {signed(party.overall)}."
    return Lane(id="mood", title="Sentiment", told=told, height=MOOD_PX, items=tuple(items))


def _bar(reading: SentimentReading, transcript: Transcript, place: _Place) -> LaneItem:
    from_ms, to_ms = time_of(transcript, reading)
    middle = MOOD_PX / 2
    reach = max(1.5, abs(reading.score) * (middle - 1))
    kind = "positive" if reading.score > 0.1 else "negative" if reading.score < -0.1 else "neutral"
    y = middle - reach if kind == "positive" else middle if kind == "negative" else middle - 1
    height = 2 if kind == "neutral" else reach
    told = f"{_WHO[reading.role]} {signed(reading.score)}"
    href = f"#turn-{reading.turn_index}"
    return place(kind, from_ms, to_ms, told, y=round(y, 1), height=round(height, 1), href=href)


def _quiet(call: CallRecord, place: _Place) -> Lane | None:
    measures = call.measures
    if measures is None:
        return None
    y, height = 1, THIN_PX - 2
    items = [place(g.kind, g.start_ms, g.end_ms, _QUIET[g.kind], y=y, height=height) for g in measures.gaps]
    items += [
        place("overtalk", o.start_ms, o.end_ms, _QUIET["overtalk"], y=y, height=height) for o in measures.overtalks
    ]
    items += [
        place("raised", r.start_ms, r.end_ms, f"{_WHO[r.role]} {_QUIET['raised'].lower()}", y=y, height=height)
        for r in measures.raised_voices
    ]
    told = (
        f"Silences and holds: {len(measures.gaps)}; both at once: {len(measures.overtalks)}; "
        f"louder than usual: {len(measures.raised_voices)}."
    )
    return Lane(id="quiet", title="Silence, overtalk", told=told, height=THIN_PX, items=tuple(items))


def _marks(call: CallRecord, place: _Place, questions_of_rules: Mapping[str, str]) -> Lane:
    """Return flags and findings at their moments, and where something was looked for in vain that had to be said."""
    items = []
    flagged = {flag.rule_id for flag in call.flags if flag.rule_id}
    for flag in call.flags:
        if flag.evidence:
            first = min(flag.evidence, key=lambda quote: quote.start_ms)
            href = f"#criterion-{flag.criterion_id}" if flag.criterion_id else f"#flag-{flag.flag_id}"
            told = f"Flag, {flag.severity.value}: {flag.code.replace('_', ' ')}"
            items.append(place("flag", first.start_ms, first.end_ms, told, href=href))
    flagged_ms = {item.from_ms for item in items}
    for finding in call.findings:
        question = questions_of_rules.get(finding.rule_id)
        leads_to = f"#criterion-{question}" if question else None
        span = finding.searched
        if finding.violated and span and question and not finding.evidence:
            if span.length_ms > MOST_SEARCHED * call.recording.duration_ms:
                continue
            told = f"{finding.title}: searched, not said"
            items.append(place("searched", span.start_ms, span.end_ms, told, y=MARKS_PX - 4, height=3, href=leads_to))
        elif finding.rule_id not in flagged:
            items += [item for item in _found(finding, place, leads_to) if item.from_ms not in flagged_ms]
    told = f"Flags and findings: {len(items)} places."
    return Lane(id="marks", title="Flags, findings", told=told, height=MARKS_PX, items=tuple(items), marks=True)


def _found(finding: Finding, place: _Place, href: str | None) -> Iterator[LaneItem]:
    kind = "violation" if finding.violated else "signal" if finding.expected is Expectation.SIGNAL else "kept"
    for quote in finding.evidence:
        told_at = f"#turn-{quote.turn_index}"
        yield place(kind, quote.start_ms, quote.end_ms, finding.title, href=href or told_at)
    for stretch in finding.stretches:
        yield place(kind, stretch.start_ms, stretch.end_ms, finding.title, href=href)


def _silenced(transcript: Transcript, margin_ms: int, place: _Place) -> Lane | None:
    spans = muted_spans(transcript, margin_ms=margin_ms)
    if not spans:
        return None
    items = [place("silenced", s.start_ms, s.end_ms, "Personal data, silenced", y=1, height=THIN_PX - 2) for s in spans]
    told = f"Silenced where personal data was spoken: {len(spans)} stretches."
    return Lane(id="silenced", title="Silenced", told=told, height=THIN_PX, items=tuple(items))


def _role_of_channel(transcript: Transcript, channel: int) -> str:
    spoken = [turn.role for turn in transcript.turns if turn.channel == channel and turn.role is not Role.SYSTEM]
    return max(set(spoken), key=spoken.count).value if spoken else Role.UNKNOWN.value


def _ticks(duration_ms: int, *, most: int = 8) -> Iterator[tuple[float, str]]:
    steps_s: Sequence[int] = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step_ms = 1000 * next((step for step in steps_s if duration_ms / (1000 * step) <= most), steps_s[-1])
    for at_ms in range(0, duration_ms - step_ms // 4, step_ms):
        yield round(100 * at_ms / duration_ms, 3), clock(at_ms)
