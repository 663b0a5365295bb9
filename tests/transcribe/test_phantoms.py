"""Phrases that are known to be invented."""

from __future__ import annotations

import pytest

from pipeline.transcribe.phantoms import holds_credit, in_note, is_phantom


@pytest.mark.parametrize(
    ("said", "phantom"),
    [
        ("you", True),
        ("Thank you.", True),
        ("Thank you. Thank you. Thank you.", True),
        ("Thanks for watching!", True),
        ("Спасибо за просмотр!", True),
        ("Merci d’avoir regardé cette vidéo", True),
        ("ご視聴ありがとうございました", True),
        ("thank you for calling", False),
        ("you are right", False),
        ("thank you bye", False),  # two phrases: somebody may well have said them
        ("", False),
    ],
)
def test_phrase_must_be_all_that_was_heard(said: str, phantom: bool) -> None:
    assert is_phantom(said.split()) is phantom


@pytest.mark.parametrize(
    ("said", "credit"),
    [
        ("I'll call back. Subtitles by the Amara.org community", True),
        ("so please subscribe and", True),
        ("Untertitel im Auftrag des ZDF", True),
        ("I want to cancel my subscription", False),
        ("the transcript of my grades", False),
    ],
)
def test_credit_may_stand_anywhere(said: str, credit: bool) -> None:
    assert holds_credit(said.split()) is credit


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ("[Music] hello", [True, False]),
        ("well (upbeat music) yes", [False, True, True, False]),
        ("♪ la la ♪", [True, False, False, True]),
        ("*sighs* no", [True, False]),
        ("call (617) 555 please", [False] * 4),  # a telephone number
        ("an open [ bracket", [False] * 4),
        ("", []),
    ],
)
def test_notes_on_the_sound_are_told_from_words(said: str, noted: list[bool]) -> None:
    assert in_note(said.split()) == noted
