"""From facts to answers, points and flags."""
