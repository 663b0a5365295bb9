"""Whether groups of calls are judged alike: rates by group, tests of their differences, and swapped words."""
