"""Batch: fit, evaluate, report, publish, roll back; the command line."""
