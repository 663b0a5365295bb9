"""Libraries that are imported where they are used, by one thread at a time.

Python lets two threads import the parts of one package at once. transformers does not bear it: its module puts another
one in its own place at the end, and a thread that waited for the first keeps that and finds nothing in it
(ImportError: cannot import name). A package that is entered at two places (faster_whisper and faster_whisper.vad) may
have each thread wait for the other; Python then lets one of them fail.
"""

from __future__ import annotations

import threading

importing = threading.RLock()
"""Held around every such import (``with importing:``). Whoever holds it waits for no other lock of Earmark's."""
