"""Releases that do not tell who was in them: differential privacy, and what was spent of it."""
