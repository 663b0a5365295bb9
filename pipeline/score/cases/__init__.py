"""Cases beside rubrics: what was found in a call, and which score must come out."""
