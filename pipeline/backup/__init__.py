"""Back-ups of a workspace: one file with everything that cannot be made again, and the check that proves it."""
