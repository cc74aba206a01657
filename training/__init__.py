"""Batch: fit, evaluate, report, publish, roll back, and the command line."""
