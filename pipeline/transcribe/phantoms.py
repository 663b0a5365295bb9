"""Phrases that Whisper is known to write where nobody speaks, for it learned from subtitles.

Most of them can also be said on a call ("thank you", "bye"), so a phrase alone is no reason to drop anything: the
guards ask for weak evidence too. Only what nobody can say, a note or "[Music]", always goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.text import tokens

# Alone in a stretch of doubtful sound, these are taken for invented. One phrase a line, any language.
_WHOLE = """
    you
    thank you
    thank you very much
    thank you so much
    thanks
    thank you for watching
    thanks for watching
    thank you for listening
    thank you for your watching
    bye
    bye bye
    goodbye
    okay
    oh
    ah
    uh
    hmm
    huh
    so
    i'm
    i'm sorry
    i'm going to
    the
    the end
    and
    yeah
    see you
    see you next time
    see you in the next video
    i'll see you in the next one
    we'll be right back
    music
    applause
    laughter
    silence
    beep
    blank audio
    inaudible
    foreign
    whoa
    woo
    la la la
    gracias
    gracias por ver el video
    merci
    merci d'avoir regardé cette vidéo
    vielen dank
    vielen dank fürs zuschauen
    bis zum nächsten mal
    obrigado
    tchau
    grazie
    grazie per la visione
    спасибо за просмотр
    продолжение следует
    ご視聴ありがとうございました
    谢谢观看
    請不吝點贊訂閱轉發打賞支持明鏡與點點欄目
    시청해주셔서 감사합니다
    dziękuję za uwagę
    izlediğiniz için teşekkürler
"""
# Credits and appeals: nobody says them to a call centre, wherever in a stretch they stand.
_CREDITS = """
    thanks for watching
    thank you for watching
    please subscribe
    subscribe to my channel
    subscribe to the channel
    like and subscribe
    don't forget to subscribe
    hit the bell
    see you in the next video
    subtitles by
    subtitles made by
    subtitling by
    captions by
    captioning by
    closed captioning
    transcribed by
    transcript by
    transcription by
    translated by
    translation by
    amara.org
    esa translation
    otter.ai
    rev.com
    castingwords
    untertitel im auftrag
    untertitel der amara.org community
    untertitel von
    untertitelung des zdf
    sous-titres par
    sous-titrage
    sous-titres réalisés
    subtítulos por
    subtítulos realizados por
    sottotitoli creati
    sottotitoli e revisione
    legendas pela comunidade
    ondertitels ingediend
    ondertiteling door
    napisy stworzone przez
    субтитры создавал
    субтитры сделал
    редактор субтитров
"""
# A note on the sound; digits in brackets are a telephone number.
_NOTE = re.compile(r"\[[^\]\d]{2,60}\]|\([^)\d]{2,60}\)|\*[^*\d]{2,60}\*|[♪♫♬]+")


def _comparable(text: str) -> str:
    return " ".join(token.folded for token in tokens(text))


_WHOLE_PHRASES = frozenset(_comparable(line) for line in _WHOLE.splitlines() if line.strip())
_CREDIT_PHRASES = tuple(f" {_comparable(line)} " for line in _CREDITS.splitlines() if line.strip())


def is_phantom(texts: Sequence[str]) -> bool:
    """Tell whether all words of a stretch together are such a phrase, said once or several times over."""
    words = _comparable(" ".join(texts)).split()
    lengths = (n for n in range(1, len(words) + 1) if words == words[:n] * (len(words) // n))
    return any(" ".join(words[:n]) in _WHOLE_PHRASES for n in lengths)


def holds_credit(texts: Sequence[str]) -> bool:
    """Tell whether the words hold a subtitler's credit or an appeal to viewers."""
    said = f" {_comparable(' '.join(texts))} "
    return any(phrase in said for phrase in _CREDIT_PHRASES)


def in_note(texts: Sequence[str]) -> list[bool]:
    """Tell of each word whether it is part of a note on the sound: ``[Music]``, ``(upbeat music)``, ``♪``."""
    notes = [match.span() for match in _NOTE.finditer(" ".join(texts))]
    found, at = [], 0
    for text in texts:
        found.append(any(start < at + len(text) and at < end for start, end in notes))
        at += len(text) + 1
    return found
