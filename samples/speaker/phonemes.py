"""English text to the phoneme alphabet that Kokoro was trained on, by way of espeak-ng's American English."""

import re
import subprocess
from functools import lru_cache

# espeak-ng writes IPA with tied diphthongs; Kokoro has one capital letter for each of them. Longest first.
_REPLACEMENTS: tuple[tuple[str, str], ...] = (
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("ɔ^ɪ", "Y"),
    ("d^ʒ", "ʤ"),
    ("t^ʃ", "ʧ"),
    ("ə^l", "ᵊl"),
    ("ʔˌn̩", "tᵊn"),
    ("ʔn̩", "tᵊn"),
    ("n̩", "ᵊn"),
    ("l̩", "ᵊl"),
    ("m̩", "ᵊm"),
    ("ʔ", "t"),
    ("ɾ", "T"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("ɐ", "ə"),
    ("ᵻ", "ɪ"),
    ("oː", "ɔ"),
    ("o", "ɔ"),
    ("e", "A"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ː", ""),
    ("^", ""),
    ("\u0303", ""),
)
_PRONOUN_I = re.compile(r"(?<!\S)I(?!\S)")
_CLAUSE = re.compile(r"([^,.;:!?—]+)([,.;:!?—]*)")


def phonemes(text: str) -> str:
    """The phonemes of the text, punctuation kept because it carries the melody."""
    spoken: list[str] = []
    for clause, marks in _CLAUSE.findall(text):
        if clause.strip():
            spoken.append(_clause_phonemes(clause.strip()) + marks[:1])
    return " ".join(spoken)


@lru_cache(maxsize=4096)
def _clause_phonemes(clause: str) -> str:
    done = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", "en-us", "--stdin"],
        input=clause,
        capture_output=True,
        text=True,
        check=True,
    )
    ipa = " ".join(done.stdout.split())
    for written, wanted in _REPLACEMENTS:
        ipa = ipa.replace(written, wanted)
    # espeak leaves the pronoun without stress, and the model then swallows it.
    return _PRONOUN_I.sub("ˈI", ipa)
