"""Silence for some kinds of personal data only: for who may hear the others."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import ALWAYS_MASKED
from pipeline.privacy.mute import muted_spans
from pipeline.records import Dropped, MadeBy, Redaction, Span, Transcript

TRANSCRIPT = Transcript(
    call_id="c-1",
    language="en",
    duration_ms=60_000,
    turns=(),
    made_by=MadeBy(engine="test", version="1"),
    redacted=True,
    redactions=(
        Redaction(kind="person_name", turn_index=0, start_ms=1000, end_ms=1500),
        Redaction(kind="card_number", turn_index=0, start_ms=5000, end_ms=9000),
        Redaction(kind="security_code", turn_index=1, start_ms=12_000, end_ms=13_000),
    ),
)


def test_only_the_kinds_that_are_named_are_silent() -> None:
    spans = muted_spans(TRANSCRIPT, margin_ms=100, kinds=ALWAYS_MASKED)
    assert spans == (Span(start_ms=4900, end_ms=9100), Span(start_ms=11_900, end_ms=13_100))
    assert len(muted_spans(TRANSCRIPT, margin_ms=100)) == 3
    assert muted_spans(TRANSCRIPT, margin_ms=100, kinds=()) == ()


def test_dropped_text_counts_by_each_mask_in_it() -> None:
    text = "[person_name] said [card_number]"
    dropped = (
        Dropped(channel=0, start_ms=20_000, end_ms=21_000, text=text, reason="weak_evidence"),
        Dropped(channel=0, start_ms=30_000, end_ms=31_000, text="[person_name]", reason="weak_evidence"),
        Dropped(channel=0, start_ms=40_000, end_ms=41_000, text="nothing", reason="weak_evidence"),
    )
    heard = replace(TRANSCRIPT, redactions=(), dropped=dropped)
    assert muted_spans(heard, margin_ms=0, kinds=ALWAYS_MASKED) == (Span(start_ms=20_000, end_ms=21_000),)
    assert len(muted_spans(heard, margin_ms=0)) == 2
