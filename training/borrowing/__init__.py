"""Borrowed strength: what cities that agreed to share learned about choosing, for a city that has few stamps of its own.

A city shares coefficients alone (``share``); several cities' coefficients together make a prior (``pool``); a fit with
that prior starts from it and goes as far from it as the city's own choices say (``training.weights``).
"""
