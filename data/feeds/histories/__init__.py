"""Passport histories: what learners did elsewhere, with everything that identifies a person dropped at the door."""
