"""Languages by their codes: those that Whisper tells apart, with their English names."""

from __future__ import annotations

from collections.abc import Collection

UNDETERMINED = "und"
"""The language of a call in which nothing was said."""
DEFAULT_LANGUAGES = ("en",)
"""What rubrics and rules are written for unless they say otherwise."""

_NAMES = """
af Afrikaans, am Amharic, ar Arabic, as Assamese, az Azerbaijani, ba Bashkir, be Belarusian, bg Bulgarian, bn
Bengali, bo Tibetan, br Breton, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en
English, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fo Faroese, fr French, gl Galician, gu
Gujarati, ha Hausa, haw Hawaiian, he Hebrew, hi Hindi, hr Croatian, ht Haitian Creole, hu Hungarian, hy Armenian, id
Indonesian, is Icelandic, it Italian, ja Japanese, jw Javanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko
Korean, la Latin, lb Luxembourgish, ln Lingala, lo Lao, lt Lithuanian, lv Latvian, mg Malagasy, mi Maori, mk
Macedonian, ml Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Myanmar, ne Nepali, nl Dutch, nn
Nynorsk, no Norwegian, oc Occitan, pa Punjabi, pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, sa
Sanskrit, sd Sindhi, si Sinhala, sk Slovak, sl Slovenian, sn Shona, so Somali, sq Albanian, sr Serbian, su
Sundanese, sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai, tk Turkmen, tl Tagalog, tr Turkish, tt
Tatar, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, yi Yiddish, yo Yoruba, yue Cantonese, zh Chinese
"""
NAMES = dict(entry.strip().split(" ", 1) for entry in _NAMES.replace("\n", " ").split(","))
"""English name by code."""


def language_code(language: str) -> str:
    """Return the code that languages are compared by: ``en`` for ``en``, ``EN-us`` and ``English``."""
    code = language.strip().replace("_", "-").partition("-")[0].casefold()
    return next((known for known, name in NAMES.items() if name.casefold() == code), code)


def language_name(language: str) -> str:
    """Return a language's English name; a code without one stands for itself."""
    code = language_code(language)
    return NAMES.get(code, code)


def covered(language: str, languages: Collection[str]) -> bool:
    """Tell whether a call's language is among those that something is written for; ``und`` or none always is."""
    return language_code(language) in {"", UNDETERMINED, *languages}
