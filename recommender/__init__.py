"""The engine: pure functions over immutable values.

No clock, no environment, no network, no SQL and no parsing in here; files only in ``release``.
"""
