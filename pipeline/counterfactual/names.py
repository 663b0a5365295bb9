"""Names that people hear as those of one group or another, to put in the place of each other.

The lists are short and for American English. A name stands for what listeners take it for, not for what its bearers
are. Sources: first names and surnames of white and Black people are among those of the field experiment of Bertrand and
Mullainathan (2004, American Economic Review 94, 991-1013), which chose them by birth records and a survey; South Asian
ones among those of Oreopoulos (2011, American Economic Journal: Economic Policy 3, 148-171); Hispanic surnames are
among the most frequent ones of the US census of 2010, Hispanic first names our own choice of common ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_WHITE = ("Baker", "Kelly", "Murphy", "Sullivan", "Walsh")
_BLACK = ("Jackson", "Jones", "Robinson", "Washington", "Williams")
_HISPANIC = ("Garcia", "Hernandez", "Lopez", "Martinez", "Rodriguez")
_SOUTH_ASIAN = ("Kaur", "Kumar", "Sharma", "Singh")


@dataclass(frozen=True, kw_only=True, slots=True)
class NameGroup:
    """Names that are heard alike. ``name`` says as what."""

    name: str
    first_names: tuple[str, ...]
    surnames: tuple[str, ...]

    def pick(self, call_id: str, seed: int) -> tuple[str, str]:
        """Return a first name and a surname for a call: always the same ones for one seed."""
        drawn = int.from_bytes(hashlib.sha256(f"{seed}/{call_id}".encode()).digest()[:8], "big")
        return self.first_names[drawn % len(self.first_names)], self.surnames[drawn // 64 % len(self.surnames)]


NAME_GROUPS = (
    NameGroup(
        name="white women",
        first_names=("Emily", "Anne", "Allison", "Sarah", "Meredith", "Carrie", "Kristen", "Laurie"),
        surnames=_WHITE,
    ),
    NameGroup(
        name="white men",
        first_names=("Todd", "Neil", "Geoffrey", "Brett", "Brendan", "Greg", "Matthew", "Brad"),
        surnames=_WHITE,
    ),
    NameGroup(
        name="Black women",
        first_names=("Aisha", "Keisha", "Tamika", "Lakisha", "Tanisha", "Latoya", "Latonya"),
        surnames=_BLACK,
    ),
    NameGroup(
        name="Black men",
        first_names=("Rasheed", "Tremayne", "Kareem", "Darnell", "Tyrone", "Hakim", "Jamal", "Jermaine"),
        surnames=_BLACK,
    ),
    NameGroup(
        name="Hispanic women",
        first_names=("Guadalupe", "Juana", "Rosa", "Marisol", "Lucia", "Esperanza"),
        surnames=_HISPANIC,
    ),
    NameGroup(
        name="Hispanic men",
        first_names=("Juan", "Jose", "Carlos", "Luis", "Jorge", "Miguel"),
        surnames=_HISPANIC,
    ),
    NameGroup(
        name="South Asian women",
        first_names=("Maya", "Priyanka", "Shreya", "Tara"),
        surnames=_SOUTH_ASIAN,
    ),
    NameGroup(
        name="South Asian men",
        first_names=("Arjun", "Panav", "Rahul", "Samir"),
        surnames=_SOUTH_ASIAN,
    ),
)
"""The first of them is what the others are compared with."""
