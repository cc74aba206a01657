"""Does the evaluation's statistics hold what it promises? Intervals that cover, alarms that are silent, claims that are true."""
