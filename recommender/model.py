"""The fitted arrays of a release: nothing in here knows a learner."""
