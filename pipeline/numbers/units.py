"""The units that stand beside a number."""

from __future__ import annotations

from pipeline.numbers.numerals import BIG

SIGNS = {"$": "dollars", "£": "pounds", "€": "euros"}
# "$15", "15 dollars" and "a 15 dollar fee" are one amount, so there is one word for each currency
CURRENCIES = {"dollar": "dollars", "bucks": "dollars", "pound": "pounds", "quid": "pounds", "euro": "euros"}
CURRENCIES |= {"cent": "cents", "dollars": "dollars", "pounds": "pounds", "euros": "euros", "cents": "cents"}
SMALL_CURRENCIES = {"dollars": ("cents",), "pounds": ("pence", "p"), "euros": ("cents",)}
UNIT_WORDS = frozenset({*CURRENCIES, "percent", "per", "am", "pm", "o'clock", *BIG})
