"""Evaluation that cannot mislead: one global time cut, full ranking, simple baselines, intervals."""
