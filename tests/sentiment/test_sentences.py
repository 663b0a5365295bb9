from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from pipeline.config import PACKAGE_ROOT
from pipeline.errors import AuthoredFileError
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS
from pipeline.sentiment.sentences import (
    SENTENCES,
    LabelledSentence,
    block_of,
    joined,
    read_sentences,
    sentences_sha256,
)


def write(folder: Path, *rows: object) -> Path:
    file = folder / "sentences.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return file


def test_shipped_sentences_hold_every_label_for_both_parties_and_none_twice() -> None:
    sentences = read_sentences()
    assert len(sentences) > 3000
    for role in (Role.AGENT, Role.CUSTOMER):
        assert {sentence.label for sentence in sentences if sentence.role is role} == set(LABELS)
    assert [text for text, count in Counter(sentence.text for sentence in sentences).items() if count > 1] == []


def test_sentences_are_read_in_order_with_their_role(tmp_path: Path) -> None:
    file = write(
        tmp_path, {"text": "a", "label": "neutral", "role": "agent"}, "", {"text": "b", "label": "positive", "x": 1}
    )
    assert read_sentences(file) == (
        LabelledSentence(text="a", label="neutral", role=Role.AGENT),
        LabelledSentence(text="b", label="positive"),
    )


def test_every_bad_line_is_told_at_once(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        {"text": "fine", "label": "neutral"},
        "no json",
        {"text": "a", "label": "sad"},
        {"text": " ", "label": "neutral"},
        {"text": "a", "label": "neutral", "role": "system"},
        ["a"],
    )
    with pytest.raises(AuthoredFileError) as raised:
        read_sentences(file)
    assert [problem.line for problem in raised.value.problems] == [2, 3, 4, 5, 6]
    assert "negative, neutral, positive" in str(raised.value)


def test_empty_and_missing_files_are_refused(tmp_path: Path) -> None:
    for file, code in ((write(tmp_path), "empty"), (tmp_path / "none.jsonl", "unreadable")):
        with pytest.raises(AuthoredFileError, match=code):
            read_sentences(file)


def test_hash_depends_on_text_label_and_role() -> None:
    given = LabelledSentence(text="a", label="neutral")
    others = [
        LabelledSentence(text="b", label="neutral"),
        LabelledSentence(text="a", label="positive"),
        LabelledSentence(text="a", label="neutral", role=Role.AGENT),
    ]
    assert len({sentences_sha256((one,)) for one in [given, *others]}) == 4
    assert sentences_sha256((given,)) == sentences_sha256((LabelledSentence(text="a", label="neutral"),))


def test_shipped_sentences_speak_the_language_of_every_queue_and_none_is_measured_on() -> None:
    rows = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    for queue in ("banking", "telecoms", "utilities", "retail", "travel", "insurance", "health", "collections"):
        found = {(row.get("role"), row["label"]) for row in rows if row.get("queue") == queue}
        assert len(found) == 6, queue
    routine = (PACKAGE_ROOT / "benchmarks" / "routine_agent_lines.txt").read_text(encoding="utf-8").splitlines()
    assert len(set(routine)) >= 150
    assert {row["text"] for row in rows} & set(routine) == set()


def test_joined_turns_keep_what_matters_and_never_cross_a_block() -> None:
    sentences = read_sentences()
    turns = joined(sentences)
    assert turns == joined(sentences)
    assert len(turns) > 1000
    for turn in turns:
        first, second = (sentences[i] for i in turn.made_of)
        assert turn.text == f"{first.text} {second.text}"
        assert {block_of(i) for i in turn.made_of} == {block_of(turn.made_of[0])}
        assert Role.AGENT not in {first.role, second.role}
        assert turn.role is Role.CUSTOMER
        assert turn.label == ("negative" if "negative" in {first.label, second.label} else turn.label)
        assert turn.label in {first.label, second.label}
    assert {sentences[turn.made_of[0]].label for turn in turns if turn.label == "negative"} == set(LABELS)


def test_nothing_is_joined_of_agents_alone() -> None:
    assert joined([LabelledSentence(text="a", label="neutral", role=Role.AGENT)] * 3) == ()
