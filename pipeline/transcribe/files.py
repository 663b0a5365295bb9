"""Transcripts as files: the JSON of `earmark transcribe --json`, read and written, and text and subtitles to read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from pipeline.canonical import to_data
from pipeline.errors import TranscriptFileError
from pipeline.records import Dropped, MadeBy, Redaction, Role, Span, Transcript, Turn, Word
from pipeline.transcribe.engine import UNDETERMINED

FROM_FILE = MadeBy(engine="file", version="1")
CAPTION_CHARACTERS = 84
CAPTION_MS = 7000

# Unicode's category Cc: in a transcript from elsewhere they could steer the terminal that shows it.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_Ms = Annotated[int, Field(ge=0, le=10**9)]  # eleven days: longer is no call
_Share = Annotated[float, Field(ge=0, le=1)]


class _Spoken(BaseModel):
    """A stretch of time in a file; keys that are not known are left alone, so that other tools may add theirs."""

    start_ms: _Ms
    end_ms: _Ms

    @model_validator(mode="after")
    def _ordered(self) -> _Spoken:
        if self.end_ms < self.start_ms:
            raise ValueError("end_ms is before start_ms")
        return self


class _Word(_Spoken):
    text: str
    confidence: _Share | None = None
    heard: str | None = None


class _Dropped(_Spoken):
    channel: _Ms = 0
    text: str = ""
    reason: str = ""


class _Turn(_Spoken):
    role: Role = Role.UNKNOWN
    channel: _Ms | None = None
    role_confidence: _Share | None = None
    text: str = ""
    words: list[_Word] | None = None


class _File(BaseModel):
    turns: list[_Turn]
    call_id: str | None = None
    language: str = UNDETERMINED
    duration_ms: _Ms = 0
    redacted: bool = False
    redactions: tuple[Redaction, ...] = ()
    language_confidence: _Share | None = None
    dropped: list[_Dropped] = []
    overlaps: list[_Spoken] = []
    made_by: MadeBy = FROM_FILE


def transcript_to_json(transcript: Transcript) -> dict[str, Any]:
    """Return a transcript as the plain data of `earmark transcribe --json`."""
    return {
        "call_id": transcript.call_id,
        "language": transcript.language,
        "language_confidence": transcript.language_confidence,
        "confidence": transcript.confidence,
        "duration_ms": transcript.duration_ms,
        "redacted": transcript.redacted,
        "redactions": [to_data(redaction) for redaction in transcript.redactions],
        "dropped": [to_data(dropped) for dropped in transcript.dropped],
        "overlaps": [to_data(overlap) for overlap in transcript.overlaps],
        "made_by": to_data(transcript.made_by),
        "turns": [
            {
                "role": turn.role.value,
                "role_confidence": turn.role_confidence,
                "channel": turn.channel,
                "start_ms": turn.start_ms,
                "end_ms": turn.end_ms,
                "text": turn.text,
                "confidence": turn.confidence,
                "words": [_word_to_json(word) for word in turn.words],
            }
            for turn in transcript.turns
        ],
    }


def transcript_from_json(source: Mapping[str, Any] | Path, *, call_id: str | None = None) -> Transcript:
    """Read a transcript.

    Turns are put in order of their start, turns without words are left out. A turn that has text but no words gets its
    words evenly spread over its time, without confidence. A missing role is unknown; a missing channel is 0 for the
    agent and an unknown speaker, else 1.

    Args:
        source: Plain data, or the path of a JSON file.
        call_id: The call that it is the transcript of; None takes the file's own ``call_id``, else its name.

    Raises:
        TranscriptFileError: It cannot be read; lists everything that is wrong, and none of the words.
    """
    name = source.name if isinstance(source, Path) else "transcript"
    data = _read(source) if isinstance(source, Path) else source
    if not isinstance(data, Mapping):
        what = {list: "a list", str: "text", type(None): "null", bool: "true or false"}.get(type(data), "a number")
        raise TranscriptFileError(f"{name}: expected an object with turns, not {what}")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in detail['loc']) or 'file'}: {detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors()
        ]
        raise TranscriptFileError("\n".join(f"{name}: {problem}" for problem in problems)) from None
    spoken = [(turn, words) for turn in file.turns if (words := _words(turn))]
    spoken.sort(key=lambda item: (item[0].start_ms, _channel(item[0])))
    turns = tuple(
        Turn(
            index=index,
            channel=_channel(turn),
            role=turn.role,
            role_confidence=turn.role_confidence,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            words=words,
        )
        for index, (turn, words) in enumerate(spoken)
    )
    return Transcript(
        call_id=call_id or file.call_id or name.partition(".")[0],
        language=file.language,
        duration_ms=max([file.duration_ms, *(turn.end_ms for turn in turns)]),
        turns=turns,
        made_by=file.made_by,
        redacted=file.redacted,
        redactions=file.redactions,
        language_confidence=file.language_confidence,
        dropped=tuple(Dropped(**dropped.model_dump()) for dropped in file.dropped),
        overlaps=tuple(Span(start_ms=overlap.start_ms, end_ms=overlap.end_ms) for overlap in file.overlaps),
    )


def transcripts_from_file(path: Path) -> Iterator[Transcript]:
    """Yield the transcripts of a file: one in JSON, or one a line in JSON Lines, where empty lines are passed over.

    Raises:
        TranscriptFileError: It cannot be read; of JSON Lines with the line, when that is reached.
    """
    text = _text_of(path)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) < 2 or not _is_json(lines[0][1]):
        yield transcript_from_json(path)
        return
    for number, line in lines:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            raise TranscriptFileError(f"{path.name}:{number}: is not JSON; write one transcript a line") from None
        try:
            yield transcript_from_json(data, call_id=None if _names_itself(data) else f"{path.stem}:{number}")
        except TranscriptFileError as error:
            raise TranscriptFileError(str(error).replace("transcript:", f"{path.name}:{number}:")) from None


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _names_itself(data: Any) -> bool:
    return isinstance(data, Mapping) and bool(data.get("call_id"))


def _word_to_json(word: Word) -> dict[str, Any]:
    """Return a word; what was recognised is there only where the vocabulary put another word in its place."""
    data: dict[str, Any] = to_data(word)
    if word.heard is None:
        del data["heard"]
    return data


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TranscriptFileError(f"{path.name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise TranscriptFileError(f"{path.name}: is not UTF-8 text; save it as JSON in UTF-8") from None


def _read(path: Path) -> Any:
    text = _text_of(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptFileError(f"{path.name}:{error.lineno}: is not JSON ({error.msg})") from None
    except (ValueError, RecursionError):
        raise TranscriptFileError(f"{path.name}: holds a number too long, or is nested too deeply") from None


def _channel(turn: _Turn) -> int:
    if turn.channel is not None:
        return turn.channel
    return 0 if turn.role in {Role.AGENT, Role.UNKNOWN} else 1


def _words(turn: _Turn) -> tuple[Word, ...]:
    if turn.words:
        given = sorted(turn.words, key=lambda word: word.start_ms)
        return tuple(
            Word(
                text=text,
                start_ms=word.start_ms,
                end_ms=word.end_ms,
                confidence=word.confidence,
                heard=None if word.heard is None else " ".join(word.heard.split()),
            )
            for word in given
            if (text := " ".join(word.text.split()))
        )
    texts = turn.text.split()
    edges = [turn.start_ms + (turn.end_ms - turn.start_ms) * i // max(1, len(texts)) for i in range(len(texts) + 1)]
    return tuple(Word(text=text, start_ms=edges[i], end_ms=edges[i + 1]) for i, text in enumerate(texts))


# --- to read ----------------------------------------------------------------------------------------------------------


def to_txt(transcript: Transcript) -> str:
    """Return one line per turn: ``[00:00:03.472] Agent: Hello``."""
    return "".join(
        f"[{_clock(turn.start_ms, '.')}] {_speaker(turn)}: {_readable(turn.text)}\n" for turn in transcript.turns
    )


def to_srt(transcript: Transcript) -> str:
    """Return SubRip subtitles, long turns cut into captions that can be read."""
    return "\n".join(
        f"{number}\n{_from_to(words, ',')}\n{_speaker(turn)}: {_text(words)}\n"
        for number, (turn, words) in enumerate(_captions(transcript), start=1)
    )


def to_vtt(transcript: Transcript) -> str:
    """Return WebVTT subtitles with the speaker as voice (https://www.w3.org/TR/webvtt1/)."""
    captions = (
        f"{_from_to(words, '.')}\n<v {_speaker(turn)}>{_escaped(_text(words))}</v>\n"
        for turn, words in _captions(transcript)
    )
    return "\n".join(["WEBVTT\n", *captions])


def _captions(transcript: Transcript) -> Iterator[tuple[Turn, list[Word]]]:
    for turn in transcript.turns:
        caption: list[Word] = []
        for word in turn.words:
            long = caption and (
                len(_text([*caption, word])) > CAPTION_CHARACTERS or word.end_ms - caption[0].start_ms > CAPTION_MS
            )
            if long:
                yield turn, caption
                caption = []
            caption.append(word)
        if caption:
            yield turn, caption


def _text(words: list[Word]) -> str:
    return _readable(" ".join(word.text for word in words))


def _readable(text: str) -> str:
    return _CONTROLS.sub("", text)


def _from_to(words: list[Word], decimal_mark: str) -> str:
    end_ms = max(words[0].start_ms + 1, *(word.end_ms for word in words))
    return f"{_clock(words[0].start_ms, decimal_mark)} --> {_clock(end_ms, decimal_mark)}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _speaker(turn: Turn) -> str:
    return f"Speaker {turn.channel + 1}" if turn.role is Role.UNKNOWN else turn.role.value.capitalize()


def _clock(at_ms: int, decimal_mark: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimal_mark}{ms:03}"
