"""How far the machine agrees with people, and people among themselves, and what follows from it."""
