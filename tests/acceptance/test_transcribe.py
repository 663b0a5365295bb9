"""`earmark transcribe`: the shapes that others script against, with both Whisper engines and the scripted one."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import Result, earmark, overlap, words_of
from tests.acceptance.recordings import conversation, excerpt, script_beside, spoken, transcript, truth, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STEM = "01-lost-card"
LENGTH_MS = 17_100  # the greeting and the first answer


@dataclass(frozen=True, kw_only=True)
class Short:
    recording: Path
    home: Path
    heard: dict[str, Any]  # what faster-whisper wrote


def transcribe(home: Path, recording: Path, *arguments: str) -> Result:
    return earmark("transcribe", recording, *arguments, "--workspace", home / "workspace", cwd=home)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Short:
    """The first 17 s of a call, recognised, with that transcript beside it for the engine `scripted`."""
    home = tmp_path_factory.mktemp("transcribe")
    recording = write(home / "short.wav", excerpt(truth()[STEM]["file"], 0, LENGTH_MS))
    heard = transcribe(home, recording, "--json").json()
    script_beside(recording, heard)
    return Short(recording=recording, home=home, heard=heard)


def assert_shape(document: Any) -> None:
    assert {"language", "turns"} <= set(document)
    assert document["language"] == "en"
    assert document["turns"]
    for turn in document["turns"]:
        assert {"role", "channel", "start_ms", "end_ms", "text", "confidence", "words"} <= set(turn)
        assert turn["role"] in {"agent", "customer", "system", "unknown"}
        assert turn["channel"] in {0, 1}
        assert isinstance(turn["text"], str)
        assert turn["text"].strip()
        assert isinstance(turn["words"], list)
        assert turn["words"]
        assert words_of(" ".join(word["text"] for word in turn["words"])) == words_of(turn["text"])
        for part in (turn, *turn["words"]):
            assert isinstance(part["start_ms"], int)
            assert isinstance(part["end_ms"], int)
            assert 0 <= part["start_ms"] <= part["end_ms"] <= LENGTH_MS + 500
            assert part["confidence"] is None or 0 <= part["confidence"] <= 1
        for word in turn["words"]:
            assert {"text", "start_ms", "end_ms", "confidence"} <= set(word)
    for before, after in pairwise(document["turns"]):
        assert before["start_ms"] <= after["start_ms"]


def assert_heard(document: Any) -> None:
    for role, channel in (("agent", 0), ("customer", 1)):
        said = words_of(next(turn["words"] for turn in spoken(STEM) if turn["role"] == role))
        heard = words_of(" ".join(turn["text"] for turn in document["turns"] if turn["channel"] == channel))
        assert overlap(said, heard) > 0.85, heard
        assert len(heard) < 1.2 * len(said), heard


def test_faster_whisper(short: Short) -> None:
    assert_shape(short.heard)
    assert_heard(short.heard)


def test_openai_whisper(short: Short) -> None:
    document = transcribe(short.home, short.recording, "--engine", "openai-whisper", "--json").json()
    assert_shape(document)
    assert_heard(document)
    mine = words_of(" ".join(turn["text"] for turn in document["turns"]))
    other = words_of(" ".join(turn["text"] for turn in short.heard["turns"]))
    assert overlap(mine, other) > 0.9, "one set of weights serves both engines"


def test_word_times_are_those_of_the_speech(short: Short) -> None:
    for role, channel in (("agent", 0), ("customer", 1)):
        turn = next(turn for turn in spoken(STEM) if turn["role"] == role)
        words = [word for each in short.heard["turns"] if each["channel"] == channel for word in each["words"]]
        assert words[0]["start_ms"] == pytest.approx(turn["start_ms"], abs=600)
        assert words[-1]["end_ms"] == pytest.approx(min(turn["end_ms"], LENGTH_MS), abs=800)


def test_scripted_replays_a_transcript(short: Short) -> None:
    document = transcribe(short.home, short.recording, "--engine", "scripted", "--format", "json").json()
    assert_shape(document)
    for turn, heard in zip(document["turns"], short.heard["turns"], strict=True):
        for key in ("role", "channel", "start_ms", "end_ms", "text", "words"):
            assert turn[key] == heard[key]


def test_scripted_without_a_transcript_is_refused(short: Short) -> None:
    lonely = write(short.home / "lonely" / "call.wav", excerpt(truth()[STEM]["file"], 0, 3_000))
    message = transcribe(short.home, lonely, "--engine", "scripted", "--json").refused()
    assert "transcript" in message


def test_plain_text(short: Short) -> None:
    text = transcribe(short.home, short.recording, "--engine", "scripted", "--format", "txt").ok().out
    for turn in short.heard["turns"]:
        assert turn["text"].strip() in text
    assert re.search(r"\bagent\b", text, re.IGNORECASE)
    assert re.search(r"\bcustomer\b", text, re.IGNORECASE)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def cues(text: str, mark: str) -> list[tuple[int, int, str]]:
    """Start, end and words of each cue; fails where the form is not kept."""
    time = rf"(\d{{2}}):([0-5]\d):([0-5]\d){re.escape(mark)}(\d{{3}})"
    found = []
    for block in re.split(r"\n\n+", text.strip()):
        lines = block.splitlines()
        if "-->" not in lines[0]:
            lines = lines[1:]
        match = re.fullmatch(rf"{time} --> {time}", lines[0])
        assert match, block
        numbers = [int(part) for part in match.groups()]
        start, end = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (numbers[:4], numbers[4:]))
        assert start < end <= LENGTH_MS + 500, block
        assert "".join(lines[1:]).strip(), block
        found.append((start, end, " ".join(lines[1:])))
    assert [start for start, _, _ in found] == sorted(start for start, _, _ in found)
    return found


def test_srt(short: Short) -> None:
    text = transcribe(short.home, short.recording, "--engine", "scripted", "--format", "srt").ok().out
    numbers = [block.splitlines()[0] for block in re.split(r"\n\n+", text.strip())]
    assert numbers == [str(at + 1) for at in range(len(numbers))]
    shown = words_of(" ".join(words for _, _, words in cues(text, ",")))
    for turn in short.heard["turns"]:
        assert overlap(words_of(turn["text"]), shown) == 1


def test_vtt(short: Short) -> None:
    text = transcribe(short.home, short.recording, "--engine", "scripted", "--format", "vtt").ok().out
    head, _, rest = text.partition("\n\n")
    assert head.splitlines()[0] == "WEBVTT"
    shown = words_of(re.sub(r"<[^>]*>", " ", " ".join(words for _, _, words in cues(rest, "."))))
    for turn in short.heard["turns"]:
        assert overlap(words_of(turn["text"]), shown) == 1


def test_transcribe_masks_a_card_number(tmp_path: Path) -> None:
    recording = write(tmp_path / "card.wav", excerpt(truth()["09-no-guarantee"]["file"], 0, 30_000))
    said = conversation(
        ("agent", "This is Maria from Harbour Bank. What is the number on the card?"),
        ("customer", "It is 4111 1111 1111 1111 and the security code is 739."),
        ("agent", "Thank you. Anything else today?"),
    )
    script_beside(recording, transcript(said))
    for form in ("json", "srt"):
        out = transcribe(tmp_path, recording, "--engine", "scripted", "--format", form).ok().out
        assert "1111" not in out
        assert "739" not in out
        assert "number on the card" in re.sub(r"\s+", " ", out)
