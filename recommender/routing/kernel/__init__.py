"""The search for an outing in compiled code: ruin a part of the route, fill it up again, keep what is good."""
