"""Digests: what is told of a day, a week or a month to whom; leaderboard, badges, targets and bonus inputs."""
