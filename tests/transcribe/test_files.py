"""Transcripts as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TranscriptFileError
from pipeline.records import Dropped, MadeBy, Redaction, Role, Span, Transcript, Turn, Word
from pipeline.transcribe.files import to_srt, to_txt, to_vtt, transcript_from_json, transcript_to_json
from tests.factories import transcript, turn

TEXT = st.text(st.characters(exclude_categories=("Cs", "Z", "C")), min_size=1, max_size=8)
SHARE = st.none() | st.floats(0, 1)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    turns, at_ms = [], 0
    for index in range(draw(st.integers(0, 5))):
        at_ms += draw(st.integers(1, 4000))
        words = []
        for _ in range(draw(st.integers(1, 40))):
            length_ms = draw(st.integers(0, 900))
            words.append(
                Word(
                    text=draw(TEXT),
                    start_ms=at_ms,
                    end_ms=at_ms + length_ms,
                    confidence=draw(SHARE),
                    heard="herd" if length_ms % 7 == 1 else None,
                )
            )
            at_ms += length_ms
        turns.append(
            Turn(
                index=index,
                channel=draw(st.integers(0, 1)),
                role=draw(st.sampled_from(Role)),
                role_confidence=draw(SHARE),
                start_ms=words[0].start_ms,
                end_ms=at_ms,
                words=tuple(words),
            )
        )
    redaction = Redaction(kind="card-number", turn_index=0, start_ms=0, end_ms=1)
    dropped = Dropped(channel=1, start_ms=0, end_ms=at_ms, text="you you", reason="loop")
    return Transcript(
        call_id="c-1",
        language="en",
        duration_ms=at_ms + draw(st.integers(0, 999)),
        turns=tuple(turns),
        made_by=MadeBy(engine="scripted", version="1", model_sha256=draw(st.none() | st.just("ab"))),
        redacted=draw(st.booleans()),
        redactions=draw(st.sampled_from([(), (redaction,)])),
        language_confidence=draw(SHARE),
        dropped=draw(st.sampled_from([(), (dropped, dropped)])),
        overlaps=draw(st.sampled_from([(), (Span(start_ms=3, end_ms=9),)])),
    )


@given(transcripts())
def test_json_round_trip_loses_nothing(given_transcript: Transcript) -> None:
    through_text = json.loads(json.dumps(transcript_to_json(given_transcript)))
    assert transcript_from_json(through_text, call_id="c-1") == given_transcript
    assert transcript_from_json(through_text) == given_transcript


def test_json_has_the_documented_form() -> None:
    data = transcript_to_json(transcript(("agent", "Hello there")))
    (said,) = data["turns"]
    assert data["language"] == "en"
    assert said | {"words": None, "role_confidence": None} == {
        "role": "agent",
        "role_confidence": None,
        "channel": 0,
        "start_ms": 0,
        "end_ms": 600,
        "text": "Hello there",
        "confidence": 0.9,
        "words": None,
    }
    assert said["words"][1] == {"text": "there", "start_ms": 300, "end_ms": 600, "confidence": 0.9}


def test_json_shows_what_was_left_out_and_how_sure_it_is() -> None:
    loop = Dropped(channel=1, start_ms=700, end_ms=900, text="you you", reason="loop")
    said = transcript(
        ("agent", "Hello there"), language_confidence=0.8, dropped=(loop,), overlaps=(Span(start_ms=1, end_ms=2),)
    )
    data = transcript_to_json(said)
    assert data["dropped"] == [{"channel": 1, "start_ms": 700, "end_ms": 900, "text": "you you", "reason": "loop"}]
    assert data["overlaps"] == [{"start_ms": 1, "end_ms": 2}]
    assert (data["language_confidence"], data["confidence"]) == (0.8, pytest.approx(0.9))
    assert transcript_to_json(transcript())["confidence"] is None


def test_json_of_a_corrected_word_keeps_what_was_heard() -> None:
    corrected = Word(text="Harbour", start_ms=0, end_ms=300, heard="Harper")
    said = turn("agent", "", words=(corrected,), end_ms=300)
    (shown,) = transcript_to_json(transcript(("agent", "x"), turns=(said,)))["turns"]
    assert shown["words"] == [{"text": "Harbour", "start_ms": 0, "end_ms": 300, "confidence": None, "heard": "Harper"}]


def test_text_without_words_is_spread_evenly_and_without_confidence() -> None:
    read = transcript_from_json({"turns": [{"start_ms": 1000, "end_ms": 2000, "text": "one  two three"}]})
    (said,) = read.turns
    assert [(w.text, w.start_ms, w.end_ms) for w in said.words] == [
        ("one", 1000, 1333),
        ("two", 1333, 1666),
        ("three", 1666, 2000),
    ]
    assert said.confidence is None
    assert said.role is Role.UNKNOWN
    assert read.duration_ms == 2000


def test_turns_are_sorted_and_empty_ones_left_out() -> None:
    lines = [("customer", "late", 5000), ("agent", "", 3000), ("agent", "early", 0)]
    read = transcript_from_json(
        {"turns": [{"role": r, "text": t, "start_ms": s, "end_ms": s + 500, "made_up": 1} for r, t, s in lines]}
    )
    assert [(turn.index, turn.text, turn.channel) for turn in read.turns] == [(0, "early", 0), (1, "late", 1)]


def turn_with(**changes: Any) -> dict[str, Any]:
    return {"start_ms": 0, "end_ms": 900, "text": "secretword", **changes}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "turns: Field required"),
        (["secretword"], "^transcript: expected an object with turns, not a list$"),
        ({"turns": [turn_with(start_ms=901)]}, "turns.0: end_ms is before start_ms"),
        ({"turns": [turn_with(role="boss")]}, "turns.0.role: .*'agent', 'customer'"),
        ({"turns": [turn_with(start_ms=-1)]}, "turns.0.start_ms: "),
        (
            {"turns": [turn_with(words=[{"text": "secretword", "start_ms": 5, "end_ms": 1}])]},
            "turns.0.words.0: end_ms is",
        ),
        ({"turns": [turn_with(words=[{"start_ms": 5, "end_ms": 6}])]}, "turns.0.words.0.text: "),
        ({"turns": [], "dropped": [{"start_ms": 2, "end_ms": 1, "text": "secretword"}]}, "dropped.0: end_ms is before"),
        ({"turns": [], "overlaps": [{"start_ms": 2}]}, "overlaps.0.end_ms: Field required"),
    ],
)
def test_unreadable_transcripts_say_where_and_never_what_was_said(data: Any, problem: str) -> None:
    with pytest.raises(TranscriptFileError) as caught:
        transcript_from_json(data)
    assert re.search(problem, str(caught.value))
    assert "secretword" not in str(caught.value)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(TranscriptFileError) as caught:
        transcript_from_json({"turns": [turn_with(role="boss"), turn_with(end_ms=None), turn_with(start_ms=999)]})
    assert [line.split(":")[1].strip() for line in str(caught.value).splitlines()] == [
        "turns.0.role",
        "turns.1.end_ms",
        "turns.2",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b'{"turns": [\n}', "call.json:2: is not JSON"), (b"\xff\xfe", "not UTF-8"), (None, "call.json: cannot be read")],
)
def test_files_that_are_no_json_are_refused(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "call.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TranscriptFileError, match=problem):
        transcript_from_json(file)


def test_call_id_of_a_file_is_its_name_unless_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "call-7.transcript.json"
    file.write_text('{"turns": []}')
    assert transcript_from_json(file).call_id == "call-7"
    file.write_text('{"turns": [], "call_id": "c-9"}')
    assert transcript_from_json(file).call_id == "c-9"
    assert transcript_from_json(file, call_id="c-1").call_id == "c-1"


# --- to read ----------------------------------------------------------------------------------------------------------


def test_txt_has_a_line_per_turn() -> None:
    unknown = turn("unknown", "who is this", start_ms=3_723_004)
    said = transcript(("agent", "Hello"), turns=(turn("agent", "Hello"), unknown))
    assert to_txt(said) == "[00:00:00.000] Agent: Hello\n[01:02:03.004] Speaker 2: who is this\n"


def test_srt_is_numbered_and_names_the_speaker() -> None:
    assert to_srt(transcript(("agent", "Hello there"), ("customer", "Hi", 1500))) == (
        "1\n00:00:00,000 --> 00:00:00,600\nAgent: Hello there\n\n2\n00:00:01,500 --> 00:00:01,800\nCustomer: Hi\n"
    )


def test_vtt_escapes_what_would_be_markup() -> None:
    assert to_vtt(transcript(("agent", "R&D --> <b>"))) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\n<v Agent>R&amp;D --&gt; &lt;b&gt;</v>\n"
    )


def test_subtitles_of_nothing() -> None:
    assert (to_txt(transcript()), to_srt(transcript()), to_vtt(transcript())) == ("", "", "WEBVTT\n")


@given(transcripts())
def test_srt_is_well_formed_and_holds_every_word(said: Transcript) -> None:
    blocks = [block.split("\n") for block in to_srt(said).rstrip("\n").split("\n\n") if block]
    assert [int(block[0]) for block in blocks] == list(range(1, len(blocks) + 1))
    times = [re.fullmatch(r"(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})", block[1]) for block in blocks]
    assert all(match and match[1] < match[2] for match in times)
    words = [word for block in blocks for word in block[2].partition(": ")[2].split(" ")]
    assert words == [word.text for turn in said.turns for word in turn.words]
    captions = [block[2].partition(": ")[2] for block in blocks]
    assert all(len(caption) <= 84 for caption in captions)


def test_to_read_holds_nothing_that_steers_a_terminal() -> None:
    steering = transcript(("agent", "\x1b[31mred\x07 \x9b2J alert"))
    for shown in (to_txt(steering), to_srt(steering), to_vtt(steering)):
        assert "[31mred 2J alert" in shown
        assert not set(shown) & set("\x1b\x07\x9b")


@pytest.mark.parametrize(
    ("content", "what"),
    [("[]", "a list"), ('"hello"', "text"), ("null", "null"), ("true", "true or false"), ("3", "a number")],
)
def test_a_file_that_holds_no_object_is_refused_in_words(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "call.json").write_text(content)
    with pytest.raises(TranscriptFileError, match=f"^call.json: expected an object with turns, not {what}$"):
        transcript_from_json(tmp_path / "call.json")
